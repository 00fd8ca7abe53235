"""A running average of a network's weights over its steps (Polyak & Juditsky 1992), which often predicts better.

Comes in: a network, after each step. Goes out: the average, lent to the network for as long as it is looked at.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from minser import nn
from minser.nn.arrays import copy_arrays, model_arrays


class WeightAverage:
    """The average of all of a network's arrays, later ones counting more.

    Parameters
    ----------
    model : Layer
        Its present arrays are where the average begins.
    share : float
        Of the average that a step leaves, in [0, 1); 0: there is no average.

    Attributes
    ----------
    arrays : dict of str to ndarray
        The average by the arrays' names; empty if there is none.

    Raises
    ------
    ValueError
        If `share` is none.
    """

    def __init__(self, model: nn.Layer, share: float) -> None:
        if not 0 <= share < 1:
            raise ValueError(f"training.average must be from 0 to below 1, got {share}")
        self.model, self.share = model, share
        self.arrays = {name: array.copy() for name, array in model_arrays(model).items()} if share else {}

    def add(self, n_before: int) -> None:
        """Move towards the network after a step, `n_before` steps having gone before.

        In the first steps, when there is little to keep, by more.
        """
        weight = 1 - min(self.share, (1 + n_before) / (10 + n_before))
        own = model_arrays(self.model)
        for name, mean in self.arrays.items():
            mean += mean.dtype.type(weight) * (own[name] - mean)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Give the network, for as long as a ``with`` block lasts, the average, if there is one."""
        if not self.arrays:
            yield
            return
        arrays = model_arrays(self.model)
        own = {name: array.copy() for name, array in arrays.items()}
        copy_arrays(self.arrays, arrays)
        try:
            yield
        finally:
            copy_arrays(own, arrays)
