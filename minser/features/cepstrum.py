"""Cepstra: the shape of a log-mel spectrum in a few numbers, and how any feature moves in time.

Comes in: waveforms, one or a batch; or a feature. Goes out: mel-frequency cepstral coefficients per frame; the
feature's slope. Equal to librosa's to float rounding, but for batches in librosa 0.11, which measures all clips from
the loudest one.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from minser.audio import check_positive, power_to_db
from minser.features.mel import melspectrogram

_WIDTH = 9  # frames that a slope looks at


@lru_cache(maxsize=32, typed=True)  # typed: 20.0 coefficients stay an error when 20 are cached
def dct_matrix(n_out: int, n_in: int) -> NDArray[np.float64]:
    """Build the discrete cosine transform of type II (Ahmed, Natarajan & Rao 1974, eq. 1) as a matrix.

    Its rows have length 1, so that the whole transform (n_out = n_in) is a rotation.

    Parameters
    ----------
    n_out, n_in : int
        Number of coefficients, and of values to transform; n_out <= n_in.

    Returns
    -------
    ndarray of float64, shape (n_out, n_in)
        Row k is cos(pi k (n + 1/2) / n_in), scaled. Read-only: all callers share it.

    Raises
    ------
    TypeError, ValueError
        If a count is no positive integer, or n_out exceeds n_in.

    Examples
    --------
    >>> dct_matrix(2, 3).round(3)
    array([[ 0.577,  0.577,  0.577],
           [ 0.707,  0.   , -0.707]])
    """
    check_positive(n_out=n_out, n_in=n_in)
    if n_out > n_in:
        raise ValueError(f"n_out: expected n_in={n_in} or less, got {n_out}")
    k, n = np.ogrid[:n_out, :n_in]
    matrix = 2.0 * np.cos(np.pi * k * (n + 0.5) / n_in)
    matrix *= np.sqrt(0.5 / n_in)
    matrix[0] *= np.sqrt(0.5)  # the constant row has twice the others' energy
    matrix.setflags(write=False)
    return matrix


def mfcc(
    waveform: NDArray[np.floating],
    *,
    sr: int = 22050,
    n_mfcc: int = 20,
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
    """Transform log-mel spectra by cosines (Davis & Mermelstein 1980, eq. 1).

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples.
    sr : int
        Sample rate in hertz.
    n_mfcc : int
        Number of coefficients; the first one is the level.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in `stft`.
    n_mels, fmin, fmax, mel_scale
        As in `mel_filterbank`.

    Returns
    -------
    ndarray of the same dtype, shape (..., n_mfcc, n_frames)
        Coefficients in decibels; bands further than 80 dB below a clip's loudest one are raised to that floor first.

    Raises
    ------
    TypeError, ValueError
        As `melspectrogram` and `dct_matrix`.

    Warns
    -----
    UserWarning
        As `mel_filterbank`.
    """
    mel = melspectrogram(
        waveform,
        sr=sr,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        n_mels=n_mels,
        fmin=fmin,
        fmax=fmax,
        mel_scale=mel_scale,
    )
    coefficients: NDArray[np.floating] = dct_matrix(n_mfcc, n_mels).astype(mel.dtype) @ power_to_db(mel)
    return coefficients


def delta(feature: NDArray[np.floating], *, mode: str = "interp") -> NDArray[np.floating]:
    """Estimate a feature's slope in time by a line through nine frames (Savitzky & Golay 1964).

    Least squares give sum(n x[t + n]) / sum(n^2) (Furui 1986).

    Parameters
    ----------
    feature : ndarray of float32 or float64, shape (..., n_frames)
        Usually (..., n_bins, n_frames).
    mode : {"interp", "nearest"}
        What stands in for the frames before the first and after the last. "interp": nothing, the outermost whole
        neighbourhoods' slopes are repeated. "nearest": the outermost frame.

    Returns
    -------
    ndarray of the same dtype and shape
        Slopes per frame.

    Raises
    ------
    TypeError, ValueError
        If `feature` is no float array, `mode` is unknown, or there is no frame, or for "interp" fewer than nine.
    """
    if not isinstance(feature, np.ndarray) or feature.ndim == 0 or feature.dtype.kind != "f":
        raise TypeError(f"feature: expected an array of real floats, got {getattr(feature, 'dtype', type(feature))}")
    if mode not in ("interp", "nearest"):
        raise ValueError(f"mode: expected interp or nearest, got {mode!r}")
    needed = _WIDTH if mode == "interp" else 1
    if feature.shape[-1] < needed:
        raise ValueError(f"feature: expected {needed} frames or more for mode {mode!r}, got {feature.shape[-1]}")
    half = _WIDTH // 2
    margins = [(0, 0)] * (feature.ndim - 1) + [(half, half)]
    frames = feature if mode == "interp" else np.pad(feature, margins, mode="edge")
    n_whole = frames.shape[-1] - 2 * half
    slope = np.zeros((*frames.shape[:-1], n_whole))
    lines = np.vander(np.arange(-half, half + 1.0), 2, increasing=True)  # (width, 2): a constant and a slope
    for n, weight in enumerate(np.linalg.pinv(lines)[1]):
        slope += weight * frames[..., n : n + n_whole]
    if mode == "interp":
        slope = np.pad(slope, margins, mode="edge")
    return slope.astype(feature.dtype)
