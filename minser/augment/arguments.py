"""What the augmentations ask of their arguments.

Comes in: an argument. Goes out: nothing where it is as promised, one clear error where it is not.
"""

import math

import numpy as np
from numpy.typing import NDArray


def check_floats(**arrays: NDArray[np.floating]) -> None:
    """Refuse arrays that are not of float32 or float64: integers would drop every fraction without a word.

    Parameters
    ----------
    **arrays : ndarray of float32 or float64
        The arrays under the names that the error message shall use.

    Raises
    ------
    TypeError
        If one is no NumPy array, or of another type.
    """
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise TypeError(f"{name}: expected a NumPy array, got {type(array).__name__}")
        if array.dtype not in (np.float32, np.float64):
            raise TypeError(f"{name}: expected float32 or float64, got {array.dtype} (convert it with astype)")


def check_feature(feature: NDArray[np.floating]) -> None:
    """Refuse an array that is not one sample's feature.

    Parameters
    ----------
    feature : ndarray of float32 or float64, shape (n_bins, n_frames) or (n_bins, n_frames, channels)
        One sample's feature.

    Raises
    ------
    TypeError
        If it is no NumPy array of float32 or float64.
    ValueError
        If it has another number of axes, or no cell.
    """
    check_floats(feature=feature)
    if feature.ndim not in (2, 3) or feature.size == 0:
        raise ValueError(f"feature: expected (n_bins, n_frames) or (..., channels), got shape {feature.shape}")


def check_finite(**amounts: float) -> None:
    """Refuse amounts that are NaN or infinite.

    Parameters
    ----------
    **amounts : float
        The amounts under the names that the error message shall use.

    Raises
    ------
    ValueError
        If one is NaN or infinite.
    """
    for name, amount in amounts.items():
        if not math.isfinite(amount):
            raise ValueError(f"{name}: expected a finite number, got {amount}")


def check_factor(**factors: float) -> None:
    """Refuse factors that are not positive and finite.

    Parameters
    ----------
    **factors : float
        The factors under the names that the error message shall use.

    Raises
    ------
    ValueError
        If one is 0, negative, infinite or NaN.
    """
    for name, factor in factors.items():
        if not 0 < factor < math.inf:
            raise ValueError(f"{name}: expected a positive number, got {factor}")
