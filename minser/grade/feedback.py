"""What a teacher reads: lines, Gradescope's file, a table of the class.

Comes in: marks. Goes out: text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from minser.grade.marking import Mark
from minser.system import csv_file


def lines(marks: Sequence[Mark]) -> str:
    """Return a line a question, and the sum."""
    width = max(len(mark.question) for mark in marks)
    rows = [f"{mark.question:{width}}  {mark.points:5g} / {mark.of:<3g} {mark.hint}".rstrip() for mark in marks]
    return "\n".join([*rows, f"{'total':{width}}  {total(marks):5g} / {sum(mark.of for mark in marks):<3g}".rstrip()])


def total(marks: Sequence[Mark]) -> float:
    """Return the sum of the points."""
    return round(sum(mark.points for mark in marks), 2)


def gradescope(marks: Sequence[Mark]) -> dict[str, Any]:
    """Return the content of Gradescope's results.json (its autograder specification, "Output Format")."""
    tests = [
        {"name": mark.question, "score": mark.points, "max_score": mark.of, "output": mark.hint or "right"}
        for mark in marks
    ]
    return {"score": total(marks), "tests": tests}


def table(results: Mapping[str, tuple[str, Sequence[Mark] | str]]) -> str:
    """Return a CSV table: file, assignment, points, of, the points of each question, and hints or why there are none.

    Parameters
    ----------
    results : mapping of str to (str, marks or str)
        For each file its assignment, and its marks, or why it has none.
    """
    rows: list[list[object]] = [["file", "assignment", "points", "of", "questions", "hints"]]
    for name, (assignment, marks) in results.items():
        if isinstance(marks, str):
            rows.append([_cell(name), assignment, 0, "", "", _cell(marks)])
            continue
        points = " ".join(f"{mark.question}={mark.points:g}/{mark.of}" for mark in marks)
        hints = "; ".join(f"{mark.question}: {mark.hint}" for mark in marks if mark.hint)
        of = sum(mark.of for mark in marks)
        rows.append([_cell(name), assignment, f"{total(marks):g}", of, points, _cell(hints)])
    return csv_file.to_text(rows)


def _cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
