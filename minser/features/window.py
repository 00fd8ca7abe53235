"""Windows: the weights that fade a frame in and out before its Fourier transform.

Comes in: a name and a length. Goes out: the weights.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from minser.audio import check_positive

# w(n) = a0 - a1 cos(2 pi n / N) + a2 cos(4 pi n / N); Harris 1978, section V
_COSINE_COEFFICIENTS = {
    "rectangular": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
}


def get_window(name: str, win_length: int) -> NDArray[np.float64]:
    """Compute a window as a sum of cosines (Harris 1978): one period of them, so that shifted copies add up evenly.

    Parameters
    ----------
    name : {"hann", "hamming", "blackman", "rectangular"}
        Which window.
    win_length : int
        Number of weights.

    Returns
    -------
    ndarray of float64, shape (win_length,)
        Weights from 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If the name is unknown, or `win_length` no positive integer.

    Examples
    --------
    >>> get_window("hann", 4)
    array([0. , 0.5, 1. , 0.5])
    """
    check_positive(win_length=win_length)
    if name not in _COSINE_COEFFICIENTS:
        raise ValueError(f"window: expected one of {', '.join(_COSINE_COEFFICIENTS)}, got {name!r}")
    if win_length == 1:
        return np.ones(1)  # the formula's single point would be its zero
    phase = 2.0 * np.pi * np.arange(win_length) / win_length
    window = np.zeros(win_length)
    for k, coefficient in enumerate(_COSINE_COEFFICIENTS[name]):
        window += (-1) ** k * coefficient * np.cos(k * phase)
    return window


@lru_cache(maxsize=32, typed=True)  # typed: a length of 400.0 stays an error when 400 is cached
def centred_window(name: str, *, win_length: int | None, n_fft: int) -> NDArray[np.float64]:
    """Compute a window with zeros on both sides, its middle in the middle of the frame.

    Parameters
    ----------
    name : str
        As in `get_window`.
    win_length : int or None
        Length of the window; None is `n_fft`.
    n_fft : int
        Length of the frame around it.

    Returns
    -------
    ndarray of float64, shape (n_fft,)
        Read-only: all callers share it. An odd zero goes to the right, as in librosa.

    Raises
    ------
    TypeError, ValueError
        As `get_window`, and if `win_length` exceeds `n_fft`.
    """
    window = get_window(name, n_fft if win_length is None else win_length)
    if len(window) > n_fft:
        raise ValueError(f"win_length: expected n_fft={n_fft} or less, got {win_length}")
    n_left = (n_fft - len(window)) // 2
    padded = np.pad(window, (n_left, n_fft - len(window) - n_left))
    padded.setflags(write=False)
    return padded
