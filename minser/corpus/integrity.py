"""Compare a corpus folder with the RAVDESS that was published.

Comes in: a corpus folder, and the index that ships with minser: name, MD5, frames and channels of each of the 2452 WAV
files of Zenodo record 1188976. Goes out: a `Report` that names what is missing, damaged or different.

The corpus may be the published WAV files, then their bytes are compared; or copies in another format or at
another sample rate, then their durations are.
"""

import csv
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from minser.audio.io import MAX_SAMPLES, read_channels
from minser.corpus.clip import SONG, SPEECH, Clip, parse_name
from minser.corpus.ravdess import scan

ORIGINAL_SR = 48000
"""Sample rate of the published files in Hz."""

_FAULTS = ("corrupt", "wrong length", "changed")
_MARK = "*"
_LONGEST_LIST = 10


class Original(NamedTuple):
    """What the index holds of one published file."""

    md5: str
    frames: int
    channels: int


@dataclass(frozen=True)
class Report:
    """What `check` found.

    Attributes
    ----------
    root : Path
        The folder.
    n_speech, n_song : int
        Clips found.
    n_converted : int
        Clips that are not the published WAV files but copies at another rate or in another format.
    findings : dict of str to list of str
        Sorted names of clips by what is the matter with them; a clip with several of the faults corrupt, wrong length
        and changed stands in the first.

        - missing: not there. Only parts of which something is there count: a corpus without any song lacks no song.
        - there twice: in two files, for instance as WAV and as FLAC; the first file was examined.
        - corrupt: cannot be decoded, or ends before its header says.
        - wrong length: shorter or longer than the published file, by more than one sample.
        - changed: a WAV file at 48 kHz of the right length, but with other bytes.
        - not in RAVDESS: a clip that was not published.
        - other files, passed over: in the actor folders, no clips; relative to `root`.
        - identical audio: groups of clips, joined by "="; those that have it in the published corpus too are marked.
        - stereo: of more than one channel; marked likewise.
    """

    root: Path
    n_speech: int
    n_song: int
    n_converted: int
    findings: dict[str, list[str]]

    @property
    def ok(self) -> bool:
        """Whether each clip is there once, whole and right; whatever else is there does no harm."""
        return not any(self.findings[kind] for kind in ("missing", "there twice", *_FAULTS))

    def __str__(self) -> str:
        """Return the report as lines of text; of long lists the first names."""
        lines = [f"{self.root}: {self.n_speech} speech and {self.n_song} song clips"]
        if self.n_converted:
            lines.append(f"converted: {self.n_converted} (not the published 48 kHz WAV files; durations compared)")
        lines += [f"{kind}: {len(names)}: {_shortened(names)}" for kind, names in self.findings.items() if names]
        if any(_MARK in name for kind in ("identical audio", "stereo") for name in self.findings[kind]):
            lines.append(f"{_MARK} so in the published corpus too")
        lines.append("complete and intact" if self.ok else "NOT complete and intact")
        return "\n".join(lines)


def _shortened(names: Sequence[str]) -> str:
    """Join names, and count those beyond the longest list that is read."""
    more = len(names) - _LONGEST_LIST
    return ", ".join(names[:_LONGEST_LIST]) + (f" and {more} more" if more > 0 else "")


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


def check(root: Path, *, index: Mapping[str, Original] | None = None) -> Report:
    """Decode every clip of a corpus and compare it with the published one.

    Parameters
    ----------
    root : Path
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
    index = load_index() if index is None else index
    clips, foreign = scan(root)
    if not clips:
        raise FileNotFoundError(f"{root}: no RAVDESS clips found there")
    found: dict[str, Clip] = {}
    twice = {clip.name for clip in clips if found.setdefault(clip.name, clip) is not clip}
    n_clips = Counter(clip.channel for clip in found.values())
    bar = tqdm(sorted(found.items()), desc="check", unit="clip", disable=None)  # None: hidden unless on a terminal
    examined = {name: _examine(clip.path, index.get(name)) for name, clip in bar}
    sounds = {name: sound for name, (_, sound) in examined.items() if sound}
    md5s = Counter(original.md5 for original in index.values())
    published = {name for name, original in index.items() if original.channels > 1 or md5s[original.md5] > 1}
    marked = {name: name + _MARK * (name in published) for name in sounds}
    alike: dict[str, list[str]] = defaultdict(list)
    for name, sound in sounds.items():
        alike[sound.digest].append(marked[name])
    return Report(
        root=root,
        n_speech=n_clips[SPEECH],
        n_song=n_clips[SONG],
        n_converted=sum(not sound.is_original for sound in sounds.values()),
        findings={
            "missing": sorted(name for name in index.keys() - found.keys() if parse_name(name).channel in n_clips),
            "there twice": sorted(twice),
            **{kind: [name for name, (fault, _) in examined.items() if fault == kind] for kind in _FAULTS},
            "not in RAVDESS": sorted(found.keys() - index.keys()),
            "other files, passed over": sorted(file.relative_to(root).as_posix() for file in foreign),
            "identical audio": [" = ".join(names) for names in alike.values() if len(names) > 1],
            "stereo": [marked[name] for name, sound in sounds.items() if sound.channels > 1],
        },
    )


class _Sound(NamedTuple):
    """What decoding a file tells; `is_original` if it is in the published format, so that bytes can be compared."""

    frames: int
    channels: int
    sr: int
    digest: str
    is_original: bool


def _examine(path: Path, original: Original | None) -> tuple[str, _Sound | None]:
    """Return a file's fault, an empty text if it has none, and what decoding it tells, if it can be decoded."""
    digest = hashlib.blake2b(digest_size=16)  # of the mean of the channels
    frames = 0
    try:
        for block, sr in read_channels(path, max_samples=MAX_SAMPLES):  # there is one at least
            with np.errstate(over="ignore", invalid="ignore"):  # floats may be anything
                digest.update(block.mean(axis=1).tobytes())
            frames += len(block)
            is_original = path.suffix.lower() == ".wav" and sr == ORIGINAL_SR
    except (OSError, ValueError):
        return "corrupt", None
    sound = _Sound(frames, block.shape[1], sr, f"{sr} {digest.hexdigest()}", is_original)
    if original is None or (sound.is_original and md5_of(path) == original.md5):
        return "", sound
    with path.open("rb") as file:
        header = file.read(8)
    if header[:4] == b"RIFF" and path.stat().st_size < 8 + int.from_bytes(header[4:], "little"):
        return "corrupt", sound  # shorter than it says: libsndfile reads such a file in silence
    if abs(sound.frames / sound.sr - original.frames / ORIGINAL_SR) > 1 / sound.sr:
        return "wrong length", sound
    return "changed" if sound.is_original else "", sound


def md5_of(path: Path) -> str:
    """Return the MD5 of a file's bytes: a fingerprint, as Zenodo gives it, not a safeguard."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
