"""Pooling: fewer positions, each a summary of a window or of the whole image; or, to keep all, an image in a row.

Comes in: (batch, height, width, channels); of a spectrogram, height is frequency and width is time.
"""

import math

import numpy as np

from minser.kernels import pooling
from minser.kernels.conv import Pair, output_size
from minser.nn.conv import pair
from minser.nn.layer import Array, Layer, Shape, check_floats


class MaxPool2d(Layer):
    """The largest value of each window.

    Parameters
    ----------
    kernel_size, stride : int or (int, int)
        Size of the window, and its step (by default its size). Positions at the end that fill no whole window are left
        out.
    """

    def __init__(self, kernel_size: int | Pair, *, stride: int | Pair | None = None) -> None:
        super().__init__()
        self.kernel_size = pair(kernel_size, name="kernel_size", least=1)
        self.stride = pair(kernel_size if stride is None else stride, name="stride", least=1)

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return the maxima, (batch, out_h, out_w, channels)."""
        check_floats(x=x)
        out, winner = pooling.max_pool2d(x, kernel_size=self.kernel_size, stride=self.stride)
        self._cache = (x.shape, winner)
        return out

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Return the gradient of the input: each window's gradient goes to the value that won it."""
        shape, winner = self._take_cache()
        check_floats(grad_output=grad_output)
        if not need_input:
            return None
        return pooling.max_pool2d_grad_input(
            grad_output, winner, input_size=shape[1:3], kernel_size=self.kernel_size, stride=self.stride
        )

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (out_h, out_w, channels)."""
        return (*output_size(input_shape[:2], kernel_size=self.kernel_size, stride=self.stride), input_shape[2])


class AveragePool2d(Layer):
    """The mean of each window; windows stand side by side.

    Parameters
    ----------
    kernel_size : int or (int, int)
        Size of the window. Positions at the end that fill no whole window are left out.
    """

    def __init__(self, kernel_size: int | Pair) -> None:
        super().__init__()
        self.kernel_size = pair(kernel_size, name="kernel_size", least=1)

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return the means, (batch, out_h, out_w, channels)."""
        check_floats(x=x)
        self._cache = (x.shape,)
        return np.asarray(self._windows(x).mean(axis=(2, 4)))

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Return the gradient of the input: each window's gradient in equal parts to its values."""
        (shape,) = self._take_cache()
        check_floats(grad_output=grad_output)
        if not need_input:
            return None
        grad_input = np.zeros(shape, grad_output.dtype)
        self._windows(grad_input)[...] = grad_output[:, :, None, :, None] / math.prod(self.kernel_size)
        return grad_input

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (out_h, out_w, channels)."""
        return (*output_size(input_shape[:2], kernel_size=self.kernel_size, stride=self.kernel_size), input_shape[2])

    def _windows(self, x: Array) -> Array:
        """Return a view of the image by its windows: (batch, out_h, k_h, out_w, k_w, channels)."""
        (out_h, out_w, channels), (k_h, k_w) = self.output_shape(x.shape[1:]), self.kernel_size
        return x[:, : out_h * k_h, : out_w * k_w].reshape(len(x), out_h, k_h, out_w, k_w, channels)


class GlobalAveragePool(Layer):
    """The mean over all positions: (batch, height, width, channels) to (batch, channels) (Lin et al. 2014)."""

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return the means, (batch, channels)."""
        self._cache = (x.shape,)
        return np.asarray(x.mean(axis=(1, 2)))

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Return the gradient of the input: an equal part for each position."""
        (shape,) = self._take_cache()
        check_floats(grad_output=grad_output)
        part = grad_output[:, None, None, :] / (shape[1] * shape[2])
        return np.broadcast_to(part.astype(grad_output.dtype), shape) if need_input else None

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (channels,)."""
        return input_shape[-1:]


class MeanMaxPool(Layer):
    """The mean over frequency, then mean and maximum over time.

    (batch, height, width, channels) becomes (batch, 2 * channels). The mean tells what a voice is like throughout, the
    maximum what it reached at some moment (the pooling of PANNs, Kong et al. 2020, with both kept apart).

    Parameters
    ----------
    keep_bins : bool
        Leave out the mean over frequency: each bin has its own means and maxima, (batch, 2 * height * channels), and
        what follows may tell high from low.
    """

    def __init__(self, *, keep_bins: bool = False) -> None:
        super().__init__()
        self.keep_bins = keep_bins

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return means and maxima side by side, (batch, 2 * values of a moment)."""
        batch, height, width, channels = x.shape
        profile = x.swapaxes(1, 2).reshape(batch, width, height * channels) if self.keep_bins else x.mean(axis=1)
        winner = profile.argmax(axis=1)[:, None]  # (batch, 1, values of a moment)
        self._cache = (x.shape, winner)
        highest = np.take_along_axis(profile, winner, axis=1)[:, 0]
        return np.concatenate([profile.mean(axis=1), highest], axis=1)

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Return the gradient of the input: the mean's to all moments, the maximum's to the moment that won."""
        shape, winner = self._take_cache()
        if not need_input:
            return None
        batch, height, width, channels = shape
        grad_mean, grad_max = np.split(grad_output[:, None], 2, axis=2)
        grad_profile = np.repeat(grad_mean / width, width, axis=1)  # (batch, width, values of a moment)
        np.put_along_axis(grad_profile, winner, np.take_along_axis(grad_profile, winner, axis=1) + grad_max, axis=1)
        if self.keep_bins:
            return grad_profile.reshape(batch, width, height, channels).swapaxes(1, 2)
        return np.broadcast_to(grad_profile[:, None] / height, shape)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (2 * values of a moment,)."""
        height, _, channels = input_shape
        return (2 * channels * (height if self.keep_bins else 1),)


class Flatten(Layer):
    """All values of a sample in a row, in memory order: (height, width, channels) as it stands."""

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return (batch, n_values)."""
        self._cache = (x.shape,)
        return x.reshape(len(x), math.prod(x.shape[1:]))

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Return the gradient in the input's shape."""
        (shape,) = self._take_cache()
        return grad_output.reshape(shape) if need_input else None

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (n_values,)."""
        return (math.prod(input_shape),)
