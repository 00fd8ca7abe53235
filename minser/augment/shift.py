"""Shift in time: the same voice, a little earlier or later.

Comes in: a waveform and a shift. Goes out: a shifted copy of the same length.
"""

import numpy as np
from numpy.typing import NDArray

from minser.audio import check_positive, check_waveform
from minser.augment.arguments import check_finite


def time_shift(waveform: NDArray[np.floating], *, shift_s: float, sr: int) -> NDArray[np.floating]:
    """Move a waveform in time; what comes in at one end is silence, what goes out at the other is lost.

    The other custom, to roll the samples around, would put the end of the last word before the first one.

    Parameters
    ----------
    waveform : ndarray of float, shape (..., n_samples)
        Samples; not changed.
    shift_s : float
        Seconds by which everything happens later, or, if negative, earlier; rounded to whole samples.
    sr : int
        Sample rate in hertz.

    Returns
    -------
    ndarray of the same dtype and shape

    Raises
    ------
    TypeError, ValueError
        If `waveform` is no waveform (`check_waveform`), `shift_s` is not finite, or `sr` no positive integer.

    Examples
    --------
    >>> time_shift(np.array([0.1, 0.2, 0.3]), shift_s=0.5, sr=2)
    array([0. , 0.1, 0.2])
    """
    check_waveform(waveform)
    check_finite(shift_s=shift_s)
    check_positive(sr=sr)
    n_samples = waveform.shape[-1]
    shift = max(-n_samples, min(round(shift_s * sr), n_samples))
    shifted = np.zeros_like(waveform)
    shifted[..., max(shift, 0) : n_samples + min(shift, 0)] = waveform[..., max(-shift, 0) : n_samples - max(shift, 0)]
    return shifted
