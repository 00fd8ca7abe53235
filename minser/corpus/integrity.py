"""Compare a corpus folder with the RAVDESS that was published.

Comes in: a corpus folder, and the index that ships with minser: name, MD5, frames and channels of each of the 2452 WAV
files of Zenodo record 1188976. Goes out: a `Report` that names what is missing, damaged or different.

The corpus may be the published WAV files, then their bytes are compared; or copies in another format or at
another sample rate, then their durations are.
"""

import csv
import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from minser.audio.io import MAX_SAMPLES, read_channels
from minser.corpus.clip import SONG, SPEECH, Clip, parse_name
from minser.corpus.integrity_report import Report
from minser.corpus.ravdess import scan

ORIGINAL_SR = 48000
"""Sample rate of the published files in Hz."""

_FAULTS = ("corrupt", "wrong_length", "changed")


class Original(NamedTuple):
    """What the index holds of one published file."""

    md5: str
    frames: int
    channels: int


def load_index() -> dict[str, Original]:
    """Read the index that ships with minser.

    Returns
    -------
    dict of str to Original
        By clip name.
    """
    with Path(__file__).with_name("ravdess_index.csv").open(newline="", encoding="utf-8") as file:
        return {
            Path(row["file"]).stem: Original(row["md5"], int(row["frames"]), int(row["channels"]))
            for row in csv.DictReader(file)
        }


def check(root: str | Path, *, index: Mapping[str, Original] | None = None) -> Report:
    """Decode every clip of a corpus and compare it with the published one.

    Parameters
    ----------
    root : str or Path
        The corpus, as for `minser.corpus.ravdess.find_clips`.
    index : mapping of str to Original, optional
        What to compare with, by clip name; RAVDESS's where none is given.

    Returns
    -------
    Report

    Raises
    ------
    FileNotFoundError
        `root` is no folder, or there is no clip in it.
    """
    root = Path(root)
    index = load_index() if index is None else index
    clips, foreign = scan(root)
    if not clips:
        raise FileNotFoundError(f"{root}: no RAVDESS clips found there")
    found: dict[str, Clip] = {}
    twice = {clip.name for clip in clips if found.setdefault(clip.name, clip) is not clip}
    n_clips = Counter(clip.channel for clip in found.values())
    return Report(
        root=root,
        n_speech=n_clips[SPEECH],
        n_song=n_clips[SONG],
        missing=_sorted(name for name in index.keys() - found.keys() if parse_name(name).channel in n_clips),
        extra=_sorted(found.keys() - index.keys()),
        twice=_sorted(twice),
        foreign=_sorted(file.relative_to(root).as_posix() for file in foreign),
        published=_published_defects(index),
        **_contents(found, index),
    )


def _contents(found: Mapping[str, Clip], index: Mapping[str, Original]) -> dict[str, Any]:
    """Return the fields of `Report` for which clips have to be decoded."""
    bar = tqdm(found.items(), desc="check", unit="clip", disable=None)  # None: hidden unless stderr is a terminal
    examined = {name: _examine(clip.path, index.get(name)) for name, clip in bar}
    sounds = {name: sound for name, (_, sound) in examined.items() if sound}
    return {
        "n_converted": sum(not sound.is_original for sound in sounds.values()),
        **{fault: _sorted(name for name in examined if examined[name][0] == fault) for fault in _FAULTS},
        "duplicates": _alike({name: sound.digest for name, sound in sounds.items()}),
        "stereo": _sorted(name for name, sound in sounds.items() if sound.channels > 1),
    }


class _Sound(NamedTuple):
    """What decoding a file tells; `is_original` if it is in the published format, so that bytes can be compared."""

    frames: int
    channels: int
    sr: int
    digest: str
    is_original: bool


def _examine(path: Path, original: Original | None) -> tuple[str, _Sound | None]:
    """Return a file's fault, an empty text if it has none, and what decoding it tells, if it can be decoded."""
    try:
        sound = _decode(path)
    except (OSError, ValueError):
        return "corrupt", None
    return (_fault(path, sound, original) if original else ""), sound


def _decode(path: Path) -> _Sound:
    """Decode a file to its end, a block at a time, and digest the mean of its channels."""
    digest = hashlib.blake2b(digest_size=16)
    frames = channels = sr = 0
    for block, sr in read_channels(path, max_samples=MAX_SAMPLES):
        if not frames:
            digest.update(str(sr).encode())
        with np.errstate(over="ignore", invalid="ignore"):  # floats may be anything
            digest.update(block.mean(axis=1).tobytes())
        frames += len(block)
        channels = block.shape[1]
    is_original = path.suffix.lower() == ".wav" and sr == ORIGINAL_SR
    return _Sound(frames, channels, sr, digest.hexdigest(), is_original)


def _fault(path: Path, sound: _Sound, original: Original) -> str:
    """Return which of `_FAULTS` distinguishes a file from the published one, or an empty text."""
    if sound.is_original and md5_of(path) == original.md5:
        return ""
    if _ends_early(path):
        return "corrupt"
    if abs(sound.frames / sound.sr - original.frames / ORIGINAL_SR) > 1 / sound.sr:
        return "wrong_length"
    return "changed" if sound.is_original else ""


def md5_of(path: Path) -> str:
    """Return the MD5 of a file's bytes: a fingerprint, as Zenodo gives it, not a safeguard."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _ends_early(path: Path) -> bool:
    """Tell whether a WAV file is shorter than its RIFF header says: libsndfile reads such a file in silence."""
    with path.open("rb") as file:
        header = file.read(8)
    return header[:4] == b"RIFF" and path.stat().st_size < 8 + int.from_bytes(header[4:], "little")


def _published_defects(index: Mapping[str, Original]) -> frozenset[str]:
    """Return the clips that are stereo, or share their bytes with another, in the index itself."""
    shared = itertools.chain(*_alike({name: original.md5 for name, original in index.items()}))
    return frozenset([*shared, *(name for name, original in index.items() if original.channels > 1)])


def _alike(digests: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """Return the groups of names that have one digest."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, digest in sorted(digests.items()):
        groups[digest].append(name)
    return tuple(tuple(names) for names in groups.values() if len(names) > 1)


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    """Return names in order."""
    return tuple(sorted(names))
