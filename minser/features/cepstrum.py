"""Cepstra: the shape of a log-mel spectrum in a few numbers, and how any feature moves in time.

Comes in: waveforms, one or a batch; or a feature. Goes out: mel-frequency cepstral coefficients per frame; the
feature's slope. Equal to librosa's to float rounding.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from minser.audio import check_positive, power_to_db
from minser.features.mel import melspectrogram

_NORMS = ("ortho", None)
_EDGES = {"nearest": "edge", "mirror": "reflect", "constant": "constant", "wrap": "wrap"}  # SciPy's words, NumPy's


@lru_cache(maxsize=32, typed=True)  # typed: 20.0 coefficients stay an error when 20 are cached
def dct_matrix(n_out: int, n_in: int, *, norm: str | None = "ortho") -> NDArray[np.float64]:
    """Build the discrete cosine transform of type II (Ahmed, Natarajan & Rao 1974, eq. 1) as a matrix.

    Parameters
    ----------
    n_out, n_in : int
        Number of coefficients, and of values to transform; n_out <= n_in.
    norm : {"ortho", None}
        "ortho": rows of length 1, so that the whole transform (n_out = n_in) is a rotation. None: twice the plain
        cosines, as SciPy has it.

    Returns
    -------
    ndarray of float64, shape (n_out, n_in)
        Row k is cos(pi k (n + 1/2) / n_in), scaled. Read-only: all callers share it.

    Raises
    ------
    TypeError, ValueError
        If a count is no positive integer, n_out exceeds n_in, or `norm` is unknown.

    Examples
    --------
    >>> dct_matrix(2, 3, norm=None).round(3)
    array([[ 2.   ,  2.   ,  2.   ],
           [ 1.732,  0.   , -1.732]])
    """
    check_positive(n_out=n_out, n_in=n_in)
    if n_out > n_in:
        raise ValueError(f"n_out: expected n_in={n_in} or less, got {n_out}")
    if norm not in _NORMS:
        raise ValueError(f"norm: expected 'ortho' or None, got {norm!r}")
    k, n = np.ogrid[:n_out, :n_in]
    matrix = 2.0 * np.cos(np.pi * k * (n + 0.5) / n_in)
    if norm == "ortho":
        matrix *= np.sqrt(0.5 / n_in)
        matrix[0] *= np.sqrt(0.5)  # the constant row has twice the others' energy
    matrix.setflags(write=False)
    return matrix


def mfcc(
    waveform: NDArray[np.floating],
    *,
    sr: int = 22050,
    n_mfcc: int = 20,
    norm: str | None = "ortho",
    lifter: float = 0.0,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    power: float = 2.0,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    mel_scale: str = "slaney",
    mel_norm: str | float | None = "slaney",
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
    norm : {"ortho", None}
        As in `dct_matrix`.
    lifter : float
        L > 0 multiplies coefficient k = 1, 2, ... by 1 + L / 2 sin(pi k / L), which lifts the small ones in the middle
        (Juang, Rabiner & Wilpon 1987); 0 does not.
    n_fft, hop_length, win_length, window, center, pad_mode, power
        As in `melspectrogram`.
    n_mels, fmin, fmax, mel_scale, mel_norm
        As in `mel_filterbank`, whose `norm` is `mel_norm` here.

    Returns
    -------
    ndarray of the same dtype, shape (..., n_mfcc, n_frames)
        Coefficients in decibels; bands further than 80 dB below a clip's loudest one are raised to that floor first.

    Raises
    ------
    TypeError, ValueError
        As `melspectrogram` and `dct_matrix`, and if `lifter` is negative.

    Warns
    -----
    UserWarning
        As `mel_filterbank`.
    """
    if lifter < 0:
        raise ValueError(f"lifter: expected 0 or more, got {lifter}")
    mel = melspectrogram(
        waveform,
        sr=sr,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        power=power,
        n_mels=n_mels,
        fmin=fmin,
        fmax=fmax,
        mel_scale=mel_scale,
        norm=mel_norm,
    )
    transform = dct_matrix(n_mfcc, n_mels, norm=norm)
    if lifter > 0:
        k = np.arange(1, 1 + n_mfcc)[:, np.newaxis]
        transform = (1 + lifter / 2 * np.sin(np.pi * k / lifter)) * transform
    coefficients: NDArray[np.floating] = transform.astype(mel.dtype) @ power_to_db(mel)
    return coefficients


def delta(
    feature: NDArray[np.floating], *, width: int = 9, order: int = 1, axis: int = -1, mode: str = "interp"
) -> NDArray[np.floating]:
    """Estimate a feature's derivative in time by a polynomial through each frame's neighbours (Savitzky & Golay 1964).

    The polynomial's degree is `order`, so its derivative of that order is one number for the whole neighbourhood. For
    the slope, order 1, least squares give sum(n x[t + n]) / sum(n^2) (Furui 1986).

    Parameters
    ----------
    feature : ndarray of float32 or float64
        Usually (..., n_bins, n_frames).
    width : int
        Frames in a neighbourhood: odd, 3 or more, and more than `order`.
    order : int
        1 for the slope, 2 for the curvature, and so on.
    axis : int
        The axis of time.
    mode : {"interp", "nearest", "mirror", "constant", "wrap"}
        What stands in for the frames before the first and after the last: nothing, the outermost whole neighbourhoods'
        derivatives are repeated ("interp"); the outermost frame; the frames mirrored at it; zeros; the other end.

    Returns
    -------
    ndarray of the same dtype and shape
        Derivatives per frame**order.

    Raises
    ------
    TypeError, ValueError
        If `feature` is no float array, `width` or `order` is impossible, `mode` is unknown, or there are fewer frames
        than `mode` needs: `width` for "interp", more than width // 2 for "mirror" and "wrap".
    """
    if not isinstance(feature, np.ndarray) or feature.ndim == 0 or feature.dtype.kind != "f":
        raise TypeError(f"feature: expected an array of real floats, got {getattr(feature, 'dtype', type(feature))}")
    check_positive(width=width, order=order)
    if width < 3 or width % 2 == 0 or width <= order:
        raise ValueError(f"width: expected an odd number of 3 or more, above order={order}, got {width}")
    if mode != "interp" and mode not in _EDGES:
        raise ValueError(f"mode: expected one of interp, {', '.join(_EDGES)}, got {mode!r}")
    frames = np.moveaxis(feature, axis, -1)  # (..., n_frames)
    half = width // 2
    needed = {"interp": width, "mirror": half + 1, "wrap": half}.get(mode, 1)
    if frames.shape[-1] < needed:
        raise ValueError(f"feature: expected {needed} frames or more for mode {mode!r}, got {frames.shape[-1]}")
    margins = [(0, 0)] * (frames.ndim - 1) + [(half, half)]
    if mode != "interp":
        frames = np.pad(frames, margins, mode=_EDGES[mode])  # type: ignore[call-overload] # the stubs want a literal
    n_whole = frames.shape[-1] - 2 * half
    derivative = np.zeros((*frames.shape[:-1], n_whole))
    for n, weight in enumerate(_derivative_weights(half, order)):
        derivative += weight * frames[..., n : n + n_whole]
    if mode == "interp":
        derivative = np.pad(derivative, margins, mode="edge")
    return np.moveaxis(derivative, -1, axis).astype(feature.dtype)


def _derivative_weights(half: int, order: int) -> NDArray[np.float64]:
    """Return how a least-squares polynomial's derivative of its own degree weighs the values at -half ... half."""
    powers = np.vander(np.arange(-half, half + 1.0), order + 1, increasing=True)  # (width, order + 1)
    weights: NDArray[np.float64] = math.factorial(order) * np.linalg.pinv(powers)[order]
    return weights
