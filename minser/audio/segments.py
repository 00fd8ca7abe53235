"""Where a long waveform sounds, and its overlapping windows.

Comes in: a waveform in blocks, as `minser.audio.io.read_blocks` yields them. Goes out: the place of its first and
last sound, a part of it, or windows, cut as the blocks come, so that an hour takes no more memory than a minute.
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


def find_sound(blocks: Iterable[NDArray[np.floating]], *, frame_length: int, top_db: float) -> tuple[int, int]:
    """Find the first and the last sound of a waveform; a constant, however large, is none.

    A frame's level is the distance from its least sample to its greatest. It sounds where it has more than the loudest
    frame's, less `top_db`.

    Parameters
    ----------
    blocks : iterable of ndarray of float, each of shape (n,)
        The waveform in pieces of any size.
    frame_length : int
        Samples in a frame.
    top_db : float
        Distance from the loudest frame to the threshold, in decibels.

    Returns
    -------
    start, end : int
        The first sample of the first frame that sounds, and the one behind the last; all of the waveform where nothing
        in it sounds.

    Raises
    ------
    TypeError, ValueError
        If `frame_length` is no positive integer.

    Examples
    --------
    >>> find_sound([np.zeros(40), np.array([0.5, -0.5]), np.zeros(58)], frame_length=10, top_db=40)
    (40, 50)
    """
    check_positive(frame_length=frame_length)
    levels: list[NDArray[np.floating]] = []
    held, n_samples = np.empty(0, dtype=np.float32), 0  # what is left for the next frame
    for block in blocks:
        n_samples += len(block)
        held = np.concatenate([held, block])
        frames, held = np.split(held, [len(held) // frame_length * frame_length])
        levels.append(_ranges(frames.reshape(-1, frame_length)))
    if held.size:
        levels.append(_ranges(held[np.newaxis]))
    level = np.concatenate(levels)
    audible = np.flatnonzero(level > level.max() * 10 ** (-top_db / 20))
    if not audible.size:
        return 0, n_samples
    return int(audible[0]) * frame_length, min(int(audible[-1] + 1) * frame_length, n_samples)


def _ranges(frames: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the distance from the least sample to the greatest of each frame, (n_frames,)."""
    ranges: NDArray[np.floating] = np.subtract(frames.max(axis=1), frames.min(axis=1), dtype=np.float64)
    return ranges


def slice_blocks(blocks: Iterable[NDArray[np.floating]], start: int, end: int) -> Iterator[NDArray[np.floating]]:
    """Yield the part ``[start:end]`` of a waveform that comes in pieces of any size, as pieces."""
    position = 0
    for block in blocks:
        part = block[max(start - position, 0) : max(end - position, 0)]
        if len(part):
            yield part
        position += len(block)
        if position >= end:
            return
