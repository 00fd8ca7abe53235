"""Chroma: the energy in each of the twelve pitch classes, whatever the octave.

Comes in: waveforms, one or a batch. Goes out: energy per pitch class and frame, C first, equal to librosa's to float
rounding at the same tuning.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from minser.audio import check_positive
from minser.features.blocks import count_frames, for_each_clip
from minser.features.fourier import stft

_A0_HZ = 27.5
_N_CLASSES = 12
_CENTRE, _SPREAD = 5.0, 2.0  # of the octaves that count, above A0
PEAK_RANGE_HZ = (150.0, 4000.0)  # where librosa looks for pitches
PEAK_SHARE = 0.1  # of a frame's largest value: what is lower is no pitch
TUNINGS = np.linspace(-0.5, 0.5, 101)  # edges of the histogram of tunings: each bar is a cent wide


def chroma_stft(
    waveform: NDArray[np.floating],
    *,
    sr: int = 22050,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    tuning: float | None = None,
) -> NDArray[np.floating]:
    """Sum the power spectrum into pitch classes.

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples.
    sr : int
        Sample rate in hertz.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in `stft`.
    tuning : float, optional
        How far the instrument stands above A = 440 Hz, in fractions of a class; by default each clip's own, estimated
        by `find_tuning`.

    Returns
    -------
    ndarray of the same dtype, shape (..., 12, n_frames)
        Energy per class, C first; 1 is a frame's largest. Silent frames are 0.

    Raises
    ------
    TypeError, ValueError
        As `stft`, and if `sr` is no positive integer.
    """
    n_frames = count_frames(waveform, n_fft=n_fft, hop_length=hop_length, center=center)
    check_positive(sr=sr)
    chroma = np.empty((*waveform.shape[:-1], _N_CLASSES, n_frames), dtype=waveform.dtype)

    def fill(clip: tuple[int, ...]) -> None:
        spectra = stft(
            waveform[clip],
            n_fft=n_fft,
            hop_length=hop_length,
            win_length=win_length,
            window=window,
            center=center,
            pad_mode=pad_mode,
        )
        power = np.square(np.abs(spectra))
        clip_tuning = find_tuning(power.T, sr=sr, n_fft=n_fft) if tuning is None else tuning
        chroma[clip] = _normalise(pitch_class_filters(sr, n_fft, clip_tuning, waveform.dtype) @ power, np.inf)

    for_each_clip(fill, waveform)
    return chroma


def find_tuning(spectra: NDArray[np.floating], *, sr: int, n_fft: int) -> float:
    """Find how far a clip's pitches stand above those of A = 440 Hz, as librosa does.

    Local maxima of each spectrum are moved to the top of the parabola through three bins (Smith & Serra 1987); of the
    stronger half, a histogram of what is left of the pitch class has its highest bar at the tuning. Near a tie the
    smallest rounding makes it jump, so compare chroma at a given tuning only. It is found clip by clip: clips of a
    batch are strangers to each other (librosa 0.11 and 1.0 find one tuning for the whole batch).

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
    low, high = (int(np.ceil(hertz * n_fft / sr)) for hertz in PEAK_RANGE_HZ)
    low, high = max(low, 1), min(high, spectra.shape[1] - 1)  # a peak has two neighbours
    floor = PEAK_SHARE * spectra.max(axis=1, keepdims=True)  # (n_frames, 1)
    middle = spectra[:, low:high]
    found = (middle > floor) & (middle > spectra[:, low - 1 : high - 1]) & (middle >= spectra[:, low + 1 : high + 1])
    frame, column = np.nonzero(found)
    left, peak, right = (spectra[frame, column + low + k] for k in (-1, 0, 1))
    slope, bend = (right - left) / 2, left + right - 2 * peak
    shift = np.divide(-slope, bend, out=np.zeros_like(slope), where=np.abs(slope) < np.abs(bend))
    height = peak + slope * shift / 2
    if not height.size:
        return 0.0
    frequency_hz = ((column + low + shift) * (sr / n_fft))[height >= np.median(height)]
    pitch = _N_CLASSES * np.log2(frequency_hz / _A0_HZ)
    counts, _ = np.histogram((pitch + 0.5) % 1 - 0.5, TUNINGS)
    return float(TUNINGS[np.argmax(counts)])


@lru_cache(maxsize=128)  # a hundred tunings, and some sizes
def pitch_class_filters(sr: int, n_fft: int, tuning: float, dtype: np.dtype[np.floating]) -> NDArray[np.floating]:
    """Return filters that sum a spectrum into pitch classes (Ellis 2007, chromagram in MATLAB), (12, 1 + n_fft // 2).

    A bin counts for each class by a Gaussian of their distance in pitch, as wide as the bin or one class, whichever is
    wider, and for all of them by a Gaussian of its octave.
    """
    n_bins = 1 + n_fft // 2
    octave = np.log2(np.arange(1, n_bins + 1) * sr / n_fft / _A0_HZ) - tuning / _N_CLASSES  # and one bin more
    octave = np.concatenate([octave[:1] - 1.5, octave])  # 0 Hz: librosa puts it far below, off any class
    width = np.maximum(np.diff(_N_CLASSES * octave), 1.0)  # (n_bins,)
    octave = octave[:-1]
    distance = _N_CLASSES * octave - np.arange(_N_CLASSES)[:, np.newaxis]  # (12, n_bins)
    distance = (distance + _N_CLASSES // 2) % _N_CLASSES - _N_CLASSES // 2
    filters = _normalise(np.exp(-0.5 * (2 * distance / width) ** 2), 2)
    filters *= np.exp(-0.5 * ((octave - _CENTRE) / _SPREAD) ** 2)
    filters = np.roll(filters, -3, axis=0).astype(dtype)  # A first until here, C first from here on
    filters.setflags(write=False)
    return filters


def _normalise(matrix: NDArray[np.floating], norm: float) -> NDArray[np.floating]:
    """Divide each column by its p-norm; columns of zeros stay."""
    length = np.linalg.norm(matrix, ord=norm, axis=0)
    return matrix / np.where(length < np.finfo(matrix.dtype).tiny, matrix.dtype.type(1), length)
