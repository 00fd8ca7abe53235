"""A recording as a network answers it: cut into pieces, and the features of each.

A recording of up to `WHOLE_S`, without the silence at its ends, is one piece, like the clips of RAVDESS. A longer one
is cut into windows, and those count in which somebody speaks. This is the one place where a recording is cut:
`Recognizer` answers by it, and a long clip of a corpus is validated and tested by it. (Training crops anywhere.)

Comes in: a sound, in blocks as `audio.io.read_blocks` yields them, and a recipe's [features]. Goes out: pieces, and
their features.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minser import audio
from minser.audio.io import opposed_channel, read_blocks
from minser.audio.segments import cut_windows, find_sound, slice_blocks
from minser.features.extract import network_input
from minser.features.quality import find_faults
from minser.recipes import Features

WINDOW_S, HOP_S = 4.0, 1.0
"""Length of a window, as a clip of RAVDESS, and the step from one to the next, in seconds."""

WHOLE_S = 7.0
"""Longest recording in seconds that is one piece, silence at its ends not counted; RAVDESS's longest has 6.4."""

Array = NDArray[np.floating]
Read = Callable[[], Iterable[tuple[Array, int]]]
"""Reads a recording from its start, a block with its sample rate at a time."""

SILENT = ("silence", "too short", "no speech")
"""Faults of pieces in which nobody speaks."""

_SILENT_DB = 40.0  # below a long recording's loudest moment: silence, where it stands at the ends
_FRAME_S = 0.01  # a moment
_PAUSE_S = 0.25  # less silence before a recording is a breath, and no reason to begin later


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of a recording.

    Attributes
    ----------
    waveform : ndarray of float, shape (n_samples,)
        At least one sample.
    sr : int
        Its sample rate in Hz.
    start_s : float
        Where it starts, in seconds.
    """

    waveform: Array
    sr: int
    start_s: float

    def at(self, sr: int) -> Array:
        """Return the waveform at another sample rate."""
        return self.waveform if sr == self.sr else audio.resample(self.waveform, orig_sr=self.sr, target_sr=sr)


def cut(read: Read, *, window_s: float = WINDOW_S, hop_s: float = HOP_S) -> Iterator[Piece]:
    """Yield a recording's pieces.

    Of a long one, which is read again, the silence at its ends is left out. If only that behind it made it long, it is
    one piece, up to `WHOLE_S`, as if it had ended there: an answer does not depend on how much silence comes after it.

    Parameters
    ----------
    read : callable
        Reads the recording.
    window_s, hop_s : float
        Length of a window, up to `WHOLE_S`, and step from one to the next, in seconds.

    Raises
    ------
    OSError, ValueError
        If it cannot be read, or a length is none.
    """
    if not 0 < hop_s <= window_s <= WHOLE_S:
        raise ValueError(f"expected 0 < hop_s <= window_s <= {WHOLE_S:g}, got hop_s={hop_s:g}, window_s={window_s:g}")
    head: list[Array] = []
    for block, sr in read():
        head.append(block)
        if sum(map(len, head)) > round(WHOLE_S * sr):
            break
    else:
        yield Piece(np.concatenate(head), sr, 0.0)
        return
    window, hop, whole, frame_length = (max(1, round(seconds * sr)) for seconds in (window_s, hop_s, WHOLE_S, _FRAME_S))
    start, end = find_sound((block for block, _ in read()), frame_length=frame_length, top_db=_SILENT_DB)
    if end < whole + frame_length:
        start, end = 0, whole
    elif start < _PAUSE_S * sr:
        start = 0
    sounding = slice_blocks((block for block, _ in read()), start, end)
    for begin, waveform in cut_windows(sounding, window=window, hop=hop, whole=whole):
        yield Piece(waveform, sr, (start + begin) / sr)


def see(piece: Piece, settings: Features) -> tuple[NDArray[np.float32], list[str]]:
    """Return the features of a piece (`network_input`), and what speaks against trusting its answer (`find_faults`)."""
    sound = piece.at(settings.sr)
    return network_input(sound, settings), find_faults(piece.waveform, sound, sr=settings.sr)


def speaks(faults: Sequence[Sequence[str]]) -> NDArray[np.bool_]:
    """Return for the faults of each piece whether somebody speaks in it, (n_pieces,)."""
    return np.array([not any(fault.startswith(SILENT) for fault in found) for found in faults])


def counting(is_speech: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the numbers of the pieces that count: those in which somebody speaks; all where nobody does."""
    return np.flatnonzero(is_speech if is_speech.any() else np.ones_like(is_speech))


def hear(path: Path, settings: Features) -> list[NDArray[np.float32]]:
    """Return the features of a file: of the whole of it, and of a long one behind that what counts in its answer.

    Raises
    ------
    OSError, ValueError
        If it cannot be read.
    """
    waveform, sr = audio.load(path, sr=settings.sr)
    whole = network_input(waveform, settings)
    if len(waveform) < int(WHOLE_S * sr):
        return [whole]
    pieces = cut(partial(read_blocks, path, channel=opposed_channel(path)))
    features, faults = zip(*(see(piece, settings) for piece in pieces), strict=True)
    return [whole, *(features[number] for number in counting(speaks(faults)))]
