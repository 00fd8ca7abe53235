"""A random filter: some frequencies louder, others softer, as from another throat, room or microphone.

Comes in: one feature and the filter's points, or a range and a generator. Goes out: a changed copy.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minser.augment.arguments import check_feature

FEWEST, MOST = 3, 6
"""Points of a random filter, both ends of the axis among them."""


def apply_filter(feature: NDArray[np.floating], *, bins: ArrayLike, offsets: ArrayLike) -> NDArray[np.floating]:
    """Add to every frame a line that goes straight from point to point of the frequency axis.

    On a spectrogram in decibels this is a filter: a gain for each frequency. It is the linear kind of FilterAugment
    (Nam, Kim & Park 2022, ICASSP).

    Parameters
    ----------
    feature : ndarray of float, shape (n_bins, n_frames) or (n_bins, n_frames, channels)
        One sample's feature; not changed.
    bins : array-like of float, shape (n_points,)
        Where on the axis the points lie, in rising order; beyond the outermost their offsets go on.
    offsets : array-like of float, shape (n_points,)
        What is added there, in the feature's own unit: decibels, or standard deviations where it is standardised.

    Returns
    -------
    ndarray of the same dtype and shape

    Raises
    ------
    TypeError, ValueError
        If `feature` is no feature (`check_feature`), or the points are none, fall back, differ in number or are not
        finite.

    Examples
    --------
    >>> apply_filter(np.zeros((5, 1)), bins=[0, 2, 4], offsets=[0, 6, -6]).ravel()
    array([ 0.,  3.,  6.,  0., -6.])
    """
    check_feature(feature)
    places, values = np.asarray(bins, dtype=np.float64), np.asarray(offsets, dtype=np.float64)
    is_paired = places.ndim == 1 and places.shape == values.shape and places.size
    if not is_paired or not np.isfinite([places, values]).all() or (np.diff(places) < 0).any():
        raise ValueError(
            f"bins and offsets: expected as many finite numbers, bins in rising order, got {bins!r} and {offsets!r}"
        )
    line = np.interp(np.arange(len(feature)), places, values).astype(feature.dtype)
    return feature + line.reshape(-1, *[1] * (feature.ndim - 1))


def random_filter(
    feature: NDArray[np.floating], *, min_offset: float, max_offset: float, rng: np.random.Generator
) -> NDArray[np.floating]:
    """Send a feature through a filter that is drawn: its ends, 1 to 4 points between them, and an offset for each.

    Parameters
    ----------
    feature : ndarray of float, shape (n_bins, n_frames) or (n_bins, n_frames, channels)
        One sample's feature; not changed.
    min_offset, max_offset : float
        Every offset is uniform between the two; 0 to 0 changes nothing.
    rng : numpy.random.Generator
        Source of points and offsets.

    Returns
    -------
    ndarray of the same dtype and shape

    Raises
    ------
    TypeError, ValueError
        If `feature` is no feature (`check_feature`), or the two ends are no range.
    """
    if not -math.inf < min_offset <= max_offset < math.inf:
        raise ValueError(
            f"min_offset and max_offset: expected a range of finite numbers, got {min_offset} to {max_offset}"
        )
    n_points, last = int(rng.integers(FEWEST, MOST, endpoint=True)), len(feature) - 1
    inner = np.sort(rng.uniform(0, last, n_points - 2))
    return apply_filter(feature, bins=[0, *inner, last], offsets=rng.uniform(min_offset, max_offset, n_points))
