"""What a teacher and a student read: lines, a page, Gradescope's file, the table of a class.

Comes in: marks. Goes out: text.
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from minser.grade import catalogue
from minser.grade.marking import Mark
from minser.system import csv_file

Before = Mapping[tuple[str, ...], dict[str, str]]
VISIBILITIES = ("visible", "after_published", "after_due_date", "hidden")
"""When Gradescope shows a test to students; its own words."""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse }} td, th {{ border: 1px solid #999; padding: .3rem .6rem; text-align: left }}
</style>
<h1>{title}</h1>
<p>{state}</p>
{body}</html>
"""


@dataclass
class Row:
    """What the table of a class says of a student, or of a file where there is no list.

    Attributes
    ----------
    cells : tuple of str
        From the class list, or the file's name.
    key, label : str
        Of the student or the file: what nobody else has, and what is printed.
    assignment, file : str
        Which file counts.
    marks : sequence of Mark
        None before it is graded, or if it is not.
    notes : list of str
        On files that do not count.
    """

    cells: tuple[str, ...]
    key: str
    label: str
    assignment: str = ""
    file: str = ""
    marks: Sequence[Mark] | None = None
    notes: list[str] = field(default_factory=list)

    def state(self) -> str:
        """Return the points in words, or why there are none."""
        points = [f"{self.assignment}, {total(self.marks):g} of {_of(self.marks)}"] if self.marks else []
        return "; ".join([*points, *self.notes])


def lines(marks: Sequence[Mark]) -> str:
    """Return a line a question, and the sum."""
    width = max(len(mark.question) for mark in marks)
    rows = [f"{mark.question:{width}}  {mark.points:5g} / {mark.of:<3g} {mark.hint}".rstrip() for mark in marks]
    return "\n".join([*rows, f"{'total':{width}}  {total(marks):5g} / {_of(marks):<3g}".rstrip()])


def total(marks: Sequence[Mark]) -> float:
    """Return the sum of the points."""
    return round(sum(mark.points for mark in marks), 2)


def _of(marks: Sequence[Mark]) -> int:
    """Return the most points that can be had."""
    return sum(mark.of for mark in marks)


def gradescope(marks: Sequence[Mark], visibility: str = "visible", output: str = "") -> dict[str, Any]:
    """Return the content of Gradescope's results.json (its autograder specification, "Output format").

    Parameters
    ----------
    marks : sequence of Mark
        May be empty.
    visibility : str
        One of `VISIBILITIES`: hints tell numbers of the hidden inputs.
    output : str
        What students see above the tests, at any time.
    """
    tests = [
        {
            "name": mark.question,
            "score": mark.points,
            "max_score": mark.of,
            "output": mark.hint or "right",
            "output_format": "text",
            "visibility": visibility,
        }
        for mark in marks
    ]
    return {
        "score": total(marks),
        "output": output,
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def page(row: Row) -> str:
    """Return a student's feedback as a page of HTML that needs no other file."""
    cells = [(m.question, f"{m.points:g} of {m.of}", m.hint or "right") for m in row.marks or ()]
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in line)}</tr>\n" for line in cells)
    if body:
        body = f"<table>\n<tr><th>question</th><th>points</th><th>hint</th></tr>\n{body}</table>\n"
    words = f"{row.file}: {row.state()}" if row.file else row.state()
    return _PAGE.format(title=html.escape(row.label), state=html.escape(words), body=body)


def table(header: Sequence[str], rows: Sequence[Row], before: Before | None = None) -> str:
    """Return a CSV table: a row a student or file, a column a question.

    Parameters
    ----------
    header : sequence of str
        Titles of the cells that each row begins with.
    rows : sequence of Row
        Rows without marks have no points either: that is the teacher's to decide.
    before : mapping of tuple of str to dict, optional
        By a row's first cells, as they are written, the row of an earlier table; adds its points and what changed.
    """
    names = [name for name in catalogue.ASSIGNMENTS if name in {row.assignment for row in rows}]
    questions = list(dict.fromkeys(entry.name for name in names for entry in catalogue.ASSIGNMENTS[name]))
    again = [] if before is None else ["points before", "changes"]
    titles: list[object] = [*map(_cell, header), "assignment", "points", "of", *questions, *again, "hints"]
    lines: list[list[object]] = [titles if "file" in header else [*titles, "file"]]
    for row in rows:
        marks = row.marks or ()
        points = {mark.question: f"{mark.points:g}" for mark in marks}
        sums = [f"{total(marks):g}", _of(marks)] if marks else ["", ""]
        compared = [] if before is None else [_points_before(row, before), changes(row, before)]
        hints = [f"{mark.question}: {mark.hint}" for mark in marks if mark.hint] + row.notes
        cells = [row.assignment, *sums, *(points.get(name, "") for name in questions), *compared]
        cells = [*map(_cell, row.cells), *cells, _cell("; ".join(hints)), _cell(row.file)]
        lines.append(cells[: len(lines[0])])
    return csv_file.to_text(lines)


def changes(row: Row, before: Before) -> str:
    """Return what the marks of a row change: points and questions, or nothing."""
    old = before.get(tuple(map(_cell, row.cells)), {}) | {"points": _points_before(row, before)}
    if row.marks is None or not old["points"]:
        return ""
    new = {"points": f"{total(row.marks):g}", **{mark.question: f"{mark.points:g}" for mark in row.marks}}
    return ", ".join(f"{name} {old[name]} -> {new[name]}" for name in new if old.get(name) not in (None, "", new[name]))


def _points_before(row: Row, before: Before) -> str:
    """Return the points of an earlier table; those before it, if it was stopped before this row."""
    old = before.get(tuple(map(_cell, row.cells)), {})
    return old.get("points") or old.get("points before", "")


def _cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
