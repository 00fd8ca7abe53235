"""Sound files: minser decodes every sound here, a block at a time, and writes waveforms.

Comes in: a path, or an open binary file. Goes out: a waveform, float32, mono, with its sample rate, whole or in blocks,
so that an hour takes no more memory than a minute; or a file with one.

The length that a file announces may be wrong, above all in an MP3 that a program streams: there libsndfile guesses. If
it guesses too much, soundfile's own ``SoundFile.blocks`` hands out old memory; if too little, libsndfile stops in the
middle. Here, what `read` returns counts, and the guess is always too much.

Whatever is wrong with a file raises OSError or ValueError with one line that names it, so that a command may
catch these two and nothing else.
"""

import contextlib
import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from minser.audio import media
from minser.audio.media import HEAD, find_format, read_media
from minser.audio.parts import Part, find_parts
from minser.audio.resampling import resample
from minser.audio.waveform import check_positive, check_waveform

MAX_SAMPLES = 2**28
"""Longest waveform that is read, 1 GiB of float32: 1.5 hours at 48 kHz. Small files may unpack to more than memory."""

ENDINGS = (
    *(".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64"),
    *media.ENDINGS,
)
"""Endings of the files of a folder that are heard, in lower case. A file that is named may end as it likes."""

_BLOCK_SAMPLES = 2**17  # decoded at once, all channels together: half a megabyte
_MAX_PARTS = 10000  # a file of nothing but heads would take hours
_UNKNOWN_FRAMES = 2**62  # libsndfile's answer, or more, where a stream does not say how long it is
_MP3 = "MPEG_LAYER"  # what it announces may be a guess; whatever else announces more than it has was cut off
_WRITABLE_FORMATS = {".wav": "WAV", ".flac": "FLAC"}

Source = str | os.PathLike[str] | BinaryIO


def load(path: Source, *, sr: int | None = None) -> tuple[NDArray[np.float32], int]:
    """Read a sound file as one channel.

    Parameters
    ----------
    path : path or binary file
        As in `read_channels`. Several channels are averaged, unless they cancel each other (`opposed_channel`).
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
    channel = opposed_channel(path, max_samples=MAX_SAMPLES)
    blocks, rates = zip(*read_blocks(path, channel=channel, max_samples=MAX_SAMPLES), strict=True)
    waveform, file_sr = np.concatenate(blocks), rates[0]
    if sr is None:
        return waveform, file_sr
    try:
        _check_size(-(-len(waveform) * sr // file_sr), MAX_SAMPLES, sr)
        with np.errstate(over="ignore", invalid="ignore"):  # samples of 1e38 become infinite
            waveform = resample(waveform, orig_sr=file_sr, target_sr=sr)
        check_waveform(waveform)
    except ValueError as error:
        raise ValueError(f"{_name(path)}: {error}") from error
    return waveform, sr


def opposed_channel(source: Source, *, max_samples: int | None = None) -> int | None:
    """Return which channel to hear where the channels cancel each other; None where they do not.

    They do if their mean has less than a fifth of the power that it would have if they had nothing in common,
    constants not counted: one microphone was wired the wrong way round, and the mean of the two would be near silence.
    The first is heard that has half of the loudest one's power.

    Raises
    ------
    OSError, ValueError
        As `read_channels`.
    """
    power: NDArray[np.float64] = np.empty(0)  # of each channel, and of their mean
    with np.errstate(over="ignore", invalid="ignore"):  # who hears the file looks for what is not finite
        for block, _ in read_channels(source, max_samples=max_samples):
            of_block = np.var([*block.T, block.mean(axis=1)], axis=1, dtype=np.float64) * len(block)
            if block.shape[1] == 1 or len(power) not in (0, len(of_block)):  # or files of other channels were joined
                return None
            power = power + of_block if len(power) else of_block
    *powers, of_mean = power
    return int(np.argmax(powers >= 0.5 * max(powers))) if of_mean < 0.2 * sum(powers) / len(powers) ** 2 else None


def read_blocks(
    source: Source, *, channel: int | None = None, max_samples: int | None = None
) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Yield a sound file's waveform in blocks, each with the sample rate; together they are what `load` returns.

    Parameters
    ----------
    source, max_samples
        As in `read_channels`.
    channel : int, optional
        The one to hear, from `opposed_channel`; None hears the mean of all.

    Yields
    ------
    waveform : ndarray of float32, shape (n_samples,)
        At least one sample.
    sr : int
        Sample rate in hertz.

    Raises
    ------
    OSError, ValueError
        As `read_channels`, and if samples are NaN or infinite.
    """
    for block, sr in read_channels(source, max_samples=max_samples):
        with np.errstate(over="ignore", invalid="ignore"):  # the check below looks for what is not finite
            waveform = block.mean(axis=1) if channel is None else block[:, channel]  # (n_samples, n_channels)
        try:
            check_waveform(waveform)
        except ValueError as error:
            raise ValueError(f"{_name(source)}: {error}") from None
        yield waveform, sr


def read_channels(source: Source, *, max_samples: int | None = None) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Yield a sound file's samples in blocks, each with the sample rate.

    Parameters
    ----------
    source : path or binary file
        Anything that libsndfile reads: WAV, FLAC, OGG, MP3 and more; with the extra ``minser[media]`` also what
        telephones and browsers write: M4A, AAC, WebM, 3GP, AMR, WMA. The content decides, not the name. Files that
        were joined as bytes are read one behind the other. An open file has to be able to seek.
    max_samples : int, optional
        More samples than these (of one channel) are refused, before they are read where the file announces them. None
        reads on, whatever comes.

    Yields
    ------
    samples : ndarray of float32, shape (n_samples, n_channels)
        At least one; the full scale of integer formats is 1.0. Files of floats keep their values, also beyond 1.
    sr : int
        Sample rate in hertz.

    Raises
    ------
    OSError
        If there is no such file, it is a directory, or it cannot be opened or read.
    ValueError
        If it is a pipe or a device, empty, no sound file, cut off, without samples, or longer than `max_samples`. The
        message names the file.
    """
    name = _name(source)
    with ExitStack() as stack:
        if isinstance(source, str | os.PathLike):
            mode = Path(source).stat().st_mode
            if stat.S_ISDIR(mode):  # Windows would say that access is denied
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(source))
            if not stat.S_ISREG(mode):  # a pipe would be waited for, a device may never end
                raise ValueError(f"{name}: expected a sound file, got a pipe or a device")
            source = stack.enter_context(Path(source).open("rb"))  # Python's own file access: its errors, any name
        n_samples, rates = 0, set()
        try:
            for block, sr in _decode(source, max_samples):
                n_samples += len(block)
                rates.add(sr)
                _check_size(n_samples, max_samples, sr)
                if len(rates) > 1:
                    raise ValueError(
                        f"expected one sample rate, got several in one file: {sorted(rates)} (convert it to WAV)"
                    )
                yield block, sr
            if n_samples == 0:
                raise ValueError("expected a sound file, got one without samples")
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error


def _decode(source: BinaryIO, max_samples: int | None) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Yield what is in a file: in all of its parts, one behind the other."""
    size = source.seek(0, os.SEEK_END)
    if size == 0:
        raise ValueError("expected a sound file, got an empty file")
    for number, part in enumerate(find_parts(source), 1):
        if number > _MAX_PARTS:
            raise ValueError(f"expected at most {_MAX_PARTS} sounds joined in one file, got more: cut it into pieces")
        file = _Input(source, part)
        try:
            sound = soundfile.SoundFile(file)
        except soundfile.LibsndfileError as error:
            if number > 1:
                raise ValueError(
                    f"sound {number} in one joined file cannot be read: {error.error_string} (convert it to WAV)"
                ) from error
            yield from _decode_by_ffmpeg(_Input(source, Part(part.start, size)), error)
            return
        with sound:
            yield from _decode_part(sound, part, max_samples)
        if file.error:
            raise file.error


def _decode_part(
    sound: soundfile.SoundFile, part: Part, max_samples: int | None
) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Yield what is in a sound, and refuse one that holds too much, or less than it says."""
    is_exact = sound.frames < _UNKNOWN_FRAMES and not sound.subtype.startswith(_MP3)
    announced = sound.frames if is_exact else part.least
    if is_exact:
        _check_size(announced, max_samples, sound.samplerate)
    if sound.frames >= _UNKNOWN_FRAMES:  # a FLAC from a pipe: soundfile seeks after each read, here to nowhere
        sound.seekable = lambda: False
    n_samples = 0
    try:
        while len(block := sound.read(max(1, _BLOCK_SAMPLES // sound.channels), dtype="float32", always_2d=True)):
            n_samples += len(block)
            yield block, sound.samplerate
    except soundfile.LibsndfileError as error:
        raise ValueError(
            f"expected a sound file, got one that cannot be read: {error.error_string} (convert it to WAV)"
        ) from error
    if n_samples < announced:
        raise ValueError(
            f"expected a sound file of {announced} samples, as it says, got {n_samples}: it was cut off or is damaged "
            "(convert it to WAV)"
        )


def _decode_by_ffmpeg(file: "_Input", refused: soundfile.LibsndfileError) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Yield what is in a file that libsndfile refused."""
    name, what = find_format(file.read(HEAD))
    file.seek(0)
    reason, advice = refused.error_string, "convert it to WAV"
    try:
        if name:
            yield from read_media(file, name)
            return
    except ModuleNotFoundError:
        advice = "pip install 'minser[media]', or convert it to WAV"
    except ValueError as error:
        reason = str(error)
    raise file.error or ValueError(
        f"expected a sound file (WAV, FLAC, OGG, MP3), got {what or 'one'} that cannot be read: {reason} ({advice})"
    )


class _Input:
    """A part of a file for libsndfile, which prints the traceback of any error in its calls: a seek to nowhere stays.

    Attributes
    ----------
    error : OSError or None
        What the disk answered, if it failed.
    """

    def __init__(self, file: BinaryIO, part: Part) -> None:
        self.file, self.part = file, part
        self.error: OSError | None = None
        self._is_at_end = False
        file.seek(part.start)

    def tell(self) -> int:
        """Return the place in the part; asked for its end, an endless one names a place far behind it."""
        return 2**36 if self._is_at_end and self.part.is_endless else self.file.tell() - self.part.start

    def read(self, n_bytes: int) -> bytes:
        """Return the next bytes; none where the disk fails, which is remembered."""
        try:
            place = self.file.tell()
            content = self.file.read(min(max(n_bytes, 0), max(self.part.end - place, 0)))
        except OSError as error:
            self.error = error
            return b""
        unsized = self.part.unsized_at
        if unsized is None or not place - 4 < unsized < place + len(content):
            return content
        first, last = max(unsized - place, 0), min(unsized + 4 - place, len(content))
        return content[:first] + b"\xff" * (last - first) + content[last:]  # the largest size stands for any

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> None:
        """Move, if there is such a place."""
        self._is_at_end = whence == os.SEEK_END
        with contextlib.suppress(OSError, ValueError, OverflowError):
            base = {os.SEEK_SET: self.part.start, os.SEEK_CUR: self.file.tell(), os.SEEK_END: self.part.end}[whence]
            if base + offset >= self.part.start:
                self.file.seek(base + offset)


def _name(source: Source) -> str:
    """Return how messages call a source."""
    return repr(os.fspath(source)) if isinstance(source, str | os.PathLike) else "the input"


def _check_size(n_samples: int, max_samples: int | None, sr: int) -> None:
    """Raise ValueError if a waveform has more samples than are wanted."""
    if max_samples is not None and n_samples > max_samples:
        raise ValueError(
            f"expected at most {max_samples} samples, {max_samples / sr / 3600:.1f} hours at {sr} Hz, got {n_samples}: "
            "cut it into pieces"
        )


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
