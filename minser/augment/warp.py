"""Warping of a feature's axes: another length of the vocal tract, another tempo.

Comes in: one feature and a factor, or a range of factors and a generator. Goes out: a copy read at other places, with
linear interpolation between cells.

These are cheap relatives, on a feature that is already computed, of `pitch_shift` and `time_stretch`.
"""

import numpy as np
from numpy.typing import NDArray

from minser.augment.arguments import check_factor, check_feature


def freq_warp(feature: NDArray[np.floating], *, factor: float) -> NDArray[np.floating]:
    """Move everything on the frequency axis from bin b to bin factor * b (after Jaitly & Hinton 2013).

    On bins that are evenly spaced in hertz this is vocal-tract length perturbation: a shorter tract has all its
    formants higher by one factor. On mel bands it is that below 1 kHz, where Slaney's mel scale is linear; above, where
    bands stand for equal ratios of frequency, formants move by more: with a factor of 1.1, one at 500 Hz by 10 %, one
    at 3 kHz by 24 %. On cepstra or chroma it has no meaning. The paper bends the uppermost part so that the band's end
    stays; here, what leaves the axis is lost, and what no bin covers repeats the last one.

    Parameters
    ----------
    feature : ndarray of float, shape (n_bins, n_frames) or (n_bins, n_frames, channels)
        One sample's feature; not changed.
    factor : float
        Above 1 for a shorter vocal tract; the paper draws 0.9 to 1.1.

    Returns
    -------
    ndarray of the same dtype and shape

    Raises
    ------
    TypeError, ValueError
        If `feature` is no feature (`check_feature`), or `factor` is not positive.

    Examples
    --------
    >>> freq_warp(np.array([[0.0], [0.0], [1.0], [0.0], [0.0]]), factor=2.0).ravel()
    array([0. , 0. , 0. , 0.5, 1. ])
    """
    check_feature(feature)
    check_factor(factor=factor)
    return _read(feature, np.arange(feature.shape[0]) / factor, axis=0)


def time_warp(feature: NDArray[np.floating], *, factor: float) -> NDArray[np.floating]:
    """Make a feature longer or shorter in time, evenly: what was in frame t is in frame factor * t.

    SpecAugment's time warping is another: it moves one point and keeps the length.

    Parameters
    ----------
    feature : ndarray of float, shape (n_bins, n_frames) or (n_bins, n_frames, channels)
        One sample's feature; not changed.
    factor : float
        Above 1 for slower speech; 1 / `rate` of `time_stretch`.

    Returns
    -------
    ndarray of the same dtype, shape (n_bins, round(factor * n_frames), ...)
        At least one frame.

    Raises
    ------
    TypeError, ValueError
        If `feature` is no feature (`check_feature`), or `factor` is not positive.

    Examples
    --------
    >>> time_warp(np.array([[0.0, 1.0, 2.0]]), factor=2.0)
    array([[0. , 0.5, 1. , 1.5, 2. , 2. ]])
    """
    check_feature(feature)
    check_factor(factor=factor)
    n_frames = max(1, round(factor * feature.shape[1]))
    return _read(feature, np.arange(n_frames) / factor, axis=1)


def _read(feature: NDArray[np.floating], places: NDArray[np.float64], *, axis: int) -> NDArray[np.floating]:
    """Interpolate along an axis; places behind the last cell read that cell."""
    last = feature.shape[axis] - 1
    places = np.minimum(places, last)  # before the cast, which beyond int64 gives any number
    before = places.astype(int)
    after = np.minimum(before + 1, last)
    share = (places - before).astype(feature.dtype)
    share = share.reshape(-1, *[1] * (feature.ndim - 1 - axis))  # lies along the axis
    low, high = feature.take(before, axis), feature.take(after, axis)
    return np.asarray(low + share * (high - low))
