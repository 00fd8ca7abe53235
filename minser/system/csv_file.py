"""Comma-separated text: rows to text, and back with the number of each line.

Comes in: rows, or a path. Goes out: the text of a file, or rows.
"""

import csv
import io
from collections.abc import Iterable
from pathlib import Path


def to_text(rows: Iterable[Iterable[object]]) -> str:
    r"""Return the text of a table, each row ended by a newline; write it with ``newline=""`` and encoding UTF-8.

    Examples
    --------
    >>> to_text([["file", "actor"], ["a, b", 1]])
    'file,actor\n"a, b",1\n'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def read_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Return the rows of a table that are not empty, each with the number of its last line.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no such text.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:  # -sig: spreadsheets put a mark at the start
            reader = csv.reader(file, strict=True)
            return [(reader.line_num, row) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: not a table of comma-separated text ({error})") from None
