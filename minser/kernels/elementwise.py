"""Loops that pass each value on or make it zero: by the sign of another array, or at random.

A random mask is computed, not stored: whether a value is kept is a function of a key and of its place. The place is
hashed by SplitMix64 (Steele, Lea & Flood 2014, figure 16), so that any thread can ask for any place, and backward asks
again instead of keeping an array of answers.

Comes in: arrays of any shape, contiguous; for a random mask a key drawn by the caller.
"""

import numpy as np
import numpy.typing as npt
from numba import njit, prange, uint64

FloatArray = npt.NDArray[np.floating]


def relu_grad_input(out: FloatArray, grad_output: FloatArray) -> FloatArray:
    """Return `grad_output` where `out` = max(x, 0) is positive or NaN, else 0."""
    grad_input = np.empty_like(grad_output)
    _grad_input_kernel(out.reshape(-1), grad_output.reshape(-1), grad_input.reshape(-1))
    return grad_input


def drop(x: FloatArray, *, key: int, p: float) -> FloatArray:
    """Return `x` with each value zeroed with probability `p`, the others divided by ``1 - p``."""
    out = np.empty_like(x)
    with np.errstate(over="ignore"):  # the hash multiplies modulo 2**64; NumPy says so where nothing is compiled
        _drop_kernel(x.reshape(-1), np.uint64(key), threshold(p), x.dtype.type(1 / (1 - p)), out.reshape(-1))
    return out


def threshold(p: float) -> np.uint64:
    """Return the hash below which a value is dropped."""
    return np.uint64(int(p * 2**64))


@njit(cache=True)
def hashed(key: np.uint64, place: int) -> np.uint64:
    """Return 64 random bits for a place."""
    z = uint64(key) + uint64(place) * uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return z ^ (z >> uint64(31))


@njit(cache=True, parallel=True)
def _drop_kernel(x: FloatArray, key: np.uint64, limit: np.uint64, scale: np.floating, out: FloatArray) -> None:
    """Loop over all values."""
    for i in prange(len(x)):
        out[i] = x[i] * scale if hashed(key, i) >= limit else 0


@njit(cache=True, parallel=True)
def _grad_input_kernel(out: FloatArray, grad_output: FloatArray, grad_input: FloatArray) -> None:
    """Loop over all values."""
    for i in prange(len(out)):
        grad_input[i] = 0 if out[i] <= 0 else grad_output[i]
