"""Batch norm, ReLU, max pooling and dropout of a convolutional block, in one pass over memory.

One after the other the four layers read and write the largest arrays of a network eight times, and a pass over memory
takes longer than its arithmetic. Here the normalised values never reach memory: of each window the largest is kept, and
which it was. Backward asks only the winners for their gradient, a quarter of the values where windows are 2 x 2.

Comes in: x (batch, height, width, channels), windows that do not overlap.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, prange

from minser.kernels.conv import FloatArray, Pair, output_size, unsigned
from minser.kernels.elementwise import hashed, threshold

_SLOTS = 16  # partial sums over the batch: a fixed number, so that threads do not change the result
_NOBODY = -1  # the window's largest value was not positive, or was dropped: no gradient passes
_FEW = 32  # fewer channels do not fill the processor's vectors

Winners = npt.NDArray[np.int8]


def norm_relu_pool(
    x: FloatArray,
    mean: FloatArray,
    scale: FloatArray,
    shift: FloatArray,
    *,
    window: Pair,
    p: float,
    key: int,
) -> tuple[FloatArray, Winners, FloatArray]:
    """Return ``drop(max_pool(relu((x - mean) * scale + shift)))``, (batch, out_h, out_w, channels), and who won.

    Parameters
    ----------
    x : ndarray, shape (batch, height, width, channels)
    mean, scale, shift : ndarray, shape (channels,)
    window : (int, int)
        Height and width of a window, which is also the step.
    p, key : float, int
        Each value of the output is zeroed with probability `p`; `key` decides which.

    Returns
    -------
    out : ndarray, shape (batch, out_h, out_w, channels)
    winners : ndarray of int8, same shape
        Place in its window, row by row, or -1 where no gradient passes. Of equal values the first wins, and a NaN over
        everything.
    centred : ndarray, same shape
        The winner's ``x - mean``.
    """
    batch, height, width, channels = x.shape
    size = output_size((height, width), kernel_size=window, stride=window)
    out = np.empty((batch, *size, channels), x.dtype)
    winners, centred = np.empty(out.shape, np.int8), np.empty_like(out)
    keep_scale = x.dtype.type(1 / (1 - p))
    lines: list[npt.NDArray[Any]] = [out, winners, centred]
    if channels < _FEW:  # a line of windows becomes one window of many channels: the innermost loop is long
        x = _side_by_side(x, window)
        mean, scale, shift = (np.tile(each, out.shape[2]) for each in (mean, scale, shift))
        lines = [each.reshape(*out.shape[:2], 1, out.shape[2] * channels) for each in lines]
    with np.errstate(over="ignore"):  # as in `elementwise.drop`
        _forward_kernel(
            np.ascontiguousarray(x), mean, scale, shift, window, np.uint64(key), threshold(p), keep_scale, *lines
        )
    return out, winners, centred


def _side_by_side(x: FloatArray, window: Pair) -> FloatArray:
    """Lay values of one place of their windows side by side: (batch, height, window[1], out_w * channels)."""
    batch, height, width, channels = x.shape
    out_w = width // window[1]
    columns = x[:, :, : out_w * window[1]].reshape(batch, height, out_w, window[1], channels)
    return columns.transpose(0, 1, 3, 2, 4).reshape(batch, height, window[1], out_w * channels)


def winners_sums(
    grad_output: FloatArray, winners: Winners, centred: FloatArray
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return by channel the sums of ``grad_output`` and ``grad_output * centred`` over windows that have a winner."""
    sums = np.zeros((2, _SLOTS, grad_output.shape[3]))
    _sums_kernel(grad_output, winners, centred, sums)
    return sums[0].sum(axis=0), sums[1].sum(axis=0)


def winners_grad_input(
    x: FloatArray,
    grad_output: FloatArray,
    winners: Winners,
    mean: FloatArray,
    scale: FloatArray,
    slope: FloatArray,
    shift: FloatArray,
    *,
    window: Pair,
) -> FloatArray:
    """Return ``(x - mean) * slope + shift``, plus ``grad_output * scale`` where a value won its window."""
    grad_input = np.empty_like(x)
    _grad_input_kernel(x, grad_output, winners, mean, scale, slope, shift, window, grad_input)
    return grad_input


@njit(cache=True, parallel=True)
def _forward_kernel(
    x: FloatArray,
    mean: FloatArray,
    scale: FloatArray,
    shift: FloatArray,
    window: Pair,
    key: np.uint64,
    limit: np.uint64,
    keep_scale: np.floating,
    out: FloatArray,
    winners: Winners,
    centred: FloatArray,
) -> None:
    """Spread the output's lines over the threads; the innermost loops run over channels."""
    batch, out_h, out_w, channels = out.shape
    for line in prange(batch * out_h):
        sample, row = line // out_h, line % out_h
        for column in range(out_w):
            best, winner, peak = out[sample, row, column], winners[sample, row, column], centred[sample, row, column]
            best[:] = 0  # the rectifier: nothing below wins
            winner[:] = _NOBODY
            peak[:] = 0
            for i in range(window[0]):
                for j in range(window[1]):
                    value = x[sample, row * window[0] + i, column * window[1] + j]
                    for c in range(channels):
                        k = unsigned(c)
                        distance = value[k] - mean[k]
                        normal = distance * scale[k] + shift[k]
                        wins = normal > best[k] or normal != normal  # NaN alone differs from itself
                        best[k] = normal if wins else best[k]
                        winner[k] = i * window[1] + j if wins else winner[k]
                        peak[k] = distance if wins else peak[k]
            if limit > 0:
                first = (line * out_w + column) * channels
                for c in range(channels):
                    k = unsigned(c)
                    kept = hashed(key, first + c) >= limit
                    best[k] = best[k] * keep_scale if kept else 0
                    winner[k] = winner[k] if kept else _NOBODY


@njit(cache=True, parallel=True)
def _sums_kernel(grad_output: FloatArray, winners: Winners, centred: FloatArray, sums: FloatArray) -> None:
    """Line t of the output adds to slot t % n_slots; within a line the sums are of the arrays' own type."""
    batch, out_h, out_w, channels = grad_output.shape
    for slot in prange(sums.shape[1]):
        plain, weighted = np.empty(channels, grad_output.dtype), np.empty(channels, grad_output.dtype)
        for line in range(slot, batch * out_h, sums.shape[1]):
            sample, row = line // out_h, line % out_h
            plain[:] = 0
            weighted[:] = 0
            for column in range(out_w):
                grad, winner = grad_output[sample, row, column], winners[sample, row, column]
                peak = centred[sample, row, column]
                for c in range(channels):
                    k = unsigned(c)
                    passed = grad[k] if winner[k] >= 0 else 0
                    plain[k] += passed
                    weighted[k] += passed * peak[k]
            for c in range(channels):
                sums[0, slot, c] += plain[c]
                sums[1, slot, c] += weighted[c]


@njit(cache=True, parallel=True)
def _grad_input_kernel(
    x: FloatArray,
    grad_output: FloatArray,
    winners: Winners,
    mean: FloatArray,
    scale: FloatArray,
    slope: FloatArray,
    shift: FloatArray,
    window: Pair,
    grad_input: FloatArray,
) -> None:
    """Spread the input's lines over the threads."""
    batch, height, width, channels = x.shape
    out_h, out_w = grad_output.shape[1:3]
    for line in prange(batch * height):
        sample, row = line // height, line % height
        out_row, i = row // window[0], row % window[0]
        covered = out_w * window[1] if out_row < out_h else 0  # columns that belong to a window
        for column in range(covered, width):
            value, target = x[sample, row, column], grad_input[sample, row, column]
            for c in range(channels):
                k = unsigned(c)
                target[k] = (value[k] - mean[k]) * slope[k] + shift[k]
        for out_column in range(covered // window[1]):
            winner, grad = winners[sample, out_row, out_column], grad_output[sample, out_row, out_column]
            for j in range(window[1]):
                place, column = i * window[1] + j, out_column * window[1] + j
                value, target = x[sample, row, column], grad_input[sample, row, column]
                for c in range(channels):
                    k = unsigned(c)
                    passed = grad[k] * scale[k] if winner[k] == place else 0
                    target[k] = (value[k] - mean[k]) * slope[k] + shift[k] + passed
