"""SpecAugment: parts of a spectrogram are blanked, so that no single time or frequency decides.

Comes in: one feature and a generator. Goes out: a masked copy. Each function draws its random numbers (`draw_spans`),
then applies them (`fill_spans`).
"""

import numpy as np
from numpy.typing import NDArray

from minser.augment.arguments import check_feature, check_finite


def random_time_mask(
    feature: NDArray[np.floating],
    *,
    max_width_frames: int,
    n_masks: int = 1,
    fill: float = 0.0,
    rng: np.random.Generator,
) -> NDArray[np.floating]:
    """Blank stretches of time (Park et al. 2019, section 2, step 3).

    Parameters
    ----------
    feature : ndarray, shape (n_bins, n_frames) or (n_bins, n_frames, channels)
        One sample's feature; not changed.
    max_width_frames : int
        Widest mask; each mask's width is uniform on 0 to this number, both included.
    n_masks : int
        Number of masks; they may overlap.
    fill : float
        Value of masked cells.
    rng : numpy.random.Generator
        Source of widths and positions.

    Returns
    -------
    ndarray of the same dtype and shape
        A masked copy.

    Raises
    ------
    TypeError, ValueError
        If `feature` is no feature (`check_feature`), a count is negative, or `fill` is not finite.
    """
    spans = draw_spans(feature, axis=1, max_width=max_width_frames, n_masks=n_masks, rng=rng)
    return fill_spans(feature, spans, axis=1, fill=fill)


def random_freq_mask(
    feature: NDArray[np.floating],
    *,
    max_width_bins: int,
    n_masks: int = 1,
    fill: float = 0.0,
    rng: np.random.Generator,
) -> NDArray[np.floating]:
    """Blank bands of frequency (Park et al. 2019, section 2, step 2).

    Parameters
    ----------
    feature : ndarray, shape (n_bins, n_frames) or (n_bins, n_frames, channels)
        One sample's feature; not changed.
    max_width_bins : int
        Widest mask; each mask's width is uniform on 0 to this number, both included.
    n_masks, fill, rng
        As in `random_time_mask`.

    Returns
    -------
    ndarray of the same dtype and shape
        A masked copy.

    Raises
    ------
    TypeError, ValueError
        If `feature` is no feature (`check_feature`), a count is negative, or `fill` is not finite.
    """
    spans = draw_spans(feature, axis=0, max_width=max_width_bins, n_masks=n_masks, rng=rng)
    return fill_spans(feature, spans, axis=0, fill=fill)


def draw_spans(
    feature: NDArray[np.floating], *, axis: int, max_width: int, n_masks: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw where the masks lie.

    Parameters
    ----------
    feature : ndarray, shape (n_bins, n_frames) or (n_bins, n_frames, channels)
        Only its shape counts.
    axis : int
        0 for frequency, 1 for time.
    max_width, n_masks, rng
        As in `random_time_mask`; an axis shorter than `max_width` limits the width.

    Returns
    -------
    ndarray of int64, shape (n_masks, 2)
        First cell of each mask, and the first one behind it; every position where the mask fits is equally
        likely.

    Raises
    ------
    TypeError, ValueError
        If `feature` is no feature (`check_feature`), or a count is negative.
    """
    check_feature(feature)
    for name, count in (("max_width", max_width), ("n_masks", n_masks)):
        if count < 0:
            raise ValueError(f"{name}: expected 0 or more, got {count}")
    size = feature.shape[axis]
    widths = rng.integers(0, min(max_width, size), size=n_masks, endpoint=True)
    starts = rng.integers(0, size - widths, endpoint=True)
    return np.stack([starts, starts + widths], axis=1)


def fill_spans(
    feature: NDArray[np.floating], spans: NDArray[np.int64], *, axis: int, fill: float
) -> NDArray[np.floating]:
    """Overwrite spans of one axis in a copy of a feature.

    Parameters
    ----------
    feature : ndarray, shape (n_bins, n_frames) or (n_bins, n_frames, channels)
        One sample's feature; not changed.
    spans : ndarray of int, shape (n_masks, 2)
        As `draw_spans` returns them.
    axis : int
        0 for frequency, 1 for time.
    fill : float
        Value of masked cells.

    Returns
    -------
    ndarray of the same dtype and shape
        A masked copy.

    Raises
    ------
    TypeError, ValueError
        If `feature` is no feature (`check_feature`), or `fill` is not finite.
    """
    check_feature(feature)
    check_finite(fill=fill)
    masked = feature.copy()
    along_axis = np.moveaxis(masked, axis, 0)  # a view
    for start, end in spans:
        along_axis[start:end] = fill
    return masked
