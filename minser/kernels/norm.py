"""Mean and variance of a batch over the rows of a matrix: one row a position, one column a channel.

A tensor with channels last is such a matrix without a copy. The rows are cut into a fixed number of slots; each slot
fits in a cache, so its two passes (mean, then squared distance from it) read main memory once, and the slots'
results are merged pairwise (Chan, Golub & LeVeque 1983, eq. 2.1). The textbook's E[x^2] - E[x]^2 would lose all
digits in float32 where the mean is large.

Comes in: x (n_rows, channels).
"""

import numpy as np
import numpy.typing as npt
from numba import njit, prange

from minser.kernels.conv import FloatArray, unsigned

_SLOT_ROWS = 4096  # by 32 channels: 512 kB of float32
_PART_ROWS = 64


def batch_statistics(x: FloatArray) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return each channel's mean and biased variance over the rows, both (channels,) in float64."""
    n_slots = -(-len(x) // _SLOT_ROWS)
    means, squares = np.zeros((2, n_slots, x.shape[1]))
    _statistics_kernel(x, _SLOT_ROWS, means, squares)
    n, mean, square = 0, means[0], squares[0]
    for slot in range(n_slots):
        m = min(_SLOT_ROWS, len(x) - n)
        delta = means[slot] - mean
        square = squares[slot] + square + delta**2 * n * m / (n + m) if n else squares[slot]
        mean, n = mean + delta * m / (n + m), n + m
    return mean, square / n


@njit(cache=True, parallel=True)  # sums in their written order: (row - centre) must not become a difference of sums
def _statistics_kernel(x: FloatArray, slot_rows: int, means: FloatArray, squares: FloatArray) -> None:
    """Write each slot's means and sums of squared distances from them.

    A few rows at a time are added up in the type of `x`, these sums in float64. The rows' distance from the first one
    is taken, and then from the rounded mean: distances are small where values are large, and lose nothing.
    """
    for slot in prange(len(means)):
        rows, mean, square = x[slot * slot_rows : (slot + 1) * slot_rows], means[slot], squares[slot]
        n, channels = rows.shape
        centre, part = rows[0].copy(), np.empty_like(rows[0])
        for first in range(0, n, _PART_ROWS):
            part[:] = 0
            for i in range(first, min(first + _PART_ROWS, n)):
                for c in range(channels):
                    part[unsigned(c)] += rows[i, unsigned(c)] - centre[unsigned(c)]
            for c in range(channels):
                mean[c] += part[c]
        for c in range(channels):
            mean[c] = mean[c] / n + centre[c]
            centre[c] = mean[c]
        for first in range(0, n, _PART_ROWS):
            part[:] = 0
            for i in range(first, min(first + _PART_ROWS, n)):
                for c in range(channels):
                    part[unsigned(c)] += (rows[i, unsigned(c)] - centre[unsigned(c)]) ** 2
            for c in range(channels):
                square[c] += part[c]
        for c in range(channels):
            square[c] -= n * (mean[c] - centre[c]) ** 2
