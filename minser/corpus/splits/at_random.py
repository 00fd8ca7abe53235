"""Splits that share speakers between their parts.

A network that recognises the actor has learnt part of the answer, so its scores are several points too good, and the
split says so in `Split.shares`. The validation part is taken from the training part, and the test part chooses nothing.

Some published systems did otherwise: `selected` and `copied` do as they did, so that their scores can be understood,
and say so in `Split.shares` too.

Comes in: the list of clips, and a seed. Goes out: a `Split`.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minser.augment import oversample
from minser.corpus.clip import Clip
from minser.corpus.folders import Recording
from minser.corpus.splits.split import Split


def random_split(
    clips: Sequence[Clip | Recording],
    *,
    test_fraction: float,
    seed: int,
    groups: ArrayLike | None = None,
) -> Split:
    """Split at random, with the same proportion of each class in each part; a tenth validates.

    A part has ``ceil(fraction * n_clips)`` clips. The classes get their shares by the method of the largest
    remainder, and equal remainders are drawn.

    Parameters
    ----------
    clips : sequence of Clip
        All clips.
    test_fraction : float
        Share of all clips, above 0 and below 0.9. What neither tests nor validates is for training.
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
        `groups` has another length than `clips`, or a part would be empty.

    Examples
    --------
    >>> from minser.corpus.clip import parse_name
    >>> clips = [parse_name(f"03-01-0{e}-01-01-01-0{a}") for a in range(1, 6) for e in (1, 2)]
    >>> random_split(clips, test_fraction=0.2, seed=0, groups=range(10)).describe()
    'random2: 7 training, 1 validation, 2 test clips; the parts share speakers'
    """
    n_clips = len(clips)
    n_test, n_val = (math.ceil(round(fraction * n_clips, 9)) for fraction in (test_fraction, 0.1))
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
    if not (len(test) and len(val)):
        raise ValueError(f"clips: of {n_clips} so many are identical that the test or validation part would be empty")
    shares = "speakers" if groups is not None else "speakers, and identical audio if there is any"
    return Split(np.setdiff1d(rest, val), val, test, f"random{len(test)}", shares)


def eighty_twenty(clips: Sequence[Clip | Recording], *, seed: int, groups: ArrayLike | None = None) -> Split:
    """Return `random_split` with a fifth of all clips for the test and a tenth for validation.

    On RAVDESS's speech this is the protocol random288, on speech and song together random491.
    """
    return random_split(clips, test_fraction=0.2, seed=seed, groups=groups)


def eighty_ten_ten(clips: Sequence[Clip | Recording], *, seed: int, groups: ArrayLike | None = None) -> Split:
    """Return `random_split` with a tenth of all clips for the test and a tenth for validation."""
    return random_split(clips, test_fraction=0.1, seed=seed, groups=groups)


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


def leaders_of(groups: ArrayLike) -> NDArray[np.intp]:
    """Return, for each clip, the first clip of its group.

    Examples
    --------
    >>> leaders_of(["x", "a", "x", "b"])
    array([0, 1, 0, 3])
    """
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], np.intp)


def draw_part(
    indices: NDArray[np.intp],
    size: int,
    labels: NDArray[np.intp],
    leaders: NDArray[np.intp],
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Draw clips in the classes' proportions, whole groups at a time.

    Parameters
    ----------
    indices : int array
        The clips to draw from; a group lies in them as a whole.
    size : int
        Clips to draw, at most ``len(indices)``. Fewer are drawn where no group fits into what is left of a
        class.
    labels, leaders : int array of shape (n_clips,)
        Class number of each clip of the corpus; first clip of its group, from `leaders_of`.
    rng : numpy Generator
        Draws the clips, and which of the classes with equal remainders gets one more.

    Returns
    -------
    int array
        Sorted.
    """
    n_classes = int(labels.max()) + 1
    # The largest remainders. Whole numbers throughout: rounded quotients would break ties by chance.
    counts = np.bincount(labels[indices], minlength=n_classes)
    room, remainders = np.divmod(size * counts, counts.sum())  # (n_classes,)
    by_remainder = np.lexsort((rng.random(n_classes), -remainders))
    room[by_remainder[: size - room.sum()]] += 1
    drawn = []
    # All clips are permuted, not the groups alone: the draw then hardly depends on which clips are grouped.
    for index in rng.permutation(indices):
        members = indices[leaders[indices] == index]  # empty unless this clip is the first of its group
        needed = np.bincount(labels[members], minlength=n_classes)
        if (needed <= room).all():
            room -= needed
            drawn.append(members)
    return np.sort(np.concatenate(drawn))
