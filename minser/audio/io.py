"""Sound files.

Comes in: a path. Goes out: a waveform, float32, mono, with its sample rate; or a file with one.

Whatever is wrong with a file raises OSError or ValueError with one line that names it, so that a command may
catch these two and nothing else.
"""

import io
import os
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from minser.audio.decoding import check_size, read_blocks
from minser.audio.resampling import resample
from minser.audio.waveform import check_positive, check_waveform

MAX_SAMPLES = 2**28
"""Longest waveform that is read, 1 GiB of float32: 1.5 hours at 48 kHz. Small files may unpack to more than memory."""

_WRITABLE_FORMATS = {".wav": "WAV", ".flac": "FLAC"}


def load(path: str | os.PathLike[str], *, sr: int | None = None) -> tuple[NDArray[np.float32], int]:
    """Read a sound file as one channel.

    Parameters
    ----------
    path : path
        Anything that libsndfile reads: WAV, FLAC, OGG, MP3 and more. Several channels are averaged.
    sr : int, optional
        Sample rate in hertz to resample to; None keeps the file's.

    Returns
    -------
    waveform : ndarray of float32, shape (n_samples,)
        Samples; the full scale of integer formats is 1.0. Files of floats keep their values, also beyond 1.
    sr : int
        Sample rate in hertz.

    Raises
    ------
    OSError
        If there is no such file, it is a directory, or it cannot be opened: FileNotFoundError,
        IsADirectoryError, PermissionError.
    ValueError
        If it is a pipe or a device, empty, no sound file, cut off, has no samples or more than `MAX_SAMPLES`, or has
        samples that are NaN or infinite. Memory stays below three times `MAX_SAMPLES` floats whatever the file says.
    """
    blocks, rates = zip(*read_blocks(path, max_samples=MAX_SAMPLES), strict=True)
    waveform, file_sr = np.concatenate(blocks), rates[0]
    if sr is None:
        return waveform, file_sr
    try:
        check_size(-(-len(waveform) * sr // file_sr), MAX_SAMPLES, sr)
        with np.errstate(over="ignore", invalid="ignore"):  # samples of 1e38 become infinite
            waveform = resample(waveform, orig_sr=file_sr, target_sr=sr)
        check_waveform(waveform)
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)!r}: {error}") from error
    return waveform, sr


def save(path: str | os.PathLike[str], waveform: NDArray[np.floating], *, sr: int) -> None:
    """Write a waveform as 16-bit PCM.

    A waveform that was read from a 16-bit file comes out with the same samples.

    Parameters
    ----------
    path : path
        Ends in .wav or .flac, which chooses the format. An existing file is replaced.
    waveform : ndarray of float, shape (n_samples,)
        Samples from -1 to 1; louder ones are an error, because clipping is heard.
    sr : int
        Sample rate in hertz.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError, ValueError
        If `waveform` is no single waveform (`check_waveform`) or beyond -1 to 1, `sr` is no rate that the
        format can hold, or the path's ending is unknown.
    """
    check_waveform(waveform)
    check_positive(sr=sr)
    name = os.fspath(path)
    file_format = _WRITABLE_FORMATS.get(Path(path).suffix.lower())
    if file_format is None:
        raise ValueError(f"{name!r}: expected a name that ends in {' or '.join(_WRITABLE_FORMATS)}")
    if waveform.ndim != 1:
        raise ValueError(f"waveform: expected one clip of shape (n_samples,), got shape {waveform.shape}")
    peak = np.abs(waveform).max()
    if peak > 1.0:
        raise ValueError(f"waveform: expected samples from -1 to 1, got a peak of {peak:.4g} (divide by the peak)")
    # libsndfile multiplies by 32767 but divides by 32768 on reading; with one factor the round trip is exact.
    samples = np.minimum(np.rint(waveform * 32768.0), 32767).astype(np.int16)
    encoded = io.BytesIO()
    try:
        soundfile.write(encoded, samples, sr, format=file_format, subtype="PCM_16")
    except (soundfile.LibsndfileError, OverflowError) as error:
        raise ValueError(f"sr: expected a rate that {file_format} can hold, got {sr}") from error
    Path(path).write_bytes(encoded.getvalue())
