"""Spectrograms as pictures, and back.

Comes in: a feature, (n_bins, n_frames). Goes out: an 8-bit picture as one draws it, low frequencies at the bottom; or,
of such a picture, the array that a network reads.
"""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minser.audio import check_positive

COLOUR_MAPS = ("viridis", "magma")
"""Names of the colour maps, from dark for low values to bright for high ones (van der Walt & Smith 2015, CC0)."""


def to_image(
    feature: NDArray[np.floating], *, height: int = 128, width: int = 128, colour_map: str | None = None
) -> NDArray[np.uint8]:
    """Draw a feature: its lowest value is black, its highest is white, its first bin is the bottom row.

    A log-mel from -80 to 0 dB below the clip's peak thus fills the levels from 0 to 255, whatever its loudness.

    Parameters
    ----------
    feature : ndarray of float, shape (n_bins, n_frames)
        Finite values of any unit. If all are equal, the picture is black.
    height, width : int
        Size of the picture in pixels; the feature is resized to it.
    colour_map : {"viridis", "magma"}, optional
        Colours in place of black to white.

    Returns
    -------
    ndarray of uint8, shape (height, width), with a colour map (height, width, 3)
        Gray, or red, green and blue; row 0 is the top.

    Raises
    ------
    TypeError, ValueError
        If `feature` has another shape, is empty or not finite, or a size is no positive integer.
    """
    if feature.ndim != 2 or feature.size == 0 or not np.isfinite(feature).all():
        raise ValueError(f"feature: expected finite values, (n_bins, n_frames), got {feature.dtype} {feature.shape}")
    low, high = float(feature.min()), float(feature.max())
    brightness = (feature[::-1] - low) / ((high - low) or 1.0)  # 0 to 1, the top row first
    levels = np.rint(255 * resize(brightness, height=height, width=width)).astype(np.uint8)
    return levels if colour_map is None else colours(colour_map)[levels]


def from_image(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a picture as a feature.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width) or (height, width, 3)
        Gray or RGB, as `to_image` draws them.

    Returns
    -------
    ndarray of float32, shape (n_bins, n_frames) or (n_bins, n_frames, 3)
        From 0 to 1, the lowest frequency first; colours stay three channels. Of a gray picture in the feature's own
        size it is the feature, scaled to 0 to 1, within half a level (1/510).
    """
    return np.ascontiguousarray(image[::-1], dtype=np.float32) / np.float32(255)


def resize(values: NDArray[np.floating], *, height: int, width: int) -> NDArray[np.float64]:
    """Resize by linear interpolation, along rows and columns in turn.

    A new cell is a weighted mean of the old ones around its centre, with the weights of a tent that reaches from one
    old cell to the next. Where the array shrinks, the tent widens by the same factor, so that all old cells count and
    fine stripes turn grey, not into coarse stripes that never were (aliasing): Turkowski (1990), "Filters for Common
    Resampling Tasks", Graphics Gems. Pillow calls the same filter BILINEAR.

    Parameters
    ----------
    values : ndarray of float, shape (rows, columns)
        Any values.
    height, width : int
        New numbers of rows and columns.

    Returns
    -------
    ndarray of float64, shape (height, width)
        Nothing lies outside the range of `values`, but for rounding.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive integer.

    Examples
    --------
    >>> resize(np.array([[0.0, 4.0]]), height=1, width=4)
    array([[0., 1., 3., 4.]])
    """
    check_positive(height=height, width=width)
    rows, columns = values.shape
    return np.asarray(tents(height, rows) @ values @ tents(width, columns).T, dtype=np.float64)


def tents(n_new: int, n_old: int) -> NDArray[np.float64]:
    """Return the share of each old cell in each new one, (n_new, n_old)."""
    step = n_old / n_new  # old cells from one new centre to the next
    centres = (np.arange(n_new) + 0.5) * step - 0.5  # in old indices: the two arrays cover the same stretch
    distance = np.abs(np.arange(n_old) - centres[:, None])  # (n_new, n_old)
    weights = np.maximum(0.0, 1.0 - distance / max(step, 1.0))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@cache
def colours(name: str) -> NDArray[np.uint8]:
    """Return a colour map, (256, 3)."""
    table = np.loadtxt(Path(__file__).with_name("colour_maps.csv"), dtype=np.uint8, delimiter=",", skiprows=1)
    return table.reshape(256, len(COLOUR_MAPS), 3)[:, COLOUR_MAPS.index(name)]
