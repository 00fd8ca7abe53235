"""Three parts of a corpus: which clips train, which choose the epoch, and which are the test.

Comes in: arrays of indices into a list of clips. Goes out: a `Split` of them, or an error. `at_random` and
`by_speaker` make them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minser.corpus.clip import Clip
from minser.corpus.folders import Recording
from minser.system.words import counted

COPIES, EPOCH = "copies", "epoch"
"""Words of `Split.shares` that allow what is else refused: a clip in several parts, and a test part that is the
validation part too."""


@dataclass(frozen=True, eq=False)
class Split:
    """Three parts that together are all clips; disjoint, unless `shares` says otherwise.

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

    def __post_init__(self) -> None:
        for part, indices in (("train", self.train), ("val", self.val), ("test", self.test)):
            if len(indices) == 0 and (self.holds_out or part == "train"):
                raise ValueError(f"{self.name}: the {part} part is empty: it needs more clips or speakers")
        parts = [self.train, self.val, self.test]
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
            return f"{self.name}: {counted(len(self.train), 'training clip')}; none are held out"
        counts = f"{len(self.train)} training, {len(self.val)} validation, {counted(len(self.test), 'test clip')}"
        return f"{self.name}: {counts}; the parts share {self.shares or 'no speakers'}"


def everything(clips: Sequence[Clip | Recording]) -> Split:
    """Return the split that trains on all clips: for a network to be used, when its recipe has been tested elsewhere.

    Nothing is held out, so nothing can be said of this network but by the folds of its recipe.
    """
    none = np.empty(0, dtype=np.intp)
    return Split(np.arange(len(clips)), none, none, "all", "")
