"""Resonators and a low-pass: the loops of the speech synthesiser, each sample of which needs the one before.

Comes in: a source sound and, for each resonator, a centre frequency and a bandwidth that change from block to block.
Goes out: the sound after all resonators in series.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray


def resonate(
    source: NDArray[np.float64],
    frequency_hz: NDArray[np.float64],
    bandwidth_hz: NDArray[np.float64],
    *,
    sr: int,
    hop_length: int,
) -> NDArray[np.float64]:
    """Pass a sound through a cascade of second-order resonators whose tuning changes with time.

    Each resonator is ``y[n] = a x[n] + b y[n-1] + c y[n-2]`` with ``c = -exp(-2 pi B / sr)``,
    ``b = 2 exp(-pi B / sr) cos(2 pi F / sr)`` and ``a = 1 - b - c``, which makes its gain 1 at 0 Hz
    (Klatt 1980, J. Acoust. Soc. Am. 67, equations 1 and 2). As in Klatt's program the coefficients stay
    constant within a block.

    Parameters
    ----------
    source : ndarray of float64, shape (n_samples,)
        The sound; not changed.
    frequency_hz, bandwidth_hz : ndarray of float64, shape (n_resonators, n_blocks)
        Centre frequencies and bandwidths in Hz.
    sr : int
        Sample rate in Hz.
    hop_length : int
        Samples in a block; block ``i`` governs samples ``i * hop_length`` to ``(i + 1) * hop_length - 1``.

    Returns
    -------
    ndarray of float64, shape (n_samples,)

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    if source.ndim != 1:
        raise ValueError(f"source must have shape (n_samples,), got {source.shape}")
    if frequency_hz.ndim != 2 or frequency_hz.shape != bandwidth_hz.shape:
        raise ValueError(
            "frequency_hz and bandwidth_hz must both have shape (n_resonators, n_blocks), "
            f"got {frequency_hz.shape} and {bandwidth_hz.shape}"
        )
    if frequency_hz.shape[1] * hop_length < source.size:
        raise ValueError(
            f"frequency_hz has {frequency_hz.shape[1]} blocks of {hop_length} samples: "
            f"too few for {source.size} samples"
        )
    radius = np.exp(-np.pi / sr * bandwidth_hz)
    b = 2 * radius * np.cos(2 * np.pi / sr * frequency_hz)  # (n_resonators, n_blocks)
    c = -(radius**2)
    out = source.copy()
    _resonate_kernel(b, c, hop_length, out)
    return out


@njit(cache=True)
def _resonate_kernel(b: NDArray[np.float64], c: NDArray[np.float64], hop_length: int, out: NDArray[np.float64]) -> None:
    """Filter `out` in place, one resonator after the other."""
    for resonator in range(b.shape[0]):
        last = before_last = 0.0
        for n in range(out.size):
            block = n // hop_length
            b_now, c_now = b[resonator, block], c[resonator, block]
            value = (1.0 - b_now - c_now) * out[n] + b_now * last + c_now * before_last
            before_last, last = last, value
            out[n] = value


def smooth(source: NDArray[np.float64], *, pole: float) -> NDArray[np.float64]:
    """Return ``y[n] = (1 - pole) x[n] + pole y[n-1]``, (n_samples,): a low-pass that leaves 0 Hz as it is."""
    out = np.empty_like(source)
    _smooth_kernel(source, pole, out)
    return out


@njit(cache=True)
def _smooth_kernel(source: NDArray[np.float64], pole: float, out: NDArray[np.float64]) -> None:
    """Loop over samples."""
    last = 0.0
    for n in range(len(source)):
        last = (1 - pole) * source[n] + pole * last
        out[n] = last
