"""Splits that share no speaker: a network is tested on voices that it never heard.

The folds are those of published protocols, so that scores can stand beside published ones. The validation part is
taken from the training part, speaker by speaker as well, and the test part chooses nothing.

Comes in: the list of clips, and the number of a fold. Goes out: a `Split`.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from minser.corpus.clip import N_ACTORS, Clip
from minser.corpus.folders import Recording
from minser.corpus.splits.at_random import draw_part, leaders_of
from minser.corpus.splits.split import Split

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

LOSO = tuple((actor,) for actor in range(1, N_ACTORS + 1))
"""Leave one of RAVDESS's speakers out: fold k tests actor k + 1."""


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
    actors = np.array([clip.actor for clip in clips], dtype=np.intp)
    in_test, in_val = np.isin(actors, test_actors), np.isin(actors, val_actors)
    train = np.flatnonzero(~(in_test | in_val))
    return Split(train, np.flatnonzero(in_val), np.flatnonzero(in_test), name, "")


def luna(clips: Sequence[Clip | Recording], fold: int) -> Split:
    """Return one fold, 0 to 4, of `LUNA`, validated on the fold's actors in `LUNA_VAL`."""
    return _fold(clips, "luna", LUNA, LUNA_VAL, fold)


def emobox(clips: Sequence[Clip | Recording], fold: int) -> Split:
    """Return one fold, 0 to 5, of `EMOBOX`, validated on `next_pair` of its test actors."""
    return _fold(clips, "emobox", EMOBOX, [next_pair(actors) for actors in EMOBOX], fold)


def loso(clips: Sequence[Clip | Recording], fold: int) -> Split:
    """Return one fold, 0 to 23, of `LOSO` on RAVDESS, validated on `next_pair` of its test actor."""
    return _fold(clips, "loso", LOSO, [next_pair(actors) for actors in LOSO], fold)


def own_speakers(
    clips: Sequence[Clip | Recording], fold: int, *, seed: int = 0, groups: ArrayLike | None = None
) -> Split:
    """Return one of up to five folds of any corpus: every fifth speaker is the test, the next ones validate.

    Of two speakers one is the test; a tenth of the other's clips validates.

    Parameters
    ----------
    clips : sequence of Recording
        All clips, whose speakers are known.
    fold : int
        From 0.
    seed : int
        Draws the tenth.
    groups : array-like of shape (n_clips,), optional
        Clips with equal entries stay in one part of it.

    Raises
    ------
    ValueError
        There is one speaker only, or no such fold.
    """
    speakers = _speakers(clips)
    n_folds = min(5, len(speakers))
    _check_fold("own speakers", n_folds, fold)
    test, val = (speakers[(fold + step) % n_folds :: n_folds] for step in (0, 1))
    return _apart(clips, test, val, f"own speakers, fold {fold}", seed, groups)


def one_speaker_out(
    clips: Sequence[Clip | Recording], fold: int, *, seed: int = 0, groups: ArrayLike | None = None
) -> Split:
    """Return one fold of any corpus: one speaker is the test, and of those that follow the first of each sex validates.

    Of two speakers one is the test; a tenth of the other's clips validates. Arguments and errors are those of
    `own_speakers`.
    """
    speakers = _speakers(clips)
    _check_fold("loso", len(speakers), fold)
    sexes = {clip.actor: clip.sex for clip in clips}
    following = [*speakers[fold + 1 :], *speakers[:fold]]
    first = {sexes[speaker]: speaker for speaker in reversed(following)}.values()
    val = [*first] if len(first) < len(following) else following[:1]
    return _apart(clips, [speakers[fold]], val, f"loso fold {fold}", seed, groups)


def _speakers(clips: Sequence[Clip | Recording]) -> list[int]:
    """Return the numbers of all speakers, at least two."""
    speakers = sorted({clip.actor for clip in clips})
    if len(speakers) < 2:
        raise ValueError(
            f"speakers can be kept apart from two on, got {len(speakers)}: add clips of another; or do not say who "
            "speaks in own recordings, and the parts are drawn at random"
        )
    return speakers


def _apart(
    clips: Sequence[Clip | Recording],
    test: Sequence[int],
    val: Sequence[int],
    name: str,
    seed: int,
    groups: ArrayLike | None,
) -> Split:
    """Return the split that tests some speakers; where `val` are all the others, a tenth of their clips validates."""
    actors = np.array([clip.actor for clip in clips], dtype=np.intp)
    if {*test, *val} < set(actors.tolist()):
        return actor_split(clips, test_actors=test, val_actors=val, name=name)
    rest = np.flatnonzero(~np.isin(actors, test))
    labels = np.array([clip.label for clip in clips], dtype=np.intp)[rest]
    leaders = leaders_of(np.arange(len(rest)) if groups is None else np.asarray(groups)[rest])
    size = math.ceil(len(rest) / 10)
    drawn = rest[draw_part(np.arange(len(rest)), size, labels, leaders, np.random.default_rng(seed))]
    shares = "speakers in training and validation, none in the test"
    return Split(np.setdiff1d(rest, drawn), drawn, np.flatnonzero(np.isin(actors, test)), name, shares)


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


def _fold(
    clips: Sequence[Clip | Recording],
    protocol: str,
    test: Sequence[tuple[int, ...]],
    val: Sequence[tuple[int, ...]],
    fold: int,
) -> Split:
    """Return one fold of a protocol, which names the test and the validation actors of each."""
    _check_fold(protocol, len(test), fold)
    return actor_split(clips, test_actors=test[fold], val_actors=val[fold], name=f"{protocol} fold {fold}")


def _check_fold(protocol: str, n_folds: int, fold: int) -> None:
    """Raise ValueError unless a protocol has such a fold."""
    if not 0 <= fold < n_folds:
        raise ValueError(f"{protocol}: fold must be 0 to {n_folds - 1}, got {fold}")
