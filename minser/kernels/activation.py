"""The rectifier and its gradient, spread over the threads.

Comes in: arrays of any shape, contiguous.
"""

import numpy as np
import numpy.typing as npt
from numba import njit, prange

FloatArray = npt.NDArray[np.floating]


def relu(x: FloatArray) -> FloatArray:
    """Return ``max(x, 0)`` of the same shape; NaN stays NaN."""
    out = np.empty_like(x)
    _relu_kernel(x.reshape(-1), out.reshape(-1))
    return out


def relu_grad_input(out: FloatArray, grad_output: FloatArray) -> FloatArray:
    """Return `grad_output` where `out` = relu(x) is positive or NaN, else 0."""
    grad_input = np.empty_like(grad_output)
    _grad_input_kernel(out.reshape(-1), grad_output.reshape(-1), grad_input.reshape(-1))
    return grad_input


@njit(cache=True, parallel=True)
def _relu_kernel(x: FloatArray, out: FloatArray) -> None:
    """Loop over all values."""
    for i in prange(len(x)):
        out[i] = 0 if x[i] < 0 else x[i]


@njit(cache=True, parallel=True)
def _grad_input_kernel(out: FloatArray, grad_output: FloatArray, grad_input: FloatArray) -> None:
    """Loop over all values."""
    for i in prange(len(out)):
        grad_input[i] = 0 if out[i] <= 0 else grad_output[i]
