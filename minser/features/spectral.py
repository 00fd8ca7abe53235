"""Where a spectrum lies: its centroid, its bandwidth, and the frequency below which most of it is found.

Comes in: waveforms, one or a batch. Goes out: one frequency in hertz per frame, equal to librosa's to float rounding.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from minser.features.blocks import Spectra, count_frames, map_spectra


def spectral_centroid(
    waveform: NDArray[np.floating],
    *,
    sr: int = 22050,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
    pad_mode: str = "constant",
) -> NDArray[np.floating]:
    """Find the mean frequency of every frame, weighted by magnitude (Peeters 2004).

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples.
    sr : int
        Sample rate in hertz.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in `stft`.

    Returns
    -------
    ndarray of the same dtype, shape (..., 1, n_frames)
        Frequencies in hertz; 0 where a frame is silent.

    Raises
    ------
    TypeError, ValueError
        As `stft`.
    """
    n_frames = count_frames(waveform, n_fft=n_fft, hop_length=hop_length, center=center)
    frequencies = scipy.fft.rfftfreq(n_fft, 1 / sr).astype(waveform.dtype)
    return map_spectra(
        lambda spectra: _centroid(np.abs(spectra), frequencies)[np.newaxis],
        waveform,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        out=np.empty((*waveform.shape[:-1], 1, n_frames), dtype=waveform.dtype),
    )


def spectral_bandwidth(
    waveform: NDArray[np.floating],
    *,
    sr: int = 22050,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    norm: bool = True,
    p: float = 2.0,
) -> NDArray[np.floating]:
    """Find how far every frame's spectrum spreads around its centroid (Klapuri & Davy 2006, chapter 5).

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples.
    sr : int
        Sample rate in hertz.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in `stft`.
    norm : bool
        True: magnitudes are divided by their sum, which makes the result a frequency. False: they are not.
    p : float
        Exponent of the deviations: 2 gives the standard deviation.

    Returns
    -------
    ndarray of the same dtype, shape (..., 1, n_frames)
        Bandwidths in hertz; 0 where a frame is silent.

    Raises
    ------
    TypeError, ValueError
        As `stft`, and if `p` is not positive.
    """
    if p <= 0:
        raise ValueError(f"p: expected a positive number, got {p}")
    n_frames = count_frames(waveform, n_fft=n_fft, hop_length=hop_length, center=center)
    frequencies = scipy.fft.rfftfreq(n_fft, 1 / sr).astype(waveform.dtype)

    def spread(spectra: Spectra) -> NDArray[np.floating]:
        magnitude = np.abs(spectra)  # (n, n_bins)
        deviation = np.abs(frequencies - _centroid(magnitude, frequencies)[:, np.newaxis])
        moment: NDArray[np.floating] = np.vecdot(magnitude, deviation**p)
        if norm:
            moment /= _positive(magnitude.sum(axis=1))
        return moment[np.newaxis] ** (1 / p)

    return map_spectra(
        spread,
        waveform,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        out=np.empty((*waveform.shape[:-1], 1, n_frames), dtype=waveform.dtype),
    )


def spectral_rolloff(
    waveform: NDArray[np.floating],
    *,
    sr: int = 22050,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    roll_percent: float = 0.85,
) -> NDArray[np.floating]:
    """Find the lowest bin at which a share of every frame's magnitude is reached (Peeters 2004).

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples.
    sr : int
        Sample rate in hertz.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in `stft`.
    roll_percent : float
        The share, between 0 and 1 (librosa's name, although it is no percentage).

    Returns
    -------
    ndarray of the same dtype, shape (..., 1, n_frames)
        Frequencies in hertz; 0 where a frame is silent.

    Raises
    ------
    TypeError, ValueError
        As `stft`, and if `roll_percent` is not between 0 and 1.
    """
    if not 0 < roll_percent < 1:
        raise ValueError(f"roll_percent: expected a share between 0 and 1, got {roll_percent}")
    n_frames = count_frames(waveform, n_fft=n_fft, hop_length=hop_length, center=center)
    frequencies = scipy.fft.rfftfreq(n_fft, 1 / sr).astype(waveform.dtype)

    def roll_off(spectra: Spectra) -> NDArray[np.floating]:
        below = np.cumsum(np.abs(spectra), axis=1)  # (n, n_bins)
        reached = below >= roll_percent * below[:, -1:]
        return frequencies[np.newaxis, reached.argmax(axis=1)]

    return map_spectra(
        roll_off,
        waveform,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        out=np.empty((*waveform.shape[:-1], 1, n_frames), dtype=waveform.dtype),
    )


def _centroid(magnitude: NDArray[np.floating], frequencies: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the weighted mean frequency of each frame of (n, n_bins)."""
    centroid: NDArray[np.floating] = magnitude @ frequencies / _positive(magnitude.sum(axis=1))
    return centroid


def _positive(total: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return sums that one can divide by: 1 for those of silent frames."""
    return np.where(total < np.finfo(total.dtype).tiny, total.dtype.type(1), total)
