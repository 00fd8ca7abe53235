"""What the parts of a split have in common, and whether the protocol says so.

A score is worth what its test part knows nothing of. Three things cross from one part to another unseen: an actor;
audio that lies in the corpus twice; and a copy of a clip, augmented or oversampled before the split was made. A fourth
is worse: the epoch is chosen on the very part that is reported. Every sample of minser carries the index of the clip
that it was made from, so all four can be looked up.

Comes in: a `Split`, the training samples with their copies, the clips and the digests of their audio. Goes out: a list
of `Leak`, or an error for those that the protocol does not name in `Split.shares`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minser.corpus.clip import Clip
from minser.corpus.folders import Recording
from minser.corpus.splits.split import COPIES, EPOCH, Split

SPEAKERS, AUDIO = "speakers", "identical audio"
"""Kinds of leak, as `COPIES` and `EPOCH`: the words that name them in `Split.shares`."""

_TEXTS = {
    SPEAKERS: "share speakers",
    AUDIO: "share identical audio",
    COPIES: "share copies of a clip",
    EPOCH: "are the same clips, so the epoch is chosen on what is reported",
}


@dataclass(frozen=True)
class Leak:
    """Something that two parts have in common.

    Attributes
    ----------
    kind : str
        `SPEAKERS`, `AUDIO`, `COPIES` or `EPOCH`.
    parts : tuple of str
        The two parts.
    n_samples : int
        Samples of the second part that are concerned.
    example : int
        The first of these, by the index of its source clip.
    """

    kind: str
    parts: tuple[str, str]
    n_samples: int
    example: int


def find_leaks(parts: Mapping[str, NDArray[np.intp]], *, actors: ArrayLike, digests: Sequence[str]) -> list[Leak]:
    """Compare every two parts.

    Parameters
    ----------
    parts : mapping of str to int array
        For each part, the training part first, the source clip of every sample; a clip with copies stands in it more
        than once.
    actors : array-like of shape (n_clips,)
        Who speaks in each clip.
    digests : sequence of str
        For each clip a digest of its audio, equal where the audio is identical; `Cache.digests`.

    Returns
    -------
    list of Leak
        In the order of the parts. Two parts made of the same clips, neither of which trains, have one leak, `EPOCH`.
        A copy is not counted as identical audio too.

    Raises
    ------
    ValueError
        If there is not one actor and one digest for each clip.

    Examples
    --------
    >>> parts = {"training": np.array([0, 1]), "test": np.array([1, 2])}
    >>> [leak.kind for leak in find_leaks(parts, actors=[1, 2, 3], digests=["a", "b", "a"])]
    ['speakers', 'identical audio', 'copies']
    """
    who, audio = np.asarray(actors), np.unique(np.asarray(digests), return_inverse=True)[1]
    n_clips = 1 + max(int(samples.max(initial=-1)) for samples in parts.values())
    if not len(who) == len(audio) >= n_clips:
        raise ValueError(f"expected an actor and a digest for each of {n_clips} clips, got {len(who)} and {len(audio)}")
    leaks = []
    for (first, a), (second, b) in combinations(((name, part) for name, part in parts.items() if len(part)), 2):
        if first != next(iter(parts)) and np.array_equal(np.unique(a), np.unique(b)):
            leaks.append(Leak(EPOCH, (first, second), len(b), int(b[0])))
            continue
        is_copy = np.isin(b, a)
        shared = {
            SPEAKERS: np.isin(who[b], who[a]),
            AUDIO: np.isin(audio[b], audio[a]) & ~is_copy,
            COPIES: is_copy,
        }
        leaks += [
            Leak(kind, (first, second), int(concerned.sum()), int(b[concerned][0]))
            for kind, concerned in shared.items()
            if concerned.any()
        ]
    return leaks


def check_split(
    split: Split, *, train: NDArray[np.intp], clips: Sequence[Clip | Recording], digests: Sequence[str]
) -> None:
    """Refuse a split whose parts share what its protocol does not name.

    Parameters
    ----------
    split : Split
        Its `shares` names what may cross, in the words of this module.
    train : int array
        The source clip of each training sample, copies of oversampled clips included.
    clips : sequence of Clip or Recording
        All clips.
    digests : sequence of str
        Of each clip's audio.

    Raises
    ------
    ValueError
        Naming the two parts, what they share, and a clip.
    """
    parts = {"training": train, "validation": split.val, "test": split.test}
    for leak in find_leaks(parts, actors=[clip.actor for clip in clips], digests=digests):
        if leak.kind not in split.shares:
            raise ValueError(
                f"{split.name}: the {leak.parts[0]} and {leak.parts[1]} parts {_TEXTS[leak.kind]}, which the protocol "
                f"does not name: {leak.n_samples} of the {leak.parts[1]} samples, such as {clips[leak.example].name}"
            )
