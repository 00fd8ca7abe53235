"""Mixup: two samples laid over each other, and their classes in the same shares.

Comes in: two features, or the targets of two samples, and a share. Goes out: their mixture.
"""

import numpy as np
from numpy.typing import NDArray

from minser.augment.arguments import check_floats


def mix(first: NDArray[np.floating], second: NDArray[np.floating], *, share: float) -> NDArray[np.floating]:
    """Average two arrays with weights: share * first + (1 - share) * second (Zhang et al. 2018, section 2).

    Parameters
    ----------
    first, second : ndarray of float32 or float64, of one shape
        Two features, or the targets of two samples; not changed.
    share : float
        Weight of the first, 0 to 1.

    Returns
    -------
    ndarray of the same dtype and shape

    Raises
    ------
    TypeError, ValueError
        If an array is not of float32 or float64, the shapes differ, or `share` is not in 0 to 1.

    Examples
    --------
    >>> mix(np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]), share=0.75)
    array([0.75, 0.  , 0.25])
    """
    check_floats(first=first, second=second)
    if first.shape != second.shape:
        raise ValueError(f"first and second: expected one shape, got {first.shape} and {second.shape}")
    if not 0 <= share <= 1:
        raise ValueError(f"share: expected 0 to 1, got {share}")
    weight = first.dtype.type(share)
    return weight * first + (1 - weight) * second
