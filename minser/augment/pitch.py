"""Pitch: the same voice at the same speed, higher or lower.

Comes in: a waveform and an interval, or a range of intervals and a generator. Goes out: a waveform of the same length.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from minser.augment.stretch import time_stretch

_MAX_SEMITONES = 24.0
_MARGIN = 1024  # silent samples that keep the end of a clip from ringing into its start: 70 dB down
_MOST_EXTRA = 1.25  # more lengths to choose from would bring the ratio nearer, but longer transforms are slower


def pitch_shift(waveform: NDArray[np.floating], *, n_semitones: float) -> NDArray[np.floating]:
    """Raise or lower the pitch of a waveform and keep its length.

    Its time is stretched by 2 ** (n_semitones / 12), then it is played as much faster. The formants move with the
    pitch, so a large shift makes another speaker.

    The second step is a resampling, here through one long Fourier transform: `minser.audio.resample` takes whole
    rates, and for a ratio like a semitone's it would take longer than the stretch. So that both transforms are fast,
    the interval may be off by 1.5 cents, hundredths of a semitone (2 in clips below a second); ears hear 5.

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples; not changed.
    n_semitones : float
        Interval in semitones, -24 to 24, fractions allowed; 12 is an octave up. What would come to lie at half of the
        sample rate or above is removed.

    Returns
    -------
    ndarray of the same dtype and shape

    Raises
    ------
    TypeError, ValueError
        If `waveform` is no waveform (`minser.audio.check_waveform`), or `n_semitones` is out of range.
    """
    if not -_MAX_SEMITONES <= n_semitones <= _MAX_SEMITONES:
        raise ValueError(f"n_semitones: expected -{_MAX_SEMITONES:g} to {_MAX_SEMITONES:g}, got {n_semitones}")
    rate = 2.0 ** (-n_semitones / 12.0)
    stretched = time_stretch(waveform, rate=rate)
    n_before, n_after = fft_lengths(stretched.shape[-1] + _MARGIN, ratio=rate)
    spectrum = scipy.fft.rfft(stretched, n_before)  # (..., 1 + n_before // 2), with silence behind the clip
    spectrum = spectrum[..., : (min(n_before, n_after) + 1) // 2]  # what lies below half of either rate
    return scipy.fft.irfft(spectrum, n_after)[..., : waveform.shape[-1]] * (n_after / n_before)


def fft_lengths(least: int, *, ratio: float) -> tuple[int, int]:
    """Find two lengths of small prime factors, whose Fourier transforms are fast, near a given ratio.

    Parameters
    ----------
    least : int
        Smallest first length, 1000 or more.
    ratio : float
        Second length / first length.

    Returns
    -------
    first, second : int

    Examples
    --------
    >>> fft_lengths(1000, ratio=0.5)
    (1000, 500)
    """
    pairs = []
    first = scipy.fft.next_fast_len(least)
    while first <= _MOST_EXTRA * least:
        wanted = round(first * ratio)
        pairs += [(first, scipy.fft.prev_fast_len(wanted)), (first, scipy.fft.next_fast_len(wanted))]
        first = scipy.fft.next_fast_len(first + 1)
    return min(pairs, key=lambda pair: abs(pair[1] / (pair[0] * ratio) - 1.0))
