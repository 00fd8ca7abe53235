"""Tuning: how far the pitches of a clip stand from those of A = 440 Hz.

Comes in: waveforms, one or a batch; or the spectra of a clip. Goes out: fractions of a pitch class, as librosa finds
them.

The tuning is the place of the highest bar of a histogram. Near a tie the smallest rounding makes it jump, so compare
chroma at a given tuning only. It is estimated clip by clip: clips of a batch are strangers to each other (librosa finds
one tuning for the whole batch).
"""

import numpy as np
from numpy.typing import NDArray

from minser.audio import check_positive
from minser.features.blocks import count_frames, for_each_clip, map_spectra

_A0_HZ = 27.5
_PEAK_RANGE_HZ = (150.0, 4000.0)  # where librosa looks for pitches
_PEAK_SHARE = 0.1  # of a frame's largest value: what is lower is no pitch


def estimate_tuning(
    waveform: NDArray[np.floating],
    *,
    sr: int = 22050,
    n_fft: int = 2048,
    hop_length: int | None = None,
    resolution: float = 0.01,
    bins_per_octave: int = 12,
) -> NDArray[np.float64]:
    """Find how far a clip's pitches stand above those of A = 440 Hz.

    Local maxima of each spectrum are moved to the top of the parabola through three bins (Smith & Serra 1987); of the
    stronger half, a histogram of what is left of the pitch class has its highest bar at the tuning.

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples.
    sr : int
        Sample rate in hertz.
    n_fft, hop_length
        As in `stft`.
    resolution : float
        Width of the histogram's bars, between 0 and 1 class: 0.01 is a cent if there are twelve.
    bins_per_octave : int
        Classes per octave.

    Returns
    -------
    ndarray of float64, shape (...)
        One tuning per clip, from -0.5 up to 0.5 classes; 0 where no pitch is found.

    Raises
    ------
    TypeError, ValueError
        As `stft`, and if `bins_per_octave` is no positive integer, or `resolution` not between 0 and 1.
    """
    hop_length = n_fft // 4 if hop_length is None else hop_length
    n_frames = count_frames(waveform, n_fft=n_fft, hop_length=hop_length, center=True)
    check_positive(sr=sr, bins_per_octave=bins_per_octave)
    if not 0 < resolution < 1:
        raise ValueError(f"resolution: expected a share between 0 and 1, got {resolution}")
    tunings = np.empty(waveform.shape[:-1])

    def fill(clip: tuple[int, ...]) -> None:
        magnitude = map_spectra(
            lambda spectra: np.abs(spectra).T,
            waveform[clip],
            n_fft=n_fft,
            hop_length=hop_length,
            win_length=None,
            window="hann",
            center=True,
            pad_mode="constant",
            out=np.empty((n_frames, 1 + n_fft // 2), dtype=waveform.dtype).T,
        )
        tunings[clip] = find_tuning(
            magnitude.T, sr=sr, n_fft=n_fft, resolution=resolution, bins_per_octave=bins_per_octave
        )

    for_each_clip(fill, waveform)
    return tunings


def find_tuning(
    spectra: NDArray[np.floating], *, sr: int, n_fft: int, resolution: float = 0.01, bins_per_octave: int = 12
) -> float:
    """Find the tuning of one clip from its spectra.

    Parameters
    ----------
    spectra : ndarray of float, shape (n_frames, 1 + n_fft // 2)
        Magnitudes or powers.
    sr, n_fft, resolution, bins_per_octave
        As in `estimate_tuning`.

    Returns
    -------
    float
        From -0.5 up to 0.5 classes; 0 where no pitch is found.
    """
    frequency_hz, height = _peaks(spectra, sr, n_fft)
    if not height.size:
        return 0.0
    frequency_hz = frequency_hz[height >= np.median(height)]
    pitch = bins_per_octave * np.log2(frequency_hz / _A0_HZ)
    n_bars = int(np.ceil(1 / resolution))
    counts, edges = np.histogram((pitch + 0.5) % 1 - 0.5, np.linspace(-0.5, 0.5, n_bars + 1))
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
