"""One table of layers, each with an input that suits it: the generic contract tests run over all of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minser import nn

Rng = np.random.Generator


@dataclass(frozen=True)
class Case:
    """A layer, the shape of a batch for it, and what to expect of it.

    `kinked`: its derivative jumps, where two values tie or one is zero, so inputs keep away from that.
    `modes_differ`: training gives another output than evaluation.
    """

    name: str
    make: Callable[[Rng], nn.Layer]
    shape: tuple[int, ...]
    kinked: bool = False
    modes_differ: bool = False

    def layer(self, dtype: type, *, seed: int = 0) -> nn.Layer:
        """Build the layer, with every parameter and running statistic moved off its telling first value."""
        rng = np.random.default_rng(seed)
        layer = self.make(rng)
        layer.astype(dtype)
        for array in (*layer.params.values(), *layer.buffers.values()):
            array += rng.uniform(0.1, 0.5, array.shape)  # upwards: a running variance stays positive
        return layer

    def x(self, dtype: type, *, seed: int = 0) -> np.ndarray:
        """Draw a batch."""
        draw = spread if self.kinked else np.random.Generator.standard_normal
        return draw(np.random.default_rng(seed), self.shape).astype(dtype)


def spread(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    """Draw values in [-2, 2] of which no two are near each other, and none near zero.

    Shuffled steps of an even ladder, each moved by less than half a step, so that sums of several do not tie either.
    """
    n = int(np.prod(shape))
    steps = rng.permutation(n) - n // 2 + rng.uniform(0.25, 0.75, n)
    return (4 / n * steps).reshape(shape)


def small_network(rng: Rng) -> nn.Sequential:
    """Build one of everything, in the order that models have."""
    return nn.Sequential(
        {
            "conv": nn.Conv2d(2, 3, kernel_size=3, padding=1, rng=rng),
            "norm": nn.BatchNorm(3),
            "relu": nn.ReLU(),
            "pool": nn.MaxPool2d(2),
            "drop": nn.Dropout(0.25),
            "flat": nn.Flatten(),
            "dense": nn.Dense(12, 4, rng=rng),
        }
    )


IMAGE = (2, 6, 5, 3)  # height and width differ, and divide by no stride below without a rest

CASES = [
    Case("dense", lambda rng: nn.Dense(4, 3, rng=rng), (5, 4)),
    Case("conv", lambda rng: nn.Conv2d(3, 4, kernel_size=3, padding=1, rng=rng), IMAGE),
    Case("conv 1x1", lambda rng: nn.Conv2d(3, 2, kernel_size=1, rng=rng), IMAGE),
    Case("conv oblong", lambda rng: nn.Conv2d(3, 2, kernel_size=(2, 3), padding=(1, 0), rng=rng), IMAGE),
    Case("conv strided", lambda rng: nn.Conv2d(3, 2, kernel_size=3, stride=2, padding=1, rng=rng), IMAGE),
    Case("conv gaps", lambda rng: nn.Conv2d(3, 2, kernel_size=(1, 2), stride=(2, 3), rng=rng), IMAGE),
    Case("conv wide border", lambda rng: nn.Conv2d(3, 2, kernel_size=2, padding=(3, 2), rng=rng), IMAGE),
    Case("norm", lambda rng: nn.BatchNorm(3), IMAGE, modes_differ=True),
    Case("norm of vectors", lambda rng: nn.BatchNorm(4), (6, 4), modes_differ=True),
    Case("relu", lambda rng: nn.ReLU(), IMAGE, kinked=True),
    Case("max pool", lambda rng: nn.MaxPool2d(2), IMAGE, kinked=True),
    Case("max pool overlapping", lambda rng: nn.MaxPool2d(3, stride=2), IMAGE, kinked=True),
    Case("max pool gaps", lambda rng: nn.MaxPool2d((1, 2), stride=(2, 3)), IMAGE, kinked=True),
    Case("average pool", lambda rng: nn.AveragePool2d(2), IMAGE),
    Case("global average pool", lambda rng: nn.GlobalAveragePool(), IMAGE),
    Case("mean max pool", lambda rng: nn.MeanMaxPool(), IMAGE, kinked=True),
    Case("mean max pool of bins", lambda rng: nn.MeanMaxPool(keep_bins=True), IMAGE, kinked=True),
    Case("flatten", lambda rng: nn.Flatten(), IMAGE),
    Case("dropout", lambda rng: nn.Dropout(0.4), IMAGE, modes_differ=True),
    Case("dropout of nothing", lambda rng: nn.Dropout(0.0), IMAGE),
    Case("network", small_network, (3, 4, 5, 2), modes_differ=True),
    Case("no layers", lambda rng: nn.Sequential({}), IMAGE),
]
