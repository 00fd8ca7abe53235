"""Which clips train, which choose the epoch, and which are the test.

Comes in: the list of clips. Goes out: a `Split`, three arrays of indices into that list. Called by the
experiment.

Two families. A random split shares speakers between its parts: a network that recognises the actor has learnt
part of the answer, so its scores are several points too good, and it says so in `Split.shares`. A split by
actors shares nobody; its folds are those of published protocols, so that scores can stand beside published
ones. In both the validation part is taken from the training part, and the test part chooses nothing.

Some published systems did otherwise: `selected` and `copied` do as they did, so that their scores can be understood,
and say so in `Split.shares`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minser.augment import oversample
from minser.corpus.clip import N_ACTORS, Clip
from minser.corpus.folders import Recording
from minser.corpus.stratify import draw_part, leaders_of

LUNA = ((2, 5, 14, 15, 16), (3, 6, 7, 13, 18), (10, 11, 12, 19, 20), (8, 17, 21, 23, 24), (1, 4, 9, 22))
"""Test actors of the five folds of Luna-Jimenez et al. (2021), Sensors 21(22): 7665."""

LUNA_VAL = ((3, 6), (10, 11), (8, 17), (1, 14), (2, 5))
"""Validation actors inside the training part of each fold of `LUNA`, as in ResLSTM-SER."""

EMOBOX = (
    (1, 11, 20, 21),
    (4, 10, 12, 14),
    (8, 9, 19, 23),
    (3, 5, 7, 24),
    (2, 15, 16, 18),
    (6, 13, 17, 22),
)
"""Test actors of the six folds of EmoBox (Ma et al., 2024, Interspeech)."""

COPIES, EPOCH = "copies", "epoch"
"""Words of `Split.shares` that allow what is else refused: a clip in several parts, and a test part that is the
validation part too."""

LOSO = tuple((actor,) for actor in range(1, N_ACTORS + 1))
"""Leave one speaker out: fold k tests actor k + 1."""


@dataclass(frozen=True, eq=False)
class Split:
    """Three parts that together are all clips but those left out; disjoint, unless `shares` says otherwise.

    Attributes
    ----------
    train, val, test : int array
        Sorted indices into the list of clips. Where nothing is held out, `val` and `test` are empty, both.
    name : str
        What to call the split in a report.
    shares : str
        What the parts have in common and should not, for the report's heading: empty, or for instance
        "speakers". If the word `EPOCH` is in it, `val` equals `test`; if `COPIES` is, an index may stand in several
        parts, and more than once.
    left_out : int array
        Clips that are in no part.

    Raises
    ------
    ValueError
        A part is empty that is not meant to be, or an index is missing, or stands twice and `shares` does not say so.
    """

    train: NDArray[np.intp]
    val: NDArray[np.intp]
    test: NDArray[np.intp]
    name: str
    shares: str
    left_out: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))

    def __post_init__(self) -> None:
        for part, indices in (("train", self.train), ("val", self.val), ("test", self.test)):
            if len(indices) == 0 and (self.holds_out or part == "train"):
                raise ValueError(f"{self.name}: the {part} part is empty")
        parts = [self.train, self.val, self.test, self.left_out]
        if EPOCH in self.shares:
            if not np.array_equal(self.val, self.test):
                raise ValueError(f"{self.name}: the validation part must be the test part, as shares says")
            parts.pop(1)
        used = np.sort(np.concatenate(parts))
        if COPIES in self.shares:
            used = np.unique(used)
        if not np.array_equal(used, np.arange(len(used))):
            raise ValueError(f"{self.name}: the parts must hold each clip exactly once, 0 to {len(used) - 1}")

    @property
    def holds_out(self) -> bool:
        """Whether any clip is kept from training."""
        return len(self.val) + len(self.test) > 0

    def describe(self) -> str:
        """Return one line for people: name, number of clips in each part, and what the parts share."""
        if not self.holds_out:
            return f"{self.name}: {len(self.train)} training clips; none are held out"
        counts = f"{len(self.train)} training, {len(self.val)} validation, {len(self.test)} test clips"
        return f"{self.name}: {counts}; the parts share {self.shares or 'no speakers'}"


def random_split(
    clips: Sequence[Clip | Recording],
    *,
    test_fraction: float,
    val_fraction: float,
    seed: int,
    groups: ArrayLike | None = None,
) -> Split:
    """Split at random, with the same proportion of each class in each part.

    A part has ``ceil(fraction * n_clips)`` clips. The classes get their shares by the method of the largest
    remainder, and equal remainders are drawn.

    Parameters
    ----------
    clips : sequence of Clip
        All clips.
    test_fraction, val_fraction : float
        Shares of all clips, each above 0, together below 1. The rest is for training.
    seed : int
        Draws the split.
    groups : array-like of shape (n_clips,), optional
        Clips with equal entries stay in one part; `Cache.digests`, to keep identical audio together. Where a
        class is made of groups that cannot fill its share exactly, the share stays short.

    Returns
    -------
    Split
        Named after the number of test clips: "random288" where a fifth of RAVDESS's speech is the test.

    Raises
    ------
    ValueError
        A fraction is out of range, `groups` has another length than `clips`, or a part would be empty.

    Examples
    --------
    >>> from minser.corpus.clip import parse_name
    >>> clips = [parse_name(f"03-01-0{e}-01-01-01-0{a}") for a in range(1, 6) for e in (1, 2)]
    >>> random_split(clips, test_fraction=0.2, val_fraction=0.2, seed=0, groups=range(10)).describe()
    'random2: 6 training, 2 validation, 2 test clips; the parts share speakers'
    """
    n_clips = len(clips)
    if min(test_fraction, val_fraction) <= 0 or test_fraction + val_fraction >= 1:
        raise ValueError(
            "test_fraction and val_fraction must be above 0 and together below 1, "
            f"got {test_fraction} and {val_fraction}"
        )
    n_test, n_val = (math.ceil(round(fraction * n_clips, 9)) for fraction in (test_fraction, val_fraction))
    if n_test + n_val >= n_clips:
        raise ValueError(f"clips: {n_clips} are too few for {n_test} test, {n_val} validation and some training clips")
    leaders = leaders_of(np.arange(n_clips) if groups is None else groups)
    if len(leaders) != n_clips:
        raise ValueError(f"groups must have one entry per clip, {n_clips}, got {len(leaders)}")
    labels = np.array([clip.label for clip in clips], dtype=np.intp)
    rng = np.random.default_rng(seed)
    everything = np.arange(n_clips)
    test = draw_part(everything, n_test, labels, leaders, rng)
    rest = np.setdiff1d(everything, test)
    val = draw_part(rest, n_val, labels, leaders, rng)
    shares = "speakers" if groups is not None else "speakers, and identical audio if there is any"
    return Split(np.setdiff1d(rest, val), val, test, f"random{len(test)}", shares)


def eighty_twenty(clips: Sequence[Clip | Recording], *, seed: int, groups: ArrayLike | None = None) -> Split:
    """Return `random_split` with a fifth of all clips for the test and a tenth for validation.

    On RAVDESS's speech this is the protocol random288, on speech and song together random491.
    """
    return random_split(clips, test_fraction=0.2, val_fraction=0.1, seed=seed, groups=groups)


def eighty_ten_ten(clips: Sequence[Clip | Recording], *, seed: int, groups: ArrayLike | None = None) -> Split:
    """Return `random_split` with a tenth of all clips for the test and a tenth for validation."""
    return random_split(clips, test_fraction=0.1, val_fraction=0.1, seed=seed, groups=groups)


def selected(clips: Sequence[Clip | Recording], *, seed: int, groups: ArrayLike | None = None) -> Split:
    """Return `eighty_twenty` as two published systems used it: the reported part chose the epoch.

    Four fifths train, no clip is kept for validation, and the name says it: "selected288", "selected491".
    """
    drawn = eighty_twenty(clips, seed=seed, groups=groups)
    train = np.union1d(drawn.train, drawn.val)
    shares = f"{drawn.shares}, and the epoch is chosen on the test part"
    return Split(train, drawn.test, drawn.test, f"selected{len(drawn.test)}", shares)


def copied(clips: Sequence[Clip | Recording], *, label: int, seed: int) -> Split:
    """Fill a class up with copies, then split 80/20, as one published system did: copies of test clips train.

    A tenth is validation, cut from the training part, as in `eighty_twenty`.

    Parameters
    ----------
    clips : sequence of Clip
        All clips.
    label : int
        The class to fill up until it is as large as the largest, by clips drawn with replacement.
    seed : int
        Draws the copies and the split.

    Returns
    -------
    Split
        A copied clip's index stands more than once. On RAVDESS's speech, with neutral filled up, 308 of 1536 are the
        test: "copied308".

    Raises
    ------
    ValueError
        The class has no clip, or a part would be empty.
    """
    labels = np.array([clip.label for clip in clips], dtype=np.intp)
    rng = np.random.default_rng([seed, 0, 0, 4])  # the word of oversampling, see minser/README.md
    filled = oversample(labels, np.arange(len(clips)), classes=[label], rng=rng)
    drawn = eighty_twenty([clips[i] for i in filled], seed=seed)
    train, val, test = (np.sort(filled[part]) for part in (drawn.train, drawn.val, drawn.test))
    return Split(train, val, test, f"copied{len(test)}", f"copies of clips, {drawn.shares}")


def actor_split(
    clips: Sequence[Clip | Recording], *, test_actors: Sequence[int], val_actors: Sequence[int], name: str = "actors"
) -> Split:
    """Split by speaker: some actors are the test, some the validation, the others train.

    Parameters
    ----------
    clips : sequence of Clip
        All clips.
    test_actors, val_actors : sequence of int
        Actor numbers. One that has no clips (actor 18 did not sing) is passed over.
    name : str
        Name of the split.

    Returns
    -------
    Split

    Raises
    ------
    ValueError
        An actor is in both, or a part is empty.
    """
    if both := set(test_actors) & set(val_actors):
        raise ValueError(f"{name}: test_actors and val_actors must be disjoint, both have {sorted(both)}")
    actors = np.array([clip.actor for clip in clips], dtype=np.intp)
    in_test, in_val = np.isin(actors, test_actors), np.isin(actors, val_actors)
    if not in_test.any():
        raise ValueError(f"{name}: no clip of its test actors {tuple(test_actors)} is in the corpus")
    train = np.flatnonzero(~(in_test | in_val))
    return Split(train, np.flatnonzero(in_val), np.flatnonzero(in_test), name, "")


def luna(clips: Sequence[Clip | Recording], fold: int) -> Split:
    """Return one fold, 0 to 4, of `LUNA`, validated on the fold's actors in `LUNA_VAL`."""
    test_actors = _fold_actors("luna", LUNA, fold)
    return actor_split(clips, test_actors=test_actors, val_actors=LUNA_VAL[fold], name=f"luna fold {fold}")


def emobox(clips: Sequence[Clip | Recording], fold: int) -> Split:
    """Return one fold, 0 to 5, of `EMOBOX`, validated on `next_pair` of its test actors."""
    test_actors = _fold_actors("emobox", EMOBOX, fold)
    return actor_split(clips, test_actors=test_actors, val_actors=next_pair(test_actors), name=f"emobox fold {fold}")


def loso(clips: Sequence[Clip | Recording], fold: int) -> Split:
    """Return one fold, 0 to 23, of `LOSO`, validated on `next_pair` of its test actor."""
    test_actors = _fold_actors("loso", LOSO, fold)
    return actor_split(clips, test_actors=test_actors, val_actors=next_pair(test_actors), name=f"loso fold {fold}")


def own_speakers(clips: Sequence[Clip | Recording], fold: int) -> Split:
    """Return one of up to five folds of own recordings: every fifth speaker is the test, the next ones validate.

    Raises
    ------
    ValueError
        There are fewer than three speakers, or no such fold.
    """
    speakers = sorted({clip.actor for clip in clips})
    n_folds = min(5, len(speakers))
    if n_folds < 3:
        raise ValueError(f"speakers can be kept apart from three on, got {len(speakers)}")
    if not 0 <= fold < n_folds:
        raise ValueError(f"own speakers: fold must be 0 to {n_folds - 1}, got {fold}")
    test, val = (speakers[(fold + step) % n_folds :: n_folds] for step in (0, 1))
    return actor_split(clips, test_actors=test, val_actors=val, name=f"own speakers, fold {fold}")


def with_song(split: Split, clips: Sequence[Clip | Recording], spoken: NDArray[np.intp]) -> Split:
    """Add song to the training part of a split of speech, that of its training actors only.

    Parameters
    ----------
    split : Split
        Of the spoken clips alone.
    clips : sequence of Clip
        All clips, sung ones too.
    spoken : int array
        Indices of the spoken ones; the split counts in them.

    Returns
    -------
    Split
        Counts in all clips; what the other actors sing is left out.
    """
    train, val, test = (spoken[part] for part in (split.train, split.val, split.test))
    actors = np.array([clip.actor for clip in clips])
    sung = np.setdiff1d(np.arange(len(clips)), spoken)
    trains = np.isin(actors[sung], actors[train])
    return replace(
        split,
        train=np.sort(np.concatenate([train, sung[trains]])),
        val=val,
        test=test,
        name=f"{split.name}, song of its training actors added",
        left_out=sung[~trains],
    )


def next_pair(test_actors: Sequence[int]) -> tuple[int, int]:
    """Choose one man and one woman for validation, where a protocol names none.

    They are the first man and the first woman not under test, counting upwards from the first test actor and
    from 24 on to 1. So the pair moves with the fold, and no fold's validation speakers favour one sex.

    Parameters
    ----------
    test_actors : sequence of int
        The fold's test actors.

    Returns
    -------
    man, woman : int

    Examples
    --------
    >>> next_pair((24,)), next_pair((3, 5, 7, 24))
    ((1, 2), (9, 4))
    """
    following = [(test_actors[0] + step) % N_ACTORS + 1 for step in range(N_ACTORS)]
    free = [actor for actor in following if actor not in test_actors]
    return next(actor for actor in free if actor % 2), next(actor for actor in free if not actor % 2)


def everything(clips: Sequence[Clip | Recording]) -> Split:
    """Return the split that trains on all clips: for a network to be used, when its recipe has been tested elsewhere.

    Nothing is held out, so nothing can be said of this network but by the folds of its recipe.
    """
    none = np.empty(0, dtype=np.intp)
    return Split(np.arange(len(clips)), none, none, "all", "")


def _fold_actors(protocol: str, folds: Sequence[tuple[int, ...]], fold: int) -> tuple[int, ...]:
    """Return the test actors of a fold."""
    if not 0 <= fold < len(folds):
        raise ValueError(f"{protocol}: fold must be 0 to {len(folds) - 1}, got {fold}")
    return folds[fold]
