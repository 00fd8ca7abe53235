"""Where the sounds lie in a file: behind tags, and one behind the other in a file that was joined from several.

Comes in: an open file. Goes out: its parts, each a sound file of its own. libsndfile reads the first one alone and says
nothing of the others; and it believes sizes that a recorder or a stream never wrote.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

_ZEROS = 2**16  # so many may stand before an MP3
_FLAC = b"fLaC\x00\x00\x00\x22"  # its first block is always 34 bytes long
_MP3_KBITS = {  # ISO/IEC 11172-3 table 3-B.1 and 13818-3: of layer III
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_RATES = (44100, 48000, 32000)
_LOST_SAMPLES = 10 * 1152  # an encoder's delay at both ends, which is cut off, and the frame that holds the length


@dataclass(frozen=True)
class Part:
    """A sound file within a file.

    Attributes
    ----------
    start, end : int
        Its first byte, and the one behind its last.
    unsized_at : int or None
        The byte where a WAV names a size that its recorder never brought up to date.
    is_endless : bool
        An MP3 that does not say how long it is.
    least : int
        Samples that an MP3's frames hold at least.
    """

    start: int
    end: int
    unsized_at: int | None = None
    is_endless: bool = False
    least: int = 0


def find_parts(file: BinaryIO) -> list[Part]:
    """Return the parts of a file: one, or more where sound files were joined as bytes."""
    size = file.seek(0, os.SEEK_END)
    start = _behind_tags(file, 0)
    signature = _read(file, start, 4)
    if signature == b"RIFF":
        return [_wav(file, *place) for place in pairwise([*_wav_starts(file, start, size), size])]
    if signature == b"OggS":
        return [Part(*place) for place in pairwise([*_ogg_starts(file, start), size])]
    if signature == b"fLaC":
        return [Part(*place) for place in pairwise([*_flac_starts(file, start), size])]
    head = _read(file, start, _ZEROS)
    first = _behind_tags(file, start + len(head) - len(head.lstrip(b"\0")))
    return list(_mp3_parts(file, first, size)) or [Part(start, size)]


def _read(file: BinaryIO, place: int, n_bytes: int) -> bytes:
    """Return some bytes of a file from a place on."""
    file.seek(place)
    return file.read(n_bytes)


def _behind_tags(file: BinaryIO, place: int) -> int:
    """Return the place behind all ID3 tags that stand at one (ID3v2.4, section 3.1)."""
    while (head := _read(file, place, 10))[:3] == b"ID3" and len(head) == 10:
        place += 10 + sum(byte << 7 * (3 - i) for i, byte in enumerate(head[6:])) + 10 * (head[5] >> 4 & 1)
    return place


def _wav_starts(file: BinaryIO, place: int, size: int) -> Iterator[int]:
    """Yield where each WAV begins: right behind the one before."""
    yield place
    while (place := place + 8 + int.from_bytes(_read(file, place + 4, 4), "little")) < size:
        place += place % 2 and _read(file, place, 4) != b"RIFF"
        if _read(file, place, 4) != b"RIFF":
            return
        yield place


def _wav(file: BinaryIO, start: int, end: int) -> Part:
    """Return a WAV; its size counts for nothing where more lies behind its samples than they are, and no chunk."""
    place = start + 12
    while (head := _read(file, place, 8))[:4] != b"data" and _is_chunk(head):
        n_bytes = int.from_bytes(head[4:], "little")
        place += 8 + n_bytes + n_bytes % 2
    n_bytes = int.from_bytes(head[4:], "little")
    behind = place + 8 + n_bytes + n_bytes % 2
    is_unsized = head[:4] == b"data" and end - behind > n_bytes and not _is_chunk(_read(file, behind, 8), end - behind)
    return Part(start, end, unsized_at=place + 4 if is_unsized else None)


def _is_chunk(head: bytes, size: int = 2**32) -> bool:
    """Return whether 8 bytes may be the name and size of one of a WAV's chunks."""
    return len(head) == 8 and head[:4].strip().isalnum() and int.from_bytes(head[4:], "little") <= size


def _ogg_starts(file: BinaryIO, place: int) -> Iterator[int]:
    """Yield where each chain of an OGG begins: with a first page, behind one that is none (RFC 3533, section 6)."""
    yield place
    was_first = True
    while (head := _read(file, place, 27))[:4] == b"OggS" and len(head) == 27:
        is_first = bool(head[5] & 2)
        if is_first and not was_first:
            yield place
        was_first = is_first
        place += 27 + head[26] + sum(file.read(head[26]))


def _flac_starts(file: BinaryIO, place: int) -> Iterator[int]:
    """Yield where each FLAC begins."""
    yield place
    place += len(_FLAC)
    while len(content := _read(file, place, 2**20)) >= len(_FLAC):
        found = content.find(_FLAC)
        if found >= 0:
            yield place + found
        place += found + len(_FLAC) if found >= 0 else len(content) - len(_FLAC) + 1


def _mp3_parts(file: BinaryIO, place: int, size: int) -> Iterator[Part]:
    """Yield the parts of an MP3: a new one begins with a tag, or with a frame that says how long it is."""
    n_bytes, _ = _mp3_frame(_read(file, place, 4))
    if not (n_bytes and _mp3_frame(_read(file, place + n_bytes, 4))[0]):  # two frames in a row are no chance
        return
    start = end = place
    n_frames = n_samples = 0
    while place < size:
        head = _read(file, place, 64)
        n_bytes, n_held = _mp3_frame(head)
        says_length = n_bytes > 0 and _announced(head) >= 0
        if n_frames and (says_length or head[:3] == b"ID3"):
            yield _mp3(file, start, end, n_frames, n_samples)
            n_frames = n_samples = 0
            start = place = _behind_tags(file, place)
        elif n_bytes:
            n_frames += 1
            n_samples += n_held
            place += n_bytes
            end = min(place, size)
        else:
            place = _next_mp3_frame(file, place + 1, size)
    if n_frames:
        yield _mp3(file, start, end, n_frames, n_samples)


def _mp3(file: BinaryIO, start: int, end: int, n_frames: int, n_samples: int) -> Part:
    """Return a part of an MP3, without its first frame where that announces less than what comes."""
    head = _read(file, start, 64)
    announced = _announced(head)
    if 0 <= announced < n_frames - 2:
        start += _mp3_frame(head)[0]
    return Part(start, end, is_endless=announced < n_frames - 2, least=n_samples - _LOST_SAMPLES)


def _next_mp3_frame(file: BinaryIO, place: int, size: int) -> int:
    """Return where a damaged MP3 goes on: at two frames in a row, or at a tag; else its end."""
    while len(content := _read(file, place, 2**16)) > 3:
        for found in re.finditer(rb"\xff[\xe2-\xfb]|ID3", content[:-1]):
            here = place + found.start()
            n_bytes = _mp3_frame(_read(file, here, 4))[0]
            if found[0] == b"ID3" or (n_bytes and _mp3_frame(_read(file, here + n_bytes, 4))[0]):
                return here
        place += len(content) - 3
    return size


def _announced(frame: bytes) -> int:
    """Return how many frames come, if a frame says that instead of holding sound (Xing, LAME, Fraunhofer); else -1."""
    length = frame[4 if frame[1] & 1 else 6 :].lstrip(b"\0")  # behind the head and, if there is one, its checksum
    if length[:4] == b"VBRI":
        return int.from_bytes(length[14:18], "big")
    if length[:4] in (b"Xing", b"Info"):
        return (
            int.from_bytes(length[8:12], "big") if int.from_bytes(length[4:8], "big") & 1 else 0
        )  # the flag of frames
    return -1


def _mp3_frame(head: bytes) -> tuple[int, int]:
    """Return how many bytes and samples a frame of layer III has by its four first bytes; 0 and 0 where it is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[1] & 0x18 == 0x08:
        return 0, 0
    is_first = head[1] & 0x18 == 0x18  # MPEG-1; later ones have half of the rates, or a quarter, and of the samples
    kbits, rate = head[2] >> 4, head[2] >> 2 & 3
    if kbits in (0, 15) or rate == 3:
        return 0, 0
    hertz = _MP3_RATES[rate] >> (0 if is_first else 1 if head[1] & 0x10 else 2)
    n_samples = 1152 if is_first else 576
    return n_samples // 8 * _MP3_KBITS[is_first][kbits] * 1000 // hertz + (head[2] >> 1 & 1), n_samples
