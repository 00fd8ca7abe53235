"""Own recordings: a folder of sound files for each label, or files in any other order, as a pattern tells.

    recordings/angry/anna_01.wav
    recordings/angry/session2/ben_01.wav
    recordings/sad/anna_02.wav

Comes in: a folder, and how to tell who speaks. Goes out: a list of `Recording`, which has what the rest of minser asks
of a clip.
"""

import codecs
import csv
import io
import os
import posixpath
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from minser.corpus.label_folders import check_folders
from minser.corpus.listing import count_reasons, find_labels, holds_sound, is_heard, left_out, place, walk
from minser.corpus.spelling import composed, refuse_twins
from minser.system.words import counted

UNKNOWN_SPEAKER = 0

_SHOWN = 3  # entries of a table in an error


@dataclass(frozen=True)
class Recording:
    """One sound file with its label and, if known, its speaker.

    Attributes
    ----------
    path : Path
        The sound file.
    label : int
        Class number: the place of its label among all labels, sorted by name.
    emotion_name : str
        Its label; this and the names below are `composed`.
    actor : int
        Number of the speaker, from 1, counted over the sorted names of all speakers; 0 where nobody said who speaks.
    speaker : str
        Name of the speaker; empty where nobody said who speaks.
    folder : str
        Path of its folder below the corpus; empty if it is that of the label.
    """

    path: Path
    label: int
    emotion_name: str
    actor: int
    speaker: str = ""
    folder: str = ""

    sex = "unknown"
    intensity_name = "unknown"
    channel_name = "own"

    @property
    def name(self) -> str:
        """Folders and file without its ending: unique in the corpus."""
        return f"{self.folder or self.emotion_name}/{composed(self.path.stem)}"


def find_recordings(
    root: str | Path, *, label_pattern: str = "", speaker_pattern: str = "", speakers_csv: str | Path = ""
) -> tuple[list[Recording], tuple[str, ...]]:
    """List the recordings of a folder, and the names of its labels.

    What is hidden, no sound, or needs PyAV where that is not here, is left out; `listing.left_out` says so.

    Parameters
    ----------
    root : str or Path
        A folder that holds a folder of sound files for each label; folders in these are read too.
    label_pattern : str
        A regular expression with the group ``(?P<label>...)``, searched for in each file's path below `root`, such as
        ``S1/03_angry.wav``: the group, and not the folder, is the file's label. Files where it does not occur are left
        out. A group ``(?P<speaker>...)`` beside it names the speaker.
    speaker_pattern : str
        A regular expression. With a group ``(?P<speaker>...)`` it is searched for in each file's path below `root`, and
        the group names the speaker. Without, it is searched for in the file's name (without its ending); its first
        group, or else the whole match, names the speaker. ``^[^_]+`` takes what stands before the first underscore.
    speakers_csv : str or Path
        A table, named from `root` on or else from the current folder, with the columns ``file`` and ``speaker``,
        divided by commas, semicolons or tabs; ``file`` is a path, whole or relative to `root`, or a bare file name
        where one folder alone has a file of that name: of two files one row cannot say that one person speaks in both,
        and a voice under a wrong name would stand in training and test. Spaces around a cell count for nothing. Here as
        in the pattern and in the files' names, an accented letter may be one character or two.

    Returns
    -------
    recordings : list of Recording
        Sorted by label and path. Speakers are all 0 if neither a pattern nor a table is given.
    names : tuple of str
        The labels in the order of their numbers.

    Raises
    ------
    FileNotFoundError
        If `root` is no folder, holds fewer than two labels, or a folder without a sound that can be read.
    ValueError
        If two sources of speakers are given, a pattern is invalid or does not occur, the table lacks a column or a
        file, has a row without its file, gives a file two speakers, or has a bare name that lies in several folders,
        two files of a label have one name, or two labels or speakers may be one that is spelled in two ways.
    """
    root = Path(root)
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder")
    heard = sorted((file for file in walk(root) if is_heard(file, root)), key=lambda file: place(file, root))
    labels = _labels_from_paths(heard, root, label_pattern) if label_pattern else _labels_from_folders(heard, root)
    names = sorted(set(labels.values()))
    if len(names) < 2:
        told = left_out(root, labels)
        raise FileNotFoundError(
            f"{root}: expected a folder of sound files for each label (or data.label_pattern), two labels or more, "
            + (f"found only {names[0]!r}" if names else "found none")
            + (f"; left out: {told}" if told else "")
        )
    files = sorted(labels, key=labels.__getitem__)
    speakers = _speakers(files, root, label_pattern, speaker_pattern, speakers_csv)
    numbers = {speaker: number for number, speaker in enumerate(sorted({"", *speakers.values()}), UNKNOWN_SPEAKER)}
    recordings = [
        Recording(
            file,
            names.index(labels[file]),
            labels[file],
            numbers[speakers[file]],
            speakers[file],
            posixpath.dirname(place(file, root)),
        )
        for file in files
    ]
    seen: dict[str, Path] = {}
    for recording in recordings:
        twin = seen.setdefault(recording.name, recording.path)
        if twin is not recording.path:
            raise ValueError(f"{twin} and {recording.path} have one name, {recording.name}: rename or remove one")
    return recordings, tuple(names)


def find_table(table: str | Path, root: Path) -> Path:
    """Return the path of a table that is named from a corpus on, or else from the current folder."""
    return root / table if (root / table).is_file() else Path(table)


def name_table(table: str, root: Path) -> str:
    """Return a table's name from the corpus on if it lies in it, else its whole path."""
    if (root / table).is_file() or not Path(table).is_file():
        return table
    path, root = Path(table).resolve(), root.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _labels_from_folders(files: list[Path], root: Path) -> dict[Path, str]:
    """Return the label of each file that lies in a folder below the root: the first one."""
    folders = {file: file.relative_to(root).parts[0] for file in files if file.parent != root}
    for folder in find_labels(root) if holds_sound(root) else ():
        if folder.name not in folders.values():
            raise FileNotFoundError(
                f"{folder}: expected sounds of the label {folder.name!r}, found "
                f"{count_reasons(list(walk(folder)), root) or 'an empty folder'}; move it elsewhere, or let its name "
                "begin with a dot"
            )
    refuse_twins({name: root / name for name in folders.values()}, what="the labels")
    try:
        check_folders({place(file.with_suffix(""), root): name for file, name in folders.items()})
    except ValueError as error:
        raise ValueError(f"{root}: {error}") from None
    return {file: composed(name) for file, name in folders.items()}


def _labels_from_paths(files: list[Path], root: Path, pattern: str) -> dict[Path, str]:
    """Return the label of each file in whose path a pattern finds one."""
    compiled = _compiled(pattern, "label")
    if "label" not in compiled.groupindex:
        raise ValueError(f"the label pattern {pattern!r}: expected a group (?P<label>...)")
    found = {file: match["label"] for file in files if (match := compiled.search(place(file, root)))}
    labels = {file: label for file, label in found.items() if label}
    if files and not labels:
        such = f"{counted(len(files), 'file')}, such as {place(files[0], root)}"
        raise ValueError(f"the label pattern {pattern!r} finds no label in any of {such}")
    refuse_twins({label: file for file, label in labels.items()}, what="the labels")
    return labels


def _compiled(pattern: str, what: str) -> re.Pattern[str]:
    """Return a regular expression."""
    try:
        return re.compile(composed(pattern))
    except re.error as error:
        raise ValueError(f"the {what} pattern {pattern!r} is no regular expression: {error}") from None


def _speakers(
    files: list[Path], root: Path, label_pattern: str, speaker_pattern: str, table: str | Path
) -> dict[Path, str]:
    """Return each file's speaker, an empty text where nobody said who speaks."""
    names_both = "speaker" in _compiled(label_pattern, "label").groupindex
    patterns = [pattern for pattern in (speaker_pattern, label_pattern if names_both else "") if pattern]
    if len(patterns) + bool(table) > 1:
        raise ValueError(
            "two of a speaker pattern, a label pattern that names speakers, and a table of speakers were given: "
            "one of them is enough"
        )
    if not (patterns or table):
        return dict.fromkeys(files, "")
    speakers = (
        _speakers_from_table(files, find_table(table, root), root)
        if table
        else _speakers_from_names(files, root, *patterns)
    )
    source = table or f"the speaker pattern {patterns[0]!r}"
    refuse_twins({speaker: file for file, speaker in speakers.items()}, what=f"{source}: the speakers")
    return speakers


def _speakers_from_names(files: list[Path], root: Path, pattern: str) -> dict[Path, str]:
    """Return each file's speaker as its path or its name tells."""
    compiled = _compiled(pattern, "speaker")
    is_named = "speaker" in compiled.groupindex
    speakers = {}
    for file in files:
        text = place(file, root) if is_named else composed(file.stem)
        match = compiled.search(text)
        speaker = match and match["speaker" if is_named else 1 if compiled.groups else 0]
        if not speaker:
            raise ValueError(f"{file}: the speaker pattern {pattern!r} finds no speaker in {text!r}")
        speakers[file] = speaker
    return speakers


def _speakers_from_table(files: list[Path], table: Path, root: Path) -> dict[Path, str]:
    """Return each file's speaker as a table tells."""
    listed = _read_table(table, root)
    n_folders = Counter(composed(file.name) for file in files)
    speakers = {}
    for file in files:
        path, name = place(file, root), composed(file.name)
        if name in listed and n_folders[name] > 1:
            raise ValueError(f"{table}: {name} lies in {n_folders[name]} folders: list each as {path}")
        named = sorted((listed.get(path, set()) | listed.get(name, set())) - {""})
        if len(named) > 1:
            raise ValueError(f"{table}: {path} is listed with different speakers: {', '.join(named)[:200]}")
        if not named:
            n_more = len(listed) - _SHOWN
            shown = ", ".join([*listed][:_SHOWN])[:200] + f" and {n_more} more" * (n_more > 0)
            raise ValueError(f"{table}: no speaker for {path}; it lists {shown or 'nothing'}")
        speakers[file] = named[0]
    there = {name for file in walk(root) for name in (place(file, root), composed(file.name))}
    if missing := [path for path in listed if path not in there]:
        raise ValueError(f"{table}: {missing[0]} is listed, and no such file is in {root}")
    return speakers


def _read_table(table: Path, root: Path) -> dict[str, set[str]]:
    """Return the speakers of each file of a table, as it is listed: by its path below the root, or by its name."""
    content = table.read_bytes()
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    listed: dict[str, set[str]] = {}
    try:
        text = content.decode("utf-16" if is_wide else "utf-8-sig")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        reader = csv.DictReader(
            io.StringIO(text, newline=""), delimiter=delimiter, restval="", skipinitialspace=delimiter != "\t"
        )
        columns = [name.strip().lower() for name in reader.fieldnames or ()]
        if not {"file", "speaker"} <= set(columns):
            raise ValueError(f"expected the columns file and speaker, got {', '.join(columns)[:200]}")
        if twice := [name for name in ("file", "speaker") if columns.count(name) > 1]:
            raise ValueError(f"expected one column {twice[0]}, got {columns.count(twice[0])}")
        reader.fieldnames = columns
        for row in reader:
            file, speaker = row["file"].strip(), row["speaker"].strip()
            if file or speaker:
                listed.setdefault(_below(file, root), set()).add(composed(speaker))
    except UnicodeDecodeError:
        raise ValueError(f"{table}: expected a table in UTF-8 (Excel: CSV UTF-8)") from None
    except (csv.Error, ValueError) as error:
        raise ValueError(f"{table}: {error}") from None
    return listed


def _below(path: str, root: Path) -> str:
    """Return a path of a table as one below the root, if it is whole or starts with a dot; else as it is."""
    path = posixpath.normpath(composed(path.replace("\\", "/")))
    for folder in (Path(os.path.abspath(root)), root.resolve()):
        path = path.removeprefix(f"{composed(folder.as_posix())}/")
    return path
