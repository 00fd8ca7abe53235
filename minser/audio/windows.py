"""A sound file of any length, a few seconds at a time.

Comes in: a path, or an open binary file. Goes out: windows of the waveform, read block by block, so that an hour takes
no more memory than a minute. Called by the recogniser.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from minser.audio.waveform import check_positive, check_waveform

_BLOCK_S = 4
_UNKNOWN_FRAMES = 2**62  # libsndfile's answer, or more, where a stream does not say how long it is


def read_blocks(source: str | os.PathLike[str] | BinaryIO) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Yield a sound file's waveform in blocks, each with the sample rate; together they are what `load` returns.

    Parameters
    ----------
    source : path or binary file
        What libsndfile reads, as for `load`. A file has to be open for reading and able to seek.

    Yields
    ------
    waveform : ndarray of float32, shape (n_samples,)
        Up to 4 seconds; several channels are averaged.
    sr : int
        Sample rate in hertz.

    Raises
    ------
    OSError
        If there is no such file, it is a directory, or it cannot be opened.
    ValueError
        If it is a pipe or a device, no sound file, has no samples, or has samples that are NaN or infinite; the message
        names it.
    """
    with ExitStack() as stack:
        if isinstance(source, str | os.PathLike):
            name = repr(os.fspath(source))
            mode = Path(source).stat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # a pipe would be waited for, a device may never end
                raise ValueError(f"{name}: expected a sound file, got a pipe or a device")
            if Path(source).suffix.lower() == ".raw":
                raise ValueError(f"{name}: expected a sound file, got one without a header, as .raw says")
            source = stack.enter_context(Path(source).open("rb"))  # Python's own file access: its errors, any name
        else:
            name = "the input"
        if not source.read(1):
            raise ValueError(f"{name}: expected a sound file, got an empty file")
        source.seek(0)
        n_samples = 0
        try:
            with soundfile.SoundFile(source) as file:
                for block in file.blocks(_BLOCK_S * file.samplerate, dtype="float32", always_2d=True):
                    n_samples += len(block)
                    waveform = block.mean(axis=1)  # (n_samples, n_channels) -> (n_samples,)
                    check_waveform(waveform)
                    yield waveform, file.samplerate
                if file.format == "FLAC" and n_samples < file.frames < _UNKNOWN_FRAMES:
                    raise ValueError(f"expected a sound file of {file.frames} samples, as it says, got {n_samples}")
        except soundfile.LibsndfileError as error:
            raise ValueError(
                f"{name}: expected a sound file (WAV, FLAC, OGG, MP3), got one that cannot be read: "
                f"{error.error_string}"
            ) from error
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        if n_samples == 0:
            raise ValueError(f"{name}: expected a sound file, got one without samples")


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
