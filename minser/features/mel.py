"""Mel filters and the mel spectrogram.

Comes in: waveforms, one or a batch. Goes out: power per mel band and frame, equal to librosa's to float rounding.
"""

import warnings
from functools import lru_cache

import numpy as np
from numpy.typing import DTypeLike, NDArray

from minser.audio import check_positive
from minser.features.blocks import Spectra, count_frames, map_spectra
from minser.features.mel_scale import mel_frequencies

_BAND_ROWS = 16  # filters per matrix product: few enough to skip most zeros, enough to be worth the call


def mel_filterbank(
    *,
    sr: int,
    n_fft: int,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    mel_scale: str = "slaney",
    dtype: DTypeLike = np.float32,
) -> NDArray[np.floating]:
    """Build triangular filters that sum a spectrum into mel bands (Slaney 1998, Auditory Toolbox).

    Parameters
    ----------
    sr : int
        Sample rate in hertz.
    n_fft : int
        Samples per frame of the transform.
    n_mels : int
        Number of bands.
    fmin, fmax : float
        Lower end of the first and upper end of the last filter, in hertz; None is sr / 2.
    mel_scale : {"slaney", "htk"}
        As in `hz_to_mel`.
    dtype : float32 or float64
        Dtype of the weights.

    Returns
    -------
    ndarray, shape (n_mels, 1 + n_fft // 2)
        Weights. Read-only: all callers share it.

    Raises
    ------
    TypeError, ValueError
        If a count is no positive integer, the frequencies are not 0 <= fmin < fmax <= sr / 2, or `mel_scale`
        or `dtype` is unknown.

    Warns
    -----
    UserWarning
        If filters are so narrow that they fall between two bins: their bands are always empty. Said once per
        set of arguments.
    """
    return _filterbank(sr, n_fft, n_mels, fmin, fmax, mel_scale, np.dtype(dtype))[0]


def melspectrogram(
    waveform: NDArray[np.floating],
    *,
    sr: int = 22050,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    mel_scale: str = "slaney",
) -> NDArray[np.floating]:
    """Sum the short-time power spectrum into mel bands.

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples.
    sr : int
        Sample rate in hertz.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in `stft`.
    n_mels, fmin, fmax, mel_scale
        As in `mel_filterbank`.

    Returns
    -------
    ndarray of the same dtype, shape (..., n_mels, n_frames)
        The bands' powers.

    Raises
    ------
    TypeError, ValueError
        As `stft` and `mel_filterbank`.

    Warns
    -----
    UserWarning
        As `mel_filterbank`.
    """
    n_frames = count_frames(waveform, n_fft=n_fft, hop_length=hop_length, center=center)
    filters, bands = _filterbank(sr, n_fft, n_mels, fmin, fmax, mel_scale, waveform.dtype)

    def sum_bands(spectra: Spectra) -> NDArray[np.floating]:
        bins = np.abs(spectra)  # (n, n_bins)
        bins *= bins
        mel = np.empty((n_mels, len(bins)), dtype=bins.dtype)
        for rows, columns in bands:  # all other weights of these rows are zero
            np.matmul(filters[rows, columns], bins[:, columns].T, out=mel[rows])
        return mel

    return map_spectra(
        sum_bands,
        waveform,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        out=np.empty((*waveform.shape[:-1], n_mels, n_frames), dtype=waveform.dtype),
    )


@lru_cache(maxsize=32, typed=True)  # typed: 24.0 bands stay an error when 24 are cached
def _filterbank(
    sr: int,
    n_fft: int,
    n_mels: int,
    fmin: float,
    fmax: float | None,
    mel_scale: str,
    dtype: np.dtype[np.floating],
) -> tuple[NDArray[np.floating], list[tuple[slice, slice]]]:
    """Build the filters once, with groups of their rows and the columns that hold these rows' weights."""
    check_positive(sr=sr, n_fft=n_fft, n_mels=n_mels)
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"dtype: expected float32 or float64, got {dtype}")
    fmax = sr / 2 if fmax is None else fmax
    if not 0.0 <= fmin < fmax <= sr / 2:
        raise ValueError(f"expected 0 <= fmin < fmax <= sr / 2 = {sr / 2}, got fmin={fmin}, fmax={fmax}")
    corners = mel_frequencies(n_mels + 2, fmin=fmin, fmax=fmax, mel_scale=mel_scale)
    low, middle, high = (corners[i : i + n_mels, np.newaxis] for i in range(3))  # (n_mels, 1)
    bins = np.arange(1 + n_fft // 2) * sr / n_fft
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    filters = np.minimum(rising, falling)  # (n_mels, n_bins)
    filters[filters < 1e-10] = 0.0  # outside the triangle, or on its corner but for rounding
    n_empty = np.count_nonzero(~filters.any(axis=1))
    if n_empty:
        warnings.warn(
            f"{n_empty} of {n_mels} mel filters lie between two bins of n_fft={n_fft} and stay empty: "
            "raise n_fft or lower n_mels",
            stacklevel=3,
        )
    filters *= 2.0 / (high - low)  # as Slaney has it: every filter has the same area
    filters = filters.astype(dtype)
    filters.setflags(write=False)
    bands = []
    for first in range(0, n_mels, _BAND_ROWS):
        rows = slice(first, first + _BAND_ROWS)
        used = np.flatnonzero(filters[rows].any(axis=0))
        bands.append((rows, slice(used[0], used[-1] + 1) if used.size else slice(0)))
    return filters, bands
