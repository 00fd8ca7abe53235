"""Where the sounds lie in a file: behind tags, and one behind the other in a file that was joined from several.

Comes in: an open file. Goes out: its parts, each a sound file of its own. libsndfile reads the first one alone and says
nothing of the others; and it believes sizes that a recorder or a stream never wrote.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import BinaryIO

_ZEROS = 2**16  # so many may stand before an MP3
_TAGS = (b"ID3", b"APETAGEX", b"TAG")  # may stand behind a sound
_FLAC = b"fLaC\x00\x00\x00\x22"  # its first block is always 34 bytes long
_MP3_KBITS = {  # ISO/IEC 11172-3 table 3-B.1 and 13818-3: of layer III
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_RATES = (44100, 48000, 32000)
_SEARCHED = 2**12  # bytes read at once: few, since what is searched for may be near
_LOST_SAMPLES = 10 * 1152  # an encoder's delay at both ends, which is cut off, and the frame that holds the length


@dataclass(frozen=True)
class Part:
    """A sound file within a file.

    Attributes
    ----------
    start, end : int
        Its first byte, and the one behind its last.
    unsized_at : int or None
        The byte where a WAV or AU names a size that its recorder never brought up to date.
    is_endless : bool
        An MP3 that does not say how long it is.
    least : int
        Samples that an MP3 holds at least, by its frames and by what it says of them.
    """

    start: int
    end: int
    unsized_at: int | None = None
    is_endless: bool = False
    least: int = 0


def find_parts(file: BinaryIO) -> Iterator[Part]:
    """Return the parts of a file, each searched for when it is wanted: more than one where files were joined as bytes.

    Whoever reads the file between two parts may leave it at any place.
    """
    size = file.seek(0, os.SEEK_END)
    start = _behind_tags(file, 0)
    signature = _read(file, start, 4)
    if signature == b"RIFF":
        return (_wav(file, *place) for place in pairwise(chain(_wav_starts(file, start, size), [size])))
    if signature == b".snd":
        return iter([_au(file, start, size)])
    if signature == b"OggS":
        return (Part(*place) for place in pairwise(chain(_ogg_starts(file, start, size), [size])))
    if signature == b"fLaC":
        return (Part(*place) for place in pairwise(chain(_flac_starts(file, start, size), [size])))
    head = _read(file, start, _ZEROS)
    parts = _mp3_parts(file, _behind_tags(file, start + len(head) - len(head.lstrip(b"\0"))), size)
    return chain([next(parts, Part(start, size))], parts)


def _read(file: BinaryIO, place: int, n_bytes: int) -> bytes:
    """Return some bytes of a file from a place on."""
    file.seek(place)
    return file.read(n_bytes)


def _behind_tags(file: BinaryIO, place: int) -> int:
    """Return the place behind all ID3 tags that stand at one (ID3v2.4, section 3.1)."""
    for _ in range(1000):  # more are a file of nothing but tags
        head = _read(file, place, 10)
        if head[:3] != b"ID3" or len(head) < 10:
            break
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
    rest = end - (place + 8 + n_bytes)
    tail = _read(file, place + 8 + n_bytes, 9)  # an odd size has a byte more, which some programs forget
    is_known = any(_is_chunk(tail[i : i + 8], rest) or tail[i:].startswith(_TAGS) for i in range(1 + n_bytes % 2))
    is_unsized = head[:4] == b"data" and rest > n_bytes + 1 and not is_known
    return Part(start, end, unsized_at=place + 4 if is_unsized else None)


def _au(file: BinaryIO, start: int, end: int) -> Part:
    """Return an AU; its size counts for nothing where that is none, and samples come."""
    head = _read(file, start, 12)
    begin, n_bytes = int.from_bytes(head[4:8], "big"), int.from_bytes(head[8:], "big")
    return Part(start, end, unsized_at=start + 8 if n_bytes == 0 and start + begin < end else None)


def _is_chunk(head: bytes, size: int = 2**32) -> bool:
    """Return whether 8 bytes may be the name and size of one of a WAV's chunks."""
    return len(head) == 8 and re.match(rb"[ -~]{4}", head) is not None and int.from_bytes(head[4:], "little") <= size


def _ogg_starts(file: BinaryIO, place: int, size: int) -> Iterator[int]:
    """Yield where each chain of an OGG begins: with a first page, behind one that is none (RFC 3533, section 6)."""
    yield place
    was_first = True
    while len(head := _read(file, place, 27)) == 27:
        if head[:4] != b"OggS":  # a tag, or what else came between
            place = _find(file, place, size, b"OggS")
            continue
        n_bytes = 27 + head[26] + sum(file.read(head[26]))
        is_first = bool(head[5] & 2)
        if is_first and not was_first:
            yield place
        was_first = is_first
        place += n_bytes


def _flac_starts(file: BinaryIO, place: int, size: int) -> Iterator[int]:
    """Yield where each FLAC begins."""
    while place < size:
        yield place
        place = _find(file, place + len(_FLAC), size, _FLAC)


def _find(file: BinaryIO, place: int, size: int, signature: bytes) -> int:
    """Return where a signature stands next; a file's size where it does not."""
    while len(content := _read(file, place, _SEARCHED)) >= len(signature):
        found = content.find(signature)
        if found >= 0:
            return place + found
        place += len(content) - len(signature) + 1
    return size


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
        is_tag = _is_tag(head)
        if n_frames and (is_tag or (n_bytes and _announced(head) >= 0)):
            yield _mp3(file, start, end, n_frames, n_samples)
            n_frames = n_samples = 0
        if is_tag:
            place = _behind_tags(file, place)
        elif n_bytes:
            if not n_frames:
                start = place
            place += n_bytes
            if place <= size:  # libsndfile fails at half a frame
                end = place
                n_frames += 1
                n_samples += n_held
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
    least = max(n_samples, n_samples // n_frames * announced) - _LOST_SAMPLES
    return Part(start, end, is_endless=announced < n_frames - 2, least=least)


def _next_mp3_frame(file: BinaryIO, place: int, size: int) -> int:
    """Return where a damaged MP3 goes on: at two frames in a row, or at a tag; else its end."""
    while len(content := _read(file, place, _SEARCHED)) >= 10:
        for found in re.finditer(rb"\xff[\xe2-\xfb]|ID3[\2-\4]\0", content[:-5]):
            here = found.start()
            n_bytes = _mp3_frame(content[here : here + 4])[0]
            behind = content[here + n_bytes : here + n_bytes + 4]
            if len(behind) < 4:
                behind = _read(file, place + here + n_bytes, 4)
            if _is_tag(content[here : here + 10]) or (n_bytes and _mp3_frame(behind)[0]):
                return place + here
        place += len(content) - 9
    return size


def _is_tag(head: bytes) -> bool:
    """Return whether an ID3 tag begins here: its name, version, flags, and a size of four times seven bits."""
    return re.match(rb"ID3[\2-\4]\0.[\0-\x7f]{4}", head, re.DOTALL) is not None


def _announced(frame: bytes) -> int:
    """Return how many frames come, if a frame says that instead of holding sound (Xing, LAME, Fraunhofer); else -1."""
    length = frame[4 if frame[1] & 1 else 6 :].lstrip(b"\0")  # behind the head and, if there is one, its checksum
    if length[:4] == b"VBRI":
        return int.from_bytes(length[14:18], "big")
    if length[:4] in (b"Xing", b"Info"):
        has_number = int.from_bytes(length[4:8], "big") & 1
        return int.from_bytes(length[8:12], "big") if has_number else 0
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
