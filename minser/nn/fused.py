"""Which layers of a chain are executed as one.

A network is written, read and saved layer by layer. Where a chain holds batch norm, ReLU and max pooling one after the
other, with or without dropout, `Sequential` runs them as a single step that computes the same and reads memory once
(``kernels.block``). The layers stay what they are: they own the parameters, and the step sets their gradients.

Where nobody is going to ask for gradients, batch norm is a factor and a summand known beforehand, and the convolution
before it does all the rest while its outputs are still in the cache: that is `fold`, for ``Sequential.predict``.
"""

import math
from collections.abc import Callable, Iterable

import numpy as np

from minser.nn.conv import Conv2d
from minser.nn.elementwise import Dropout, ReLU
from minser.nn.layer import Array, Layer, check_channels
from minser.nn.norm import BatchNorm, NormReluPool
from minser.nn.pooling import MaxPool2d


def fuse(layers: Iterable[Layer]) -> list[Layer]:
    """Return the steps that compute what the layers compute."""
    steps: list[Layer] = []
    for layer in layers:
        match [*steps[-2:], layer]:
            case [BatchNorm() as norm, ReLU(), MaxPool2d() as pool] if _is_plain(pool):
                steps[-2:] = [NormReluPool(norm, pool)]
            case [*_, NormReluPool(drop=None) as step, Dropout() as drop]:
                steps[-1] = NormReluPool(step.norm, step.pool, drop)
            case _:
                steps.append(layer)
    return steps


def fold(steps: Iterable[Layer]) -> list[Layer]:
    """Return the steps that predict what the steps of `fuse` compute outside of training: dropout is none of them."""
    folded: list[Layer] = []
    for step in steps:
        match [*folded[-2:], step]:
            case [*_, Conv2d() as conv, NormReluPool() as tail] if _fits(conv, tail):
                folded[-1] = FoldedBlock(conv, tail.norm)
            case [Conv2d() as conv, ReLU(), MaxPool2d() as pool] if pool.kernel_size == (2, 2) == pool.stride:
                folded[-2:] = [FoldedBlock(conv, None)]
            case [*_, Dropout()]:
                pass
            case _:
                folded.append(step)
    return folded


def _fits(conv: Conv2d, tail: NormReluPool) -> bool:
    """Return whether the windows are 2 x 2, as the convolution's kernel ends in, and the norm has its channels."""
    return tail.pool.kernel_size == (2, 2) and conv.params["bias"].shape == tail.norm.params["gamma"].shape


def _is_plain(pool: MaxPool2d) -> bool:
    """Return whether the windows stand side by side, and their places fit in a byte."""
    return pool.stride == pool.kernel_size and math.prod(pool.kernel_size) <= np.iinfo(np.int8).max


class FoldedBlock(Layer):
    """Convolution, batch norm or none, ReLU and max pooling at once, as after training; it has no way back.

    Parameters
    ----------
    conv : Conv2d
        Its `block` does the work.
    norm : BatchNorm, optional
        What stands between the convolution and ReLU. The windows of the pooling are 2 x 2.
    """

    def __init__(self, conv: Conv2d, norm: BatchNorm | None) -> None:
        super().__init__()
        self.conv, self.norm = conv, norm
        self._prepared: Callable[[Array], Array] | None = None

    def predict(self, x: Array) -> Array:
        """Return the block's output, (batch, out_h, out_w, channels)."""
        check_channels(self.conv, x, ndim=4, channels=self.conv.params["weight"].shape[2])
        block = self._prepared or self._block()
        return block(x)

    def prepare(self) -> None:
        """Keep weight and bias as they are now, with the norm in them, ready for their kernel."""
        self._prepared = self._block()

    def _block(self) -> Callable[[Array], Array]:
        """Return the convolution's kernel with its weight and bias, the norm in them."""
        if self.norm is None:
            bias = self.conv.params["bias"]
            return self.conv.block(scale=np.ones_like(bias), shift=np.zeros_like(bias))
        mean, var = self.norm.buffers["running_mean"], self.norm.buffers["running_var"]
        scale = (self.norm.params["gamma"] / np.sqrt(var + self.norm.eps)).astype(mean.dtype)
        return self.conv.block(scale=scale, shift=self.norm.params["beta"] - mean * scale)
