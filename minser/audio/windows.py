"""Overlapping windows of a waveform of any length.

Comes in: a waveform in blocks, as `minser.audio.decoding.read_blocks` yields them. Goes out: windows, cut as the blocks
come, so that an hour takes no more memory than a minute.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from minser.audio.waveform import check_positive


def cut_windows(
    blocks: Iterable[NDArray[np.floating]], *, window: int, hop: int, whole: int
) -> Iterator[tuple[int, NDArray[np.floating]]]:
    """Yield a waveform's overlapping windows, each with the number of its first sample.

    Parameters
    ----------
    blocks : iterable of ndarray of float, each of shape (n,)
        The waveform in pieces of any size.
    window, hop : int
        Samples in a window, and from one window's start to the next one's. One more window, if need be, stands at
        the end.
    whole : int
        A waveform of up to so many samples is one window.

    Raises
    ------
    TypeError, ValueError
        If a length is no positive integer, or a window is longer than `whole`.

    Examples
    --------
    >>> for start, cut in cut_windows([np.arange(4.0), np.arange(4.0, 6.0)], window=3, hop=2, whole=3):
    ...     print(start, cut)
    0 [0. 1. 2.]
    2 [2. 3. 4.]
    3 [3. 4. 5.]
    """
    check_positive(window=window, hop=hop, whole=whole)
    if window > whole:
        raise ValueError(f"window: expected at most {whole} samples, got {window}")
    start, held = 0, np.empty(0, dtype=np.float32)  # from the latest window's start on
    is_long = False
    for block in blocks:
        held = np.concatenate([held, block])
        if not is_long and held.size > whole:
            is_long = True
            yield 0, held[:window]
        while is_long and held.size >= hop + window:
            held = held[hop:]
            start += hop
            yield start, held[:window]
    if not is_long:
        yield 0, held
    elif held.size > window:
        yield start + held.size - window, held[-window:]
