"""The three matrix products of a large fully connected layer, spread over the threads.

After an image is laid in a row such a layer has millions of weights. For one clip each is read for a single product,
so memory bounds it, and two cores read faster than one; for a batch each core multiplies its own part of the weights.
The parts are cut along the inputs and their number is fixed, so that threads do not change the result.

Comes in: x (batch, in_features), weight (in_features, out_features).
"""

import numpy as np
import numpy.typing as npt
from numba import njit, prange

FloatArray = npt.NDArray[np.floating]

_PARTS = 16


def multiply(x: FloatArray, weight: FloatArray) -> FloatArray:
    """Return ``x @ weight``, (batch, out_features)."""
    sums = np.empty((_PARTS, len(x), weight.shape[1]), x.dtype)
    _multiply_kernel(np.ascontiguousarray(x), weight, sums)
    return np.asarray(sums.sum(axis=0))


def grad_weight(x: FloatArray, grad_output: FloatArray) -> FloatArray:
    """Return ``x.T @ grad_output``, (in_features, out_features)."""
    grad = np.empty((x.shape[1], grad_output.shape[1]), x.dtype)
    _grad_weight_kernel(np.ascontiguousarray(x), np.ascontiguousarray(grad_output), grad)
    return grad


def grad_input(grad_output: FloatArray, weight: FloatArray) -> FloatArray:
    """Return ``grad_output @ weight.T``, (batch, in_features)."""
    grad = np.empty((len(grad_output), len(weight)), grad_output.dtype)
    _grad_input_kernel(np.ascontiguousarray(grad_output), weight, grad)
    return grad


@njit(cache=True)
def _bounds(part: int, n: int) -> tuple[int, int]:
    """Return where a part of `n` inputs begins and ends."""
    return part * n // _PARTS, (part + 1) * n // _PARTS


@njit(cache=True, parallel=True)
def _multiply_kernel(x: FloatArray, weight: FloatArray, sums: FloatArray) -> None:
    """Write each part's share of the outputs; sums (parts, batch, out_features)."""
    for part in prange(_PARTS):
        low, high = _bounds(part, len(weight))
        np.dot(np.ascontiguousarray(x[:, low:high]), weight[low:high], sums[part])


@njit(cache=True, parallel=True)
def _grad_weight_kernel(x: FloatArray, grad_output: FloatArray, grad: FloatArray) -> None:
    """Write each part's rows of the gradient."""
    for part in prange(_PARTS):
        low, high = _bounds(part, len(grad))
        np.dot(np.ascontiguousarray(x[:, low:high]).T, grad_output, grad[low:high])


@njit(cache=True, parallel=True)
def _grad_input_kernel(grad_output: FloatArray, weight: FloatArray, grad: FloatArray) -> None:
    """Write each part's columns of the gradient."""
    for part in prange(_PARTS):
        low, high = _bounds(part, len(weight))
        grad[:, low:high] = np.dot(grad_output, weight[low:high].T)
