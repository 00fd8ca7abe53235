"""Change of the sample rate.

Comes in: a waveform at one integer rate. Goes out: the same sound at another rate, of the same dtype.

The ratio of the rates is reduced to up / down. In thought, up - 1 zeros follow each sample, a low-pass filter
removes the copies of the spectrum that this makes and whatever the new rate cannot carry, and every down-th
sample is kept. The filter is designed here; ``kernels.polyphase`` computes only those products that survive.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from minser.audio.waveform import check_positive, check_waveform
from minser.kernels.polyphase import polyphase_filter

_STOP_BAND_DB = 91.0  # one more than promised: Kaiser's length is good to half a decibel
_PASS_BAND = 0.9  # share of the lower rate's band; from here to the band's end the filter falls
_MAX_FACTOR = 100_000  # the filter has 116 taps per unit: at this limit 93 MB in float64


def resample(waveform: NDArray[np.floating], *, orig_sr: int, target_sr: int) -> NDArray[np.floating]:
    """Resample a waveform through a polyphase low-pass filter.

    What lies above half of the lower rate is at least 90 dB down, aliases and images included; up to 90 % of
    that frequency a tone keeps its amplitude to 0.001 dB. The filter has no delay; beyond its ends the
    waveform counts as zero.

    Parameters
    ----------
    waveform : ndarray of float, shape (..., n_samples)
        Samples at `orig_sr`.
    orig_sr, target_sr : int
        Present and wanted sample rate in hertz.

    Returns
    -------
    ndarray of the same dtype, shape (..., ceil(n_samples * target_sr / orig_sr))
        Samples at `target_sr`; a copy where the rates are equal.

    Raises
    ------
    TypeError, ValueError
        If `waveform` is no waveform (`check_waveform`), a rate is no positive integer, or the rates are so
        unrelated that their filter would not fit into memory.
    """
    check_waveform(waveform)
    check_positive(orig_sr=orig_sr, target_sr=target_sr)
    divisor = math.gcd(orig_sr, target_sr)
    up, down = target_sr // divisor, orig_sr // divisor
    if up == down:
        return waveform.copy()
    if max(up, down) > _MAX_FACTOR:
        raise ValueError(
            f"orig_sr={orig_sr}, target_sr={target_sr}: expected a ratio of whole numbers up to "
            f"{_MAX_FACTOR}, got {up} / {down}; choose rates with a larger common divisor"
        )
    low_pass = (_low_pass(max(up, down)) * up).astype(waveform.dtype)  # times `up`, for the zeros in between
    clips = polyphase_filter(waveform.reshape(-1, waveform.shape[-1]), low_pass, up=up, down=down)
    return clips.reshape(*waveform.shape[:-1], -1)


@lru_cache(maxsize=2)  # a corpus has one rate; two filters of the largest size are still bearable
def _low_pass(factor: int) -> NDArray[np.float64]:
    """Design the filter that passes 1 / factor of the band: a sinc under a window (Kaiser 1974)."""
    transition = math.pi * (1.0 - _PASS_BAND) / factor  # radians per sample
    cutoff = (1.0 + _PASS_BAND) / (2.0 * factor)  # middle of the fall, as a share of the band
    half_length = math.ceil((_STOP_BAND_DB - 7.95) / (2.285 * transition) / 2)
    beta = 0.1102 * (_STOP_BAND_DB - 8.7)
    n = np.arange(half_length + 1)
    kaiser = np.i0(beta * np.sqrt(1.0 - (n / half_length) ** 2)) / np.i0(beta)
    right_half = cutoff * np.sinc(cutoff * n) * kaiser
    low_pass = np.concatenate([right_half[:0:-1], right_half])
    low_pass.setflags(write=False)
    return low_pass
