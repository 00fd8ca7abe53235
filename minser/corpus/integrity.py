"""Compare a corpus folder with the RAVDESS that was published.

Comes in: a corpus folder, and the index that ships with minser: name, MD5, frames and channels of each of the 2452 WAV
files of Zenodo record 1188976. Goes out: a `Report` that names what is missing, damaged or different.

The corpus may be the published WAV files, then their bytes are compared; or copies in another format or at
another sample rate, then their durations are.
"""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from minser.audio.decoding import read_channels
from minser.audio.io import MAX_SAMPLES
from minser.corpus.clip import SONG, SPEECH, Clip, parse_name
from minser.corpus.integrity_report import Report
from minser.corpus.ravdess import scan

ORIGINAL_SR = 48000
"""Sample rate of the published files in Hz."""


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


def check(root: str | Path, *, index: Mapping[str, Original] | None = None, progress: str | None = None) -> Report:
    """Decode every clip of a corpus and compare it with the published one.

    Parameters
    ----------
    root : str or Path
        The corpus, as for `minser.corpus.ravdess.find_clips`.
    index : mapping of str to Original, optional
        What to compare with, by clip name; RAVDESS's where none is given.
    progress : str, optional
        Text of a progress bar; on stderr, and only if that is a terminal.

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
    faults: dict[str, set[str]] = {"corrupt": set(), "wrong_length": set(), "changed": set()}
    by_audio: dict[str, list[str]] = defaultdict(list)
    stereo, n_converted = [], 0
    for name, clip in tqdm(found.items(), desc=progress, unit="clip", disable=None if progress else True):
        try:
            sound = _decode(clip.path)
        except (OSError, ValueError):
            faults["corrupt"].add(name)
            continue
        by_audio[sound.digest].append(name)
        n_converted += not _is_original(clip.path, sound)
        if sound.channels > 1:
            stereo.append(name)
        if name in index and (fault := _fault(clip.path, sound, index[name])):
            faults[fault].add(name)
    parts = {clip.channel for clip in clips}
    return Report(
        root=root,
        n_speech=sum(clip.channel == SPEECH for clip in found.values()),
        n_song=sum(clip.channel == SONG for clip in found.values()),
        n_converted=n_converted,
        missing=_sorted(name for name in index if name not in found and parse_name(name).channel in parts),
        extra=_sorted(name for name in found if name not in index),
        twice=_sorted(twice),
        foreign=_sorted(file.relative_to(root).as_posix() for file in foreign),
        corrupt=_sorted(faults["corrupt"]),
        wrong_length=_sorted(faults["wrong_length"]),
        changed=_sorted(faults["changed"]),
        duplicates=tuple(sorted(_sorted(names) for names in by_audio.values() if len(names) > 1)),
        stereo=_sorted(stereo),
        published=_published_defects(index),
    )


class _Sound(NamedTuple):
    """What decoding a file tells."""

    frames: int
    channels: int
    sr: int
    digest: str


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
    return _Sound(frames, channels, sr, digest.hexdigest())


def _is_original(path: Path, sound: _Sound) -> bool:
    """Tell whether a file is in the published format, so that its bytes can be compared."""
    return path.suffix.lower() == ".wav" and sound.sr == ORIGINAL_SR


def _fault(path: Path, sound: _Sound, original: Original) -> str:
    """Name what distinguishes a file from the published one, or return an empty string."""
    is_original = _is_original(path, sound)
    if is_original and _md5(path) == original.md5:
        return ""
    if _ends_early(path):
        return "corrupt"
    if abs(sound.frames / sound.sr - original.frames / ORIGINAL_SR) > 1 / sound.sr:
        return "wrong_length"
    return "changed" if is_original else ""


def _md5(path: Path) -> str:
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
    by_md5 = defaultdict(list)
    for name, original in index.items():
        by_md5[original.md5].append(name)
    shared = [name for names in by_md5.values() if len(names) > 1 for name in names]
    return frozenset([*shared, *(name for name, original in index.items() if original.channels > 1)])


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    """Return names in order."""
    return tuple(sorted(names))
