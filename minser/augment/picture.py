"""Light: a spectrogram as a picture, brighter or darker, with more or less contrast.

Comes in: one feature and an amount, or a range and a generator. Goes out: a changed copy.
"""

import numpy as np
from numpy.typing import NDArray

from minser.augment.arguments import check_factor, check_feature, check_finite


def brightness(feature: NDArray[np.floating], *, offset: float) -> NDArray[np.floating]:
    """Add a number to all values.

    Parameters
    ----------
    feature : ndarray of float, shape (n_bins, n_frames) or (n_bins, n_frames, channels)
        One sample's feature; not changed.
    offset : float
        In the feature's own unit: decibels for a spectrogram in decibels, where it is a gain; grey levels for a
        picture. Nothing is clipped.

    Returns
    -------
    ndarray of the same dtype and shape

    Raises
    ------
    TypeError, ValueError
        If `feature` is no feature (`check_feature`), or `offset` is not finite.
    """
    check_feature(feature)
    check_finite(offset=offset)
    return feature + feature.dtype.type(offset)


def contrast(feature: NDArray[np.floating], *, factor: float) -> NDArray[np.floating]:
    """Move all values away from their mean, or towards it.

    Parameters
    ----------
    feature : ndarray of float, shape (n_bins, n_frames) or (n_bins, n_frames, channels)
        One sample's feature; not changed. Each channel has a mean of its own.
    factor : float
        What the distances to the mean are multiplied by: above 1 for more contrast.

    Returns
    -------
    ndarray of the same dtype and shape
        Values with the same mean; nothing is clipped.

    Raises
    ------
    TypeError, ValueError
        If `feature` is no feature (`check_feature`), or `factor` is not positive.

    Examples
    --------
    >>> contrast(np.array([[1.0, 2.0, 3.0]]), factor=1.5)
    array([[0.5, 2. , 3.5]])
    """
    check_feature(feature)
    check_factor(factor=factor)
    mean = feature.mean(axis=(0, 1), dtype=np.float64).astype(feature.dtype)  # () or (channels,)
    return np.asarray(mean + feature.dtype.type(factor) * (feature - mean))
