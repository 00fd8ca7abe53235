"""Chroma: the energy in each of the twelve pitch classes, whatever the octave.

Comes in: waveforms, one or a batch. Goes out: energy per pitch class and frame, C first, equal to librosa's to float
rounding at the same tuning.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import DTypeLike, NDArray

from minser.audio import check_positive
from minser.features.blocks import count_frames, for_each_clip, map_spectra
from minser.features.tuning import find_tuning

_A0_HZ = 27.5


def chroma_filterbank(
    *,
    sr: int,
    n_fft: int,
    n_chroma: int = 12,
    tuning: float = 0.0,
    ctroct: float = 5.0,
    octwidth: float | None = 2.0,
    norm: float | None = 2.0,
    base_c: bool = True,
    dtype: DTypeLike = np.float32,
) -> NDArray[np.floating]:
    """Build filters that sum a spectrum into pitch classes (Ellis 2007, chromagram in MATLAB).

    A bin counts for each class by a Gaussian of their distance in pitch, as wide as the bin or one class, whichever is
    wider, and for all of them by a Gaussian of its octave.

    Parameters
    ----------
    sr : int
        Sample rate in hertz.
    n_fft : int
        Samples per frame of the transform.
    n_chroma : int
        Classes per octave.
    tuning : float
        How far the instrument stands above A = 440 Hz, in fractions of a class.
    ctroct, octwidth : float
        Centre and deviation of the octaves' Gaussian, in octaves above A0 = 27.5 Hz; `octwidth` None counts all alike.
    norm : float or None
        Each bin's weights get this p-norm, a positive number or infinity; None leaves them alone.
    base_c : bool
        True: the first class is C. False: A.
    dtype : float32 or float64
        Dtype of the weights.

    Returns
    -------
    ndarray, shape (n_chroma, 1 + n_fft // 2)
        Weights. Read-only: all callers share it.

    Raises
    ------
    TypeError, ValueError
        If a count is no positive integer, `octwidth` or `norm` is not positive, or `dtype` is unknown.
    """
    return _filterbank(sr, n_fft, n_chroma, tuning, ctroct, octwidth, norm, base_c, np.dtype(dtype))


def chroma_stft(
    waveform: NDArray[np.floating],
    *,
    sr: int = 22050,
    norm: float | None = np.inf,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    tuning: float | None = None,
    n_chroma: int = 12,
) -> NDArray[np.floating]:
    """Sum the power spectrum into pitch classes.

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples.
    sr : int
        Sample rate in hertz.
    norm : float or None
        Each frame gets this p-norm, a positive number or infinity; None leaves powers. Silent frames stay 0.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in `stft`.
    tuning : float, optional
        As in `chroma_filterbank`; by default each clip's own, estimated from its power spectrum as by `estimate_tuning`
        from the magnitudes.
    n_chroma : int
        Classes per octave.

    Returns
    -------
    ndarray of the same dtype, shape (..., n_chroma, n_frames)
        Energy per class, C first.

    Raises
    ------
    TypeError, ValueError
        As `stft` and `chroma_filterbank`.
    """
    n_frames = count_frames(waveform, n_fft=n_fft, hop_length=hop_length, center=center)
    check_positive(sr=sr, n_chroma=n_chroma)
    chroma = np.empty((*waveform.shape[:-1], n_chroma, n_frames), dtype=waveform.dtype)

    def fill(clip: tuple[int, ...]) -> None:
        power = map_spectra(
            lambda spectra: np.square(np.abs(spectra)).T,
            waveform[clip],
            n_fft=n_fft,
            hop_length=hop_length,
            win_length=win_length,
            window=window,
            center=center,
            pad_mode=pad_mode,
            out=np.empty((n_frames, 1 + n_fft // 2), dtype=waveform.dtype).T,
        )
        clip_tuning = find_tuning(power.T, sr=sr, n_fft=n_fft, bins_per_octave=n_chroma) if tuning is None else tuning
        filters = _filterbank(sr, n_fft, n_chroma, clip_tuning, 5.0, 2.0, 2.0, True, waveform.dtype)
        chroma[clip] = _normalise(filters @ power, norm)

    for_each_clip(fill, waveform)
    return chroma


@lru_cache(maxsize=128, typed=True)  # a hundred tunings, and some sizes; typed: 12.0 stays an error when 12 is cached
def _filterbank(
    sr: int,
    n_fft: int,
    n_chroma: int,
    tuning: float,
    ctroct: float,
    octwidth: float | None,
    norm: float | None,
    base_c: bool,
    dtype: np.dtype[np.floating],
) -> NDArray[np.floating]:
    """Build the filters once."""
    check_positive(sr=sr, n_fft=n_fft, n_chroma=n_chroma)
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"dtype: expected float32 or float64, got {dtype}")
    if octwidth is not None and octwidth <= 0:
        raise ValueError(f"octwidth: expected a positive number of octaves or None, got {octwidth}")
    n_bins = 1 + n_fft // 2
    octave = np.log2(np.arange(1, n_bins + 1) * sr / n_fft / _A0_HZ) - tuning / n_chroma  # and one bin more
    octave = np.concatenate([octave[:1] - 1.5, octave])  # 0 Hz: librosa puts it far below, off any class
    width = np.maximum(np.diff(n_chroma * octave), 1.0)  # (n_bins,)
    octave = octave[:-1]
    distance = n_chroma * octave - np.arange(n_chroma)[:, np.newaxis]  # (n_chroma, n_bins)
    half = np.round(n_chroma / 2)
    distance = (distance + half) % n_chroma - half
    filters = _normalise(np.exp(-0.5 * (2 * distance / width) ** 2), norm)
    if octwidth is not None:
        filters *= np.exp(-0.5 * ((octave - ctroct) / octwidth) ** 2)
    if base_c:
        filters = np.roll(filters, -3 * (n_chroma // 12), axis=0)
    filters = filters.astype(dtype)
    filters.setflags(write=False)
    return filters


def _normalise(matrix: NDArray[np.floating], norm: float | None) -> NDArray[np.floating]:
    """Divide each column by its p-norm; columns of zeros stay."""
    if norm is None:
        return matrix
    if norm <= 0:
        raise ValueError(f"norm: expected a positive number, infinity or None, got {norm}")
    length = np.linalg.norm(matrix, ord=norm, axis=0)
    return matrix / np.where(length < np.finfo(matrix.dtype).tiny, matrix.dtype.type(1), length)
