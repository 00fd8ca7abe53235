"""Loudness: the same voice nearer to the microphone, or farther away.

Comes in: a waveform and a gain, or a range of gains and a generator. Goes out: a louder or softer copy.
"""

import numpy as np
from numpy.typing import NDArray

from minser.audio import check_waveform
from minser.augment.arguments import check_finite


def apply_gain(waveform: NDArray[np.floating], *, gain_db: float) -> NDArray[np.floating]:
    """Multiply a waveform by 10 ** (gain_db / 20).

    Parameters
    ----------
    waveform : ndarray of float, shape (..., n_samples)
        Samples; not changed.
    gain_db : float
        Gain in decibels; 0 changes nothing, 6 is almost twice the amplitude.

    Returns
    -------
    ndarray of the same dtype and shape
        A new array, not clipped: samples beyond 1 are heard as distortion only once they are written to a file, and
        `minser.audio.save` refuses them.

    Raises
    ------
    TypeError, ValueError
        If `waveform` is no waveform (`check_waveform`), or `gain_db` is not finite.

    Examples
    --------
    >>> apply_gain(np.array([0.5, -0.25]), gain_db=-20.0)
    array([ 0.05 , -0.025])
    """
    check_waveform(waveform)
    check_finite(gain_db=gain_db)
    return waveform * waveform.dtype.type(10.0 ** (gain_db / 20.0))
