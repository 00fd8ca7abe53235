"""Own recordings: a folder of sound files for each label.

    recordings/angry/anna_01.wav
    recordings/angry/ben_01.wav
    recordings/sad/anna_02.wav

Comes in: a folder, and how to tell who speaks. Goes out: a list of `Recording`, which has what the rest of minser asks
of a clip.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from minser.audio.io import ENDINGS
from minser.corpus.spelling import composed, refuse_twins

UNKNOWN_SPEAKER = 0


@dataclass(frozen=True)
class Recording:
    """One sound file with its label and, if known, its speaker.

    Attributes
    ----------
    path : Path
        The sound file.
    label : int
        Class number: the place of its folder among the folders, sorted by name.
    emotion_name : str
        Name of its folder; this and the names below are `composed`.
    actor : int
        Number of the speaker, from 1, counted over the sorted names of all speakers; 0 where nobody said who speaks.
    speaker : str
        Name of the speaker; empty where nobody said who speaks.
    """

    path: Path
    label: int
    emotion_name: str
    actor: int
    speaker: str = ""

    sex = "unknown"
    intensity_name = "unknown"
    channel_name = "own"

    @property
    def name(self) -> str:
        """Folder and file without its ending: unique in the corpus."""
        return f"{self.emotion_name}/{composed(self.path.stem)}"


def find_recordings(
    root: str | Path, *, speaker_pattern: str = "", speakers_csv: str | Path = ""
) -> tuple[list[Recording], tuple[str, ...]]:
    """List the recordings of a folder, and the names of its labels.

    Parameters
    ----------
    root : str or Path
        A folder that holds a folder of sound files for each label. Hidden folders, and folders without sound files, are
        passed over.
    speaker_pattern : str
        A regular expression, searched for in each file's name (without its ending); its first group, or else the
        whole match, names the speaker. ``^[^_]+`` takes what stands before the first underscore.
    speakers_csv : str or Path
        A table with the columns ``file`` and ``speaker``; ``file`` is a path relative to `root`, or a bare file name
        where one folder alone has a file of that name: of two files one row cannot say that one person speaks in both,
        and a voice under a wrong name would stand in training and test. Spaces around a cell count for nothing.
        Here as in the pattern and in the files' names, an accented letter may be one character or two.

    Returns
    -------
    recordings : list of Recording
        Sorted by label and file name. Speakers are all 0 if neither a pattern nor a table is given.
    names : tuple of str
        The labels in the order of their numbers.

    Raises
    ------
    FileNotFoundError
        If `root` is no folder, or holds fewer than two folders of sound files.
    ValueError
        If both a pattern and a table are given, the pattern is invalid or does not occur in a file's name, the table
        lacks a column or a file, gives a file two speakers, or has a bare name that lies in several folders, two
        files of a label have one name, or two labels or speakers may be one that is spelled in two ways.
    """
    root, found = Path(root), _files_by_label(Path(root))
    files = [file for of_label in found.values() for file in of_label]
    speakers = _speakers(files, root, speaker_pattern, speakers_csv)
    numbers = {speaker: number for number, speaker in enumerate(sorted({"", *speakers.values()}), UNKNOWN_SPEAKER)}
    recordings = [
        Recording(file, label, name, numbers[speakers[file]], speakers[file])
        for label, (name, of_label) in enumerate(found.items())
        for file in of_label
    ]
    seen: dict[str, Path] = {}
    for recording in recordings:
        twin = seen.setdefault(recording.name, recording.path)
        if twin is not recording.path:
            raise ValueError(f"{twin} and {recording.path} have one name, {recording.name}: rename or remove one")
    return recordings, tuple(found)


def _files_by_label(root: Path) -> dict[str, list[Path]]:
    """Return the sound files under each label."""
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder")
    visible = [folder for folder in _in_order(root.iterdir()) if folder.is_dir() and folder.name[0] != "."]
    found = {folder: files for folder in visible if (files := _sound_files(folder))}
    if len(found) < 2:
        raise FileNotFoundError(
            f"{root}: expected a folder of sound files for each label, found {len(found)} such folders"
        )
    refuse_twins({folder.name: folder for folder in found}, what="the labels")
    return {composed(folder.name): files for folder, files in found.items()}


def _sound_files(folder: Path) -> list[Path]:
    """Return a folder's sound files in order."""
    return [file for file in _in_order(folder.iterdir()) if is_sound(file)]


def is_sound(file: Path) -> bool:
    """Return whether a file of a folder is meant: by its ending, and not hidden; no folder or pipe of such a name."""
    return file.suffix.lower() in ENDINGS and not file.name.startswith(".") and file.is_file()


def _in_order(paths: Iterable[Path]) -> list[Path]:
    """Return the paths of a folder, sorted by name, in one order on every machine."""
    return sorted(paths, key=lambda path: composed(path.name))


def _speakers(files: list[Path], root: Path, pattern: str, table: str | Path) -> dict[Path, str]:
    """Return each file's speaker, an empty text where nobody said who speaks."""
    if pattern and table:
        raise ValueError("a speaker pattern and a table of speakers were given: one of them is enough")
    if not (pattern or table):
        return dict.fromkeys(files, "")
    speakers = _speakers_from_table(files, Path(table), root) if table else _speakers_from_names(files, pattern)
    source = table or f"the speaker pattern {pattern!r}"
    refuse_twins({speaker: file for file, speaker in speakers.items()}, what=f"{source}: the speakers")
    return speakers


def _speakers_from_names(files: list[Path], pattern: str) -> dict[Path, str]:
    """Return each file's speaker as its name tells."""
    try:
        compiled = re.compile(composed(pattern))
    except re.error as error:
        raise ValueError(f"the speaker pattern {pattern!r} is no regular expression: {error}") from None
    speakers = {}
    for file in files:
        match = compiled.search(composed(file.stem))
        speaker = match and match[1 if compiled.groups else 0]
        if not speaker:
            raise ValueError(f"{file}: the speaker pattern {pattern!r} finds no speaker in {file.stem!r}")
        speakers[file] = speaker
    return speakers


def _speakers_from_table(files: list[Path], table: Path, root: Path) -> dict[Path, str]:
    """Return each file's speaker as a table tells."""
    listed: dict[str, set[str]] = {}
    with table.open(newline="", encoding="utf-8-sig") as text:
        reader = csv.DictReader(text, restval="", skipinitialspace=True)
        try:
            if not {"file", "speaker"} <= set(reader.fieldnames or ()):
                got = ", ".join(reader.fieldnames or ())[:200]
                raise ValueError(f"expected the columns file and speaker, got {got}")
            for row in reader:
                path = composed(row["file"].strip().replace("\\", "/"))
                listed.setdefault(path, set()).add(composed(row["speaker"].strip()))
        except (csv.Error, ValueError) as error:
            raise ValueError(f"{table}: {error}") from None
    n_folders = Counter(composed(file.name) for file in files)
    speakers = {}
    for file in files:
        path, name = composed(file.relative_to(root).as_posix()), composed(file.name)
        if name in listed and n_folders[name] > 1:
            raise ValueError(f"{table}: {name} lies in {n_folders[name]} folders: list each as {path}")
        named = sorted((listed.get(path, set()) | listed.get(name, set())) - {""})
        if len(named) > 1:
            raise ValueError(f"{table}: {path} is listed with different speakers: {', '.join(named)[:200]}")
        if not named:
            raise ValueError(f"{table}: no speaker for {path}")
        speakers[file] = named[0]
    return speakers
