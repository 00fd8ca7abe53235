"""Whose is which file, and of which assignment: a folder of submissions, and the list of a class.

Comes in: a folder as Moodle, Canvas or nbgrader fill it, or a plain one, and a table of names, ids and e-mails. Goes
out: the files of each student, and why a file is not graded.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from minser.grade import catalogue, marking
from minser.grade.feedback import Row, total
from minser.grade.marking import Mark
from minser.grade.sandbox import printable
from minser.system import csv_file

_CANVAS = re.compile(r"(?P<name>[^_]+)_(?:late_)?(?P<number>\d+)_\d+_", re.IGNORECASE)
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_", re.DOTALL)
_SYSTEMS_OWN = {"__MACOSX", "__pycache__", "timestamp.txt", "Thumbs.db", "desktop.ini"}
_MOST_TOKENS = 6  # of a name
_SHORTEST_ID = 4  # that means somebody in the midst of a name: "hw 7.py" is not number 7's


@dataclass(frozen=True)
class Submission:
    """A file that was handed in.

    Attributes
    ----------
    path : Path
        Where it is.
    name : str
        Its path within the folder, safe to print.
    assignment : str
        Empty if it has no function of any.
    why : str
        Why it is not graded, or nothing.
    """

    path: Path
    name: str
    assignment: str = ""
    why: str = ""


@dataclass(frozen=True)
class Student:
    """A row of the class list: its cells, what the student is called, and the words that mean them in a path.

    A word that begins with "@" means them only if nothing else stands beside it.
    """

    cells: tuple[str, ...]
    key: str
    label: str
    words: frozenset[str]


def find_submissions(what: Path, wanted: str | None) -> list[Submission]:
    """Return the file, or all files of a folder but hidden ones, data of the assignments, and what systems add.

    Parameters
    ----------
    what : Path
        A file or a folder.
    wanted : str, optional
        The one assignment to grade.

    Raises
    ------
    OSError, ValueError
        If there are none.
    """
    if not what.exists():
        raise FileNotFoundError(f"{what}: no such file or folder")
    data = {path.name for name in catalogue.ASSIGNMENTS for path in catalogue.data_files(name)}
    found = []
    for path in [what] if what.is_file() else sorted(what.rglob("*")):
        parts = path.relative_to(what).parts
        linked = path.is_symlink() and path != what  # it may lead to any file of the teacher's
        ours = (path.is_dir() and not linked) or path.name in data
        if ours or any(part.startswith(".") or part in _SYSTEMS_OWN for part in parts):
            continue
        name = printable("/".join(parts) or path.name)
        try:
            if linked:
                raise ValueError("a link is not followed")
            assignment = _assignment(path, wanted)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            found.append(Submission(path, name, why=printable(reason or str(error))))
        else:
            why = f"is of {assignment}, not {wanted}" if wanted not in (None, assignment) else ""
            found.append(Submission(path, name, assignment, why))
    if not found:
        raise ValueError(f"{what}: expected a .py or .ipynb file, or a folder with some")
    return found


def _assignment(path: Path, wanted: str | None) -> str:
    """Return the assignment whose functions a file defines: the wanted one, or that with most of them."""
    if path.suffix.lower() not in (".py", ".ipynb") or not path.is_file():
        raise ValueError("expected a .py or .ipynb file")
    found = catalogue.of_text(marking.read(path).decode(errors="replace"))
    if not found:
        raise ValueError("no function of an assignment in it")
    return wanted if wanted in found else found[0]


def read_class(path: Path) -> tuple[list[str], list[Student]]:
    """Return the header and the students of a class list.

    Parameters
    ----------
    path : Path
        Comma-separated text with a header: columns for name, id or e-mail, as Moodle and Canvas call them, and others.

    Raises
    ------
    OSError, ValueError
        If it is no such list, or names one student twice.
    """
    (_, header), *rows = csv_file.read_rows(path) or [(1, list[str]())]
    kinds = [_kind(title) for title in header]
    if not any(kinds) or ";" in header[0]:
        titles = ", ".join(header) or "nothing"
        raise ValueError(f"{path}: line 1: expected columns name, id or e-mail, with commas between, got {titles}")
    students: dict[str, Student] = {}
    for number, row in rows:
        cells = [cell.strip() for cell in row]
        cells += [""] * (len(header) - len(cells))
        if len(cells) > len(header):
            raise ValueError(f"{path}: line {number}: expected {len(header)} cells, got {len(cells)}")
        of = {
            kind: [c for k, c in zip(kinds, cells, strict=True) if k == kind and c] for kind in ("id", "mail", "name")
        }
        name = " ".join(of["name"])
        if not any(of.values()) or name == "Points Possible":  # a row of Canvas's
            continue
        key = printable([*of["id"], *of["mail"], name][0])
        if key.casefold() in students:
            raise ValueError(f"{path}: line {number}: {key} is in the list twice")
        ids = {word.casefold() for cell in of["id"] for word in (cell, cell.removeprefix("Participant "))}
        words = {word if len(word) >= _SHORTEST_ID else f"@{word}" for word in ids} | _turned(name)
        words |= {word for cell in of["mail"] for word in (cell.casefold(), f"@{cell.casefold().partition('@')[0]}")}
        students[key.casefold()] = Student(tuple(cells), key, printable(name or key), frozenset(words))
    return header, list(students.values())


def _kind(title: str) -> str:
    """Return what a column of a class list holds: "id", "mail", "name", or nothing that is known."""
    words = set(re.findall(r"[a-z]+", title.casefold()))
    if words & {"mail", "email"}:
        return "mail"
    if words & {"identifier", "username", "login", "number"} or any(word.endswith("id") for word in words):
        return "id"
    return "name" if words & {"name", "student", "surname", "firstname", "lastname", "fullname"} else ""


def _squeezed(text: str) -> str:
    """Return the letters and digits of a text, without accents and case, as Canvas writes names."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text).casefold() if letter.isalnum())


def _turned(name: str) -> set[str]:
    """Return a name as one word, in every order that begins with another of its parts: last names may come first."""
    parts = [part for part in map(_squeezed, name.replace(",", " ").split()) if part]
    return {"".join(parts[i:] + parts[:i]) if len(parts) > 1 else f"@{name}" for i, name in enumerate(parts)}


def assign(
    submissions: Iterable[Submission], what: Path, students: Sequence[Student]
) -> tuple[dict[str, list[Submission]], list[Submission]]:
    """Return each student's files, by key, and the files of nobody.

    A file is a student's whose id, e-mail or name a folder or the file's name bears, and nobody else's.
    """
    meaning = defaultdict[str, set[str]](set)
    for student in students:
        for word in student.words:
            meaning[word].add(student.key)
    owned: dict[str, list[Submission]] = {student.key: [] for student in students}
    nobodys = list[Submission]()
    for submission in submissions:
        owner = _owner(submission.path.relative_to(what).parts or (submission.path.name,), meaning)
        (owned[owner] if owner else nobodys).append(submission)
    return owned, nobodys


def _owner(parts: Sequence[str], meaning: Mapping[str, set[str]]) -> str | None:
    """Return the key of the one student whom a path names, the outermost folder first."""
    for part in parts:
        known = _MOODLE.match(part) or _CANVAS.match(part)
        claims = [_alone(known["name"]), _alone(known["number"])] if known else _claims(part)
        found = set[str]()
        for words in claims:
            meant = set[str]().union(*(meaning.get(word, ()) for word in words))
            if meant:
                found = found & meant if found else meant
            if len(found) == 1:
                return found.pop()
        if known:  # what comes below was named by a student
            return None
    return None


def _alone(text: str) -> set[str]:
    """Return the words of a text that means one student, or nobody."""
    words = {text.strip().casefold(), _squeezed(text)}
    return words | {f"@{word}" for word in words}


def _claims(part: str) -> Iterator[set[str]]:
    """Yield the words of a folder's or a file's name that may mean a student, the surest first."""
    stem = re.sub(r"\.(py|ipynb)$", "", part, flags=re.IGNORECASE)
    for name in catalogue.ASSIGNMENTS:
        stem = stem.replace(name, " ")  # "04" is no student's number here
    yield _alone(stem)
    tokens = [token for token in re.split(r"[\s_,;()-]+", stem.casefold()) if token]
    for n in range(_MOST_TOKENS, 1, -1):
        yield {_squeezed("".join(tokens[i : i + n])) for i in range(len(tokens) - n + 1)}
    yield {*tokens, *stem.casefold().split("_")}


def grade_row(row: Row, submissions: Sequence[Submission], mark: Callable[[Submission], Sequence[Mark]]) -> None:
    """Fill in a row. Of several files that with the most points counts; nothing in one ends the grading of a class."""
    graded, notes = list[tuple[Submission, Sequence[Mark]]](), list[tuple[Submission, str]]()
    for submission in submissions:
        try:
            if submission.why:
                raise ValueError(submission.why)
            graded.append((submission, mark(submission)))
        except (OSError, ValueError) as error:
            notes.append((submission, printable(str(error))))
    if graded:
        best, row.marks = max(graded, key=lambda pair: total(pair[1]))
        row.file, row.assignment = best.name, best.assignment
        notes = [(submission, text) for submission, text in notes if not submission.assignment]
        notes += [(one, "does not count, has no more points") for one, _ in graded if one is not best]
    row.notes = [text if one.name == row.label else f"{one.name}: {text}" for one, text in notes]
    if not submissions:
        row.notes = ["nothing handed in"]
