"""The mel scale: frequency as pitch is heard, linear below about 1 kHz, logarithmic above.

Comes in: hertz or mel. Goes out: the other one.
"""

import numpy as np
from numpy.typing import NDArray

from minser.audio import check_positive


def hz_to_mel(frequencies: NDArray[np.floating] | float, *, mel_scale: str = "slaney") -> NDArray[np.float64]:
    """Convert hertz to mel.

    Parameters
    ----------
    frequencies : float or ndarray
        Frequencies in hertz.
    mel_scale : {"slaney", "htk"}
        Slaney 1998 (Auditory Toolbox): 200/3 Hz per mel up to 1 kHz, then 27 mel per factor 6.4. Or the HTK
        Book (Young et al. 2002, eq. 5.13): 2595 log10(1 + f / 700).

    Returns
    -------
    ndarray of float64
        Mel, of the same shape.

    Raises
    ------
    ValueError
        If the scale is unknown.

    Examples
    --------
    >>> hz_to_mel(1000.0)
    array(15.)
    """
    _check_scale(mel_scale)
    hertz = np.asarray(frequencies, dtype=np.float64)
    if mel_scale == "htk":
        return np.asarray(2595.0 * np.log10(1.0 + hertz / 700.0))
    logarithmic = 15.0 + 27.0 * np.log(np.maximum(hertz, 1000.0) / 1000.0) / np.log(6.4)
    return np.where(hertz < 1000.0, hertz * 3.0 / 200.0, logarithmic)


def mel_to_hz(mels: NDArray[np.floating] | float, *, mel_scale: str = "slaney") -> NDArray[np.float64]:
    """Convert mel to hertz: the inverse of `hz_to_mel`.

    Parameters
    ----------
    mels : float or ndarray
        Mel.
    mel_scale : {"slaney", "htk"}
        As in `hz_to_mel`.

    Returns
    -------
    ndarray of float64
        Frequencies in hertz, of the same shape.

    Raises
    ------
    ValueError
        If the scale is unknown.
    """
    _check_scale(mel_scale)
    mel = np.asarray(mels, dtype=np.float64)
    if mel_scale == "htk":
        return np.asarray(700.0 * (10.0 ** (mel / 2595.0) - 1.0))
    exponential = 1000.0 * np.exp(np.log(6.4) * (np.maximum(mel, 15.0) - 15.0) / 27.0)
    return np.where(mel < 15.0, mel * 200.0 / 3.0, exponential)


def mel_frequencies(
    n_mels: int = 128, *, fmin: float = 0.0, fmax: float = 11025.0, mel_scale: str = "slaney"
) -> NDArray[np.float64]:
    """List frequencies that are evenly spaced in mel.

    Parameters
    ----------
    n_mels : int
        How many.
    fmin, fmax : float
        First and last of them, in hertz.
    mel_scale : {"slaney", "htk"}
        As in `hz_to_mel`.

    Returns
    -------
    ndarray of float64, shape (n_mels,)
        Frequencies in hertz.

    Raises
    ------
    TypeError, ValueError
        If `n_mels` is no positive integer, or the scale is unknown.
    """
    check_positive(n_mels=n_mels)
    lowest, highest = hz_to_mel(np.array([fmin, fmax]), mel_scale=mel_scale)
    return mel_to_hz(np.linspace(lowest, highest, n_mels), mel_scale=mel_scale)


def band_centres(
    n_mels: int = 128, *, fmin: float = 0.0, fmax: float = 11025.0, mel_scale: str = "slaney"
) -> NDArray[np.float64]:
    """List the centres of mel bands: each band reaches from the centre below to the one above.

    Parameters
    ----------
    n_mels : int
        Number of bands.
    fmin, fmax, mel_scale
        As in `mel_filterbank`: where the first band begins and the last one ends, in hertz; and the scale.

    Returns
    -------
    ndarray of float64, shape (n_mels,)
        Frequencies in hertz.

    Raises
    ------
    TypeError, ValueError
        If `n_mels` is no positive integer, or the scale is unknown.
    """
    check_positive(n_mels=n_mels)
    return mel_frequencies(n_mels + 2, fmin=fmin, fmax=fmax, mel_scale=mel_scale)[1:-1]


def _check_scale(mel_scale: str) -> None:
    """Refuse an unknown scale."""
    if mel_scale not in ("slaney", "htk"):
        raise ValueError(f"mel_scale: expected one of slaney, htk, got {mel_scale!r}")
