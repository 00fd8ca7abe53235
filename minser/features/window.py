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


@lru_cache(maxsize=32, typed=True)  # typed: a length of 400.0 stays an error when 400 is cached
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
        Weights from 0 to 1. Read-only: all callers share it.

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
        name = "rectangular"  # of the others, the single point would be the zero
    phase = 2.0 * np.pi * np.arange(win_length) / win_length
    window = np.zeros(win_length)
    for k, coefficient in enumerate(_COSINE_COEFFICIENTS[name]):
        window += (-1) ** k * coefficient * np.cos(k * phase)
    window.setflags(write=False)
    return window
