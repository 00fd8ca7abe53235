"""Tuning: how far the pitches of a clip stand from those of A = 440 Hz.

Comes in: the spectra of a clip. Goes out: a fraction of a pitch class, as librosa finds it.

The tuning is the place of the highest bar of a histogram. Near a tie the smallest rounding makes it jump, so compare
chroma at a given tuning only. It is estimated clip by clip: clips of a batch are strangers to each other (librosa finds
one tuning for the whole batch).
"""

import numpy as np
from numpy.typing import NDArray

_A0_HZ = 27.5
_PEAK_RANGE_HZ = (150.0, 4000.0)  # where librosa looks for pitches
_N_BARS = 100  # of the histogram: each bar is a cent wide
_PEAK_SHARE = 0.1  # of a frame's largest value: what is lower is no pitch


def find_tuning(spectra: NDArray[np.floating], *, sr: int, n_fft: int) -> float:
    """Find how far a clip's pitches stand above those of A = 440 Hz.

    Local maxima of each spectrum are moved to the top of the parabola through three bins (Smith & Serra 1987); of the
    stronger half, a histogram of what is left of the pitch class has its highest bar at the tuning.

    Parameters
    ----------
    spectra : ndarray of float, shape (n_frames, 1 + n_fft // 2)
        Magnitudes or powers.
    sr : int
        Sample rate in hertz.
    n_fft : int
        Samples in a frame.

    Returns
    -------
    float
        From -0.5 up to 0.5 classes; 0 where no pitch is found.
    """
    frequency_hz, height = _peaks(spectra, sr, n_fft)
    if not height.size:
        return 0.0
    frequency_hz = frequency_hz[height >= np.median(height)]
    pitch = 12 * np.log2(frequency_hz / _A0_HZ)
    counts, edges = np.histogram((pitch + 0.5) % 1 - 0.5, np.linspace(-0.5, 0.5, _N_BARS + 1))
    return float(edges[np.argmax(counts)])


def _peaks(spectra: NDArray[np.floating], sr: int, n_fft: int) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return frequency and height of all local maxima of spectra (n_frames, n_bins), between their bins."""
    low, high = (int(np.ceil(hertz * n_fft / sr)) for hertz in _PEAK_RANGE_HZ)
    low, high = max(low, 1), min(high, spectra.shape[1] - 1)  # a peak has two neighbours
    floor = _PEAK_SHARE * spectra.max(axis=1, keepdims=True)  # (n_frames, 1)
    middle = spectra[:, low:high]
    found = (middle > floor) & (middle > spectra[:, low - 1 : high - 1]) & (middle >= spectra[:, low + 1 : high + 1])
    frame, column = np.nonzero(found)
    left, peak, right = (spectra[frame, column + low + k] for k in (-1, 0, 1))
    slope, bend = (right - left) / 2, left + right - 2 * peak
    shift = np.divide(-slope, bend, out=np.zeros_like(slope), where=np.abs(slope) < np.abs(bend))
    return (column + low + shift) * (sr / n_fft), peak + slope * shift / 2
