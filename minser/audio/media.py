"""Sounds that libsndfile cannot read, decoded by FFmpeg: what telephones, browsers and cameras write.

Comes in: an open file. Goes out: its sound in blocks. FFmpeg comes with PyAV, which the extra ``minser[media]``
installs. The first bytes choose its reader; it may not guess, since some of its formats open other files and addresses.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

ENDINGS = (".m4a", ".mp4", ".aac", ".3gp", ".amr", ".webm", ".mka", ".wma")
"""Endings of the files of a folder that are heard with PyAV alone, in lower case."""

HEAD = 32
"""So many first bytes tell the format."""

_FORMATS = (  # place and bytes of a signature, FFmpeg's name of the format, what people call it
    (4, b"ftyp", "mov", "an M4A, MP4 or 3GP"),
    (4, b"moov", "mov", "a QuickTime"),
    (4, b"mdat", "mov", "a QuickTime"),
    (4, b"wide", "mov", "a QuickTime"),
    (0, b"\x1a\x45\xdf\xa3", "matroska", "a WebM or Matroska"),
    (0, b"#!AMR", "amr", "an AMR"),
    (0, b"\xff\xf1", "aac", "an AAC"),
    (0, b"\xff\xf9", "aac", "an AAC"),
    (0, b"\x30\x26\xb2\x75", "asf", "a WMA"),
    (0, b"OggS", "ogg", "an OGG"),
    (8, b"AVI ", "avi", "an AVI"),
    (0, b"RIFF", "wav", "a WAV"),
    (0, b"BW64", "wav", "a BW64"),
    (0, b"caff", "caf", "a CAF"),
    (0, b"FORM", "aiff", "an AIFF"),
    (0, b"FLV", "flv", "an FLV"),
    (0, b"Creative Voice File", "voc", "a VOC"),
    (0, b"\x7f\xfe\x80\x01", "dts", "a DTS"),
    (0, b"wvpk", "wv", "a WavPack"),
    (0, b"TTA1", "tta", "a TTA"),
    (0, b"MAC ", "ape", "a Monkey's Audio"),
    (0, b"\x0b\x77", "ac3", "an AC-3"),
    (0, b".SoX", "sox", "a SoX"),
    (0, b"XoS.", "sox", "a SoX"),
    (0, b"G@", "mpegts", "an MPEG-TS"),
)


def is_installed() -> bool:
    """Return whether PyAV is here."""
    return find_spec("av") is not None


def find_format(head: bytes) -> tuple[str, str]:
    """Return FFmpeg's name for the format that a file's first `HEAD` bytes show, and people's name; else blanks."""
    known = [(name, what) for place, signature, name, what in _FORMATS if head[place:].startswith(signature)]
    return known[0] if known else ("", "")


def read_media(file: Any, name: str) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Yield the blocks of a file's best sound, as `minser.audio.io.read_channels` has them.

    Parameters
    ----------
    file : object with the methods read, seek and tell of a binary file
        At its start.
    name : str
        FFmpeg's name for its format.

    Raises
    ------
    ModuleNotFoundError
        If PyAV is not installed.
    ValueError
        If there is no sound, FFmpeg cannot decode it, or a WebM that says how long it is was cut off.
    """
    import av

    held: list[NDArray[np.float32]] = []  # of frames, which may be as short as 20 ms
    sr, end_s = 0, 0.0
    try:
        with av.open(file, format=name) as container:
            stream = container.streams.best("audio")
            if stream is None:
                raise ValueError("there is no sound in it")
            to_float = av.AudioResampler(format="flt")  # not "fltp": PyAV reads behind the planes of eight channels
            for frame in container.decode(stream):
                if held and (frame.sample_rate != sr or sum(map(len, held)) >= sr):
                    yield np.concatenate(held), sr
                    held = []
                sr = frame.sample_rate
                end_s = (frame.time or 0.0) + frame.samples / sr
                held += [
                    np.asarray(part.to_ndarray(), np.float32).reshape(part.samples, -1)
                    for part in to_float.resample(frame)
                ]
            if name == "matroska" and len(container.streams) == 1:  # its end may be missing without an error
                known_s = (container.duration or 0) / av.time_base
                if end_s < 0.9 * known_s:
                    raise ValueError(f"it was cut off after {end_s:.1f} of {known_s:.1f} s")
    except av.FFmpegError as error:
        raise ValueError(error.strerror) from error
    if held:
        yield np.concatenate(held), sr
