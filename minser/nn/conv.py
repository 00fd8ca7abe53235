"""The two-dimensional convolution layer, channels last.

Comes in: (batch, height, width, in_channels); of a spectrogram, height is frequency and width is time. Goes out:
(batch, out_h, out_w, out_channels). The arithmetic stands in ``kernels.conv``, for 3 x 3 kernels in
``kernels.winograd``; the readable version of both in ``kernels.reference``.
"""

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from minser.kernels import conv, winograd
from minser.nn.init import he_normal
from minser.nn.layer import Array, Layer, Shape, check_channels, check_floats

_FEW = 4  # input channels up to which `kernels.conv` was the faster


class Conv2d(Layer):
    """Cross-correlation of the image with `out_channels` learned kernels (LeCun et al. 1989).

    Parameters
    ----------
    in_channels, out_channels : int
        Channels before and after.
    kernel_size, stride, padding : int or (int, int)
        Size of the kernel, its step, and how many zeros stand around the image on each side.
    rng : numpy.random.Generator
        Draws `weight` (k_h, k_w, in_channels, out_channels), He normal; `bias` (out_channels,) starts at zero.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel_size: int | conv.Pair,
        stride: int | conv.Pair = 1,
        padding: int | conv.Pair = 0,
        rng: np.random.Generator,
    ) -> None:
        super().__init__()
        self.kernel_size = pair(kernel_size, name="kernel_size", least=1)
        self.stride = pair(stride, name="stride", least=1)
        self.padding = pair(padding, name="padding", least=0)
        fan_in = math.prod(self.kernel_size) * in_channels
        self.params["weight"] = he_normal((*self.kernel_size, in_channels, out_channels), fan_in=fan_in, rng=rng)
        self.params["bias"] = np.zeros(out_channels, np.float32)

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return the convolved batch, (batch, out_h, out_w, out_channels)."""
        weight = self.params["weight"]
        check_channels(self, x, ndim=4, channels=weight.shape[2])
        self._cache = (x,)
        bias = self.params["bias"]
        if self._is_winograd:
            return winograd.conv2d(x, weight, bias, padding=self.padding)
        return conv.conv2d(x, weight, bias, stride=self.stride, padding=self.padding)

    def block(self, *, scale: Array, shift: Array) -> Callable[[Array], Array]:
        """Return the function ``max_pool(relu(forward(x) * scale + shift))`` of windows of 2 x 2, for today's weights.

        Scale and shift are (out_channels,). Nothing is kept for `backward`.
        """
        weight, bias = self.params["weight"] * scale, self.params["bias"] * scale + shift
        if self._is_winograd:
            transformed = winograd.transform_weight(weight)
            return partial(winograd.conv2d_relu_pool, transformed=transformed, bias=bias, padding=self.padding)
        return partial(conv.conv2d_relu_pool, weight=weight, bias=bias, stride=self.stride, padding=self.padding)

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Set the gradients of weight and bias; return that of the input, (batch, height, width, in_channels)."""
        (x,) = self._take_cache()
        check_floats(grad_output=grad_output)
        weight, padding = self.params["weight"], self.padding
        if self._is_winograd:
            grads = winograd.conv2d_grad_weight(x, grad_output, padding=padding)
        else:
            geometry = {"kernel_size": self.kernel_size, "stride": self.stride, "padding": padding}
            grads = conv.conv2d_grad_weight(x, grad_output, **geometry)
        self.grads["weight"], self.grads["bias"] = grads
        if not need_input:
            return None
        if self._is_winograd:
            return winograd.conv2d_grad_input(grad_output, weight, padding=padding)
        size = (x.shape[1], x.shape[2])
        return conv.conv2d_grad_input(grad_output, weight, input_size=size, stride=self.stride, padding=padding)

    @property
    def _is_winograd(self) -> bool:
        """Whether Winograd's algorithm applies, and pays: 3 x 3, each position, no more than two zeros around."""
        applies = (self.kernel_size, self.stride) == ((3, 3), (1, 1)) and max(self.padding) <= 2
        return applies and self.params["weight"].shape[2] > _FEW

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (out_h, out_w, out_channels)."""
        height, width, _ = input_shape
        size = conv.output_size((height, width), kernel_size=self.kernel_size, stride=self.stride, padding=self.padding)
        return (*size, self.params["bias"].size)

    def multiply_adds(self, input_shape: Shape) -> int:
        """Return one for each weight at each output position."""
        out_h, out_w, _ = self.output_shape(input_shape)
        return out_h * out_w * self.params["weight"].size


def pair(value: int | conv.Pair, *, name: str, least: int) -> conv.Pair:
    """Return (height, width) of a number for both or of a pair.

    Raises
    ------
    ValueError
        If it is not one or two integers of at least `least`.
    """
    numbers = np.atleast_1d(value)
    if numbers.size > 2 or numbers.dtype.kind != "i" or numbers.min() < least:
        raise ValueError(f"{name} must be one or two integers of at least {least}, got {value}")
    return int(numbers[0]), int(numbers[-1])
