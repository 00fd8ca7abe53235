"""A low-pass filter between two sample rates, of which only those products are computed that survive.

Comes in: waveforms, a filter, and the ratio of the rates.
"""

import numpy as np
from numba import njit

from minser.kernels.conv import FloatArray, unsigned


def polyphase_filter(x: FloatArray, low_pass: FloatArray, *, up: int, down: int) -> FloatArray:
    """Return `x` with ``up - 1`` zeros after each sample, filtered, and every `down`-th sample of that.

    An output meets every `up`-th tap only, the others meet zeros: there are `up` such phases of the filter
    (Crochiere & Rabiner 1983, section 3.3.3), and each is laid out once as a line of neighbours.

    Parameters
    ----------
    x : ndarray, shape (n_clips, n_samples)
    low_pass : ndarray, shape (2 * half_length + 1,)
        Symmetric, of the type of `x`; its middle tap lies over an output.
    up, down : int
        Without a common divisor.

    Returns
    -------
    ndarray, shape (n_clips, ceil(n_samples * up / down))
    """
    reach = (len(low_pass) // 2) // up + 1  # inputs on each side that an output may meet
    taps = np.zeros((up, 2 * reach + 1), x.dtype)
    for phase in range(up):  # the output lies `phase` steps after an input
        places = len(low_pass) // 2 + phase - up * np.arange(-reach, reach + 1)
        is_tap = (places >= 0) & (places < len(low_pass))
        taps[phase, is_tap] = low_pass[places[is_tap]]
    padded = np.pad(x, ((0, 0), (reach, reach)))
    out = np.empty((len(x), -(-x.shape[1] * up // down)), x.dtype)
    _polyphase_kernel(padded, taps, down, out)
    return out


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc", "nsz"})  # many clips are read at once, one a thread
def _polyphase_kernel(padded: FloatArray, taps: FloatArray, down: int, out: FloatArray) -> None:
    """One sum for each output."""
    up, n_taps = taps.shape
    for n in range(out.shape[1]):
        line = taps[n * down % up]
        first = n * down // up
        for clip in range(len(out)):
            window = padded[clip, first : first + n_taps]
            total = window[0] * line[0]
            for k in range(1, n_taps):
                total += window[unsigned(k)] * line[unsigned(k)]
            out[clip, n] = total
