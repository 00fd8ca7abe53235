"""Max pooling: the largest value of each window, and where it stood.

Comes in: x (batch, height, width, channels).
"""

import numpy as np
import numpy.typing as npt
from numba import njit, prange

from minser.kernels.conv import FloatArray, Pair, output_size


def max_pool2d(x: FloatArray, *, kernel_size: Pair, stride: Pair) -> tuple[FloatArray, npt.NDArray[np.signedinteger]]:
    """Return the maxima (batch, out_h, out_w, channels) and the winner's place in its window, row by row.

    Of equal values the first wins, and a NaN wins over everything.
    """
    size = output_size(x.shape[1:3], kernel_size=kernel_size, stride=stride)
    out = np.empty((x.shape[0], *size, x.shape[3]), x.dtype)
    places = kernel_size[0] * kernel_size[1]
    winner = np.empty(out.shape, np.int16 if places <= 2**15 else np.int32)  # small numbers: less memory to move
    _max_pool2d_kernel(np.ascontiguousarray(x), kernel_size, stride, out, winner)
    return out, winner


def max_pool2d_grad_input(
    grad_output: FloatArray,
    winner: npt.NDArray[np.signedinteger],
    *,
    input_size: Pair,
    kernel_size: Pair,
    stride: Pair,
) -> FloatArray:
    """Return the gradient of the input: each output's gradient added to the value that won its window."""
    batch, _, _, channels = grad_output.shape
    grad_input = np.zeros((batch, *input_size, channels), grad_output.dtype)
    _grad_input_kernel(np.ascontiguousarray(grad_output), winner, kernel_size, stride, grad_input)
    return grad_input


@njit(cache=True, parallel=True)
def _max_pool2d_kernel(
    x: FloatArray,
    kernel_size: Pair,
    stride: Pair,
    out: FloatArray,
    winner: npt.NDArray[np.signedinteger],
) -> None:
    """Spread the output rows over the threads; the innermost loop runs over channels."""
    batch, out_h, out_w, channels = out.shape
    for line in prange(batch * out_h):
        sample, row = line // out_h, line % out_h
        for column in range(out_w):
            best, place = out[sample, row, column], winner[sample, row, column]
            best[:] = -np.inf
            place[:] = 0
            for i in range(kernel_size[0]):
                for j in range(kernel_size[1]):
                    value = x[sample, row * stride[0] + i, column * stride[1] + j]
                    for c in range(channels):
                        wins = value[c] > best[c] or value[c] != value[c]  # NaN alone differs from itself
                        best[c] = value[c] if wins else best[c]
                        place[c] = i * kernel_size[1] + j if wins else place[c]


@njit(cache=True, parallel=True)
def _grad_input_kernel(
    grad_output: FloatArray,
    winner: npt.NDArray[np.signedinteger],
    kernel_size: Pair,
    stride: Pair,
    grad_input: FloatArray,
) -> None:
    """Windows may overlap, so a sample stays with one thread."""
    batch, out_h, out_w, channels = grad_output.shape
    for sample in prange(batch):
        for row in range(out_h):
            for column in range(out_w):
                top, left = row * stride[0], column * stride[1]
                for c in range(channels):
                    place = winner[sample, row, column, c]
                    i, j = place // kernel_size[1], place % kernel_size[1]
                    grad_input[sample, top + i, left + j, c] += grad_output[sample, row, column, c]
