"""Build what students and teachers get: scripts and notebooks, without and with solutions.

Comes in: the assignments' sources in percent format. Goes out: files.
"""

import json
import re
from pathlib import Path
from typing import Any

from minser.grade import catalogue
from minser.grade.regions import BEGIN, HIDDEN_BEGIN, HIDDEN_END, strip_regions
from minser.system.atomic import write_atomic

_CALL = f"""# This cell gives the points of {{question}}.
{HIDDEN_BEGIN}
from minser.grade.in_notebook import points

points("{{name}}", "{{question}}", get_ipython().history_manager.input_hist_raw, seed={{seed}})
{HIDDEN_END}"""


def build_all(out: Path, *, seed: int = 0) -> list[Path]:
    """Write ``student`` and ``teacher`` versions of every assignment, each as .py and as .ipynb.

    Parameters
    ----------
    out : Path
        A folder; made if it is not there.
    seed : int
        Draws the hidden inputs of nbgrader's cells.

    Returns
    -------
    list of Path
        The files, the data that they read among them.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    written = []
    for name in catalogue.ASSIGNMENTS:
        text = catalogue.source(name)
        for who in ("student", "teacher"):
            folder = out / who
            folder.mkdir(parents=True, exist_ok=True)
            files = {path.name: path.read_text(encoding="utf-8") for path in catalogue.data_files(name)}
            files[f"{name}.py"] = strip_regions(text) if who == "student" else text
            files[f"{name}.ipynb"] = notebook(text, name, solutions=who == "teacher", seed=seed)
            for file, content in files.items():
                write_atomic(folder / file, content)
                written.append(folder / file)
    return written


def notebook(text: str, name: str, *, solutions: bool, seed: int = 0) -> str:
    """Return an assignment as a notebook (nbformat 4.5) with nbgrader's metadata (schema 3).

    A cell with a solution is an exercise. After the checks that follow it comes a locked cell that carries its points:
    it calls the grader.

    Parameters
    ----------
    text : str
        Percent format.
    name : str
        Of the assignment.
    solutions : bool
        Whether to keep solutions and hidden tests.
    seed : int
        Draws the hidden inputs.
    """
    points = {question.name: question.points for question in catalogue.ASSIGNMENTS[name]}
    cells, exercise = list[dict[str, Any]](), ""

    def add(kind: str, source: str, grade_id: str, **facts: object) -> None:
        fields = {"schema_version": 3, "grade": False, "solution": False, "locked": True, "task": False}
        cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{len(cells):02d}"}
        cell["metadata"] = {"nbgrader": {**fields, "grade_id": grade_id, **facts}}
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        shown = source if solutions else strip_regions(source).strip("\n")
        cells.append({**cell, "source": shown.splitlines(keepends=True)})

    for number, (kind, source) in enumerate(_split_cells(text)):
        if BEGIN in source:
            exercise = re.findall(r"^def (\w+)", source, re.MULTILINE)[-1]
            add(kind, source, exercise, solution=True, locked=False)
            continue
        add(kind, source, f"cell-{number:02d}")
        if kind == "code" and exercise:
            call = _CALL.format(name=name, question=exercise, seed=seed)
            add(kind, call, f"test_{exercise}", grade=True, points=points[exercise])
            exercise = ""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def _split_cells(text: str) -> list[tuple[str, str]]:
    """Return kind ("code" or "markdown") and text of each cell of a script in percent format."""
    cells = []
    for head, body in re.findall(r"^# %%([^\n]*)\n(.*?)(?=^# %%|\Z)", text, re.MULTILINE | re.DOTALL):
        if "[markdown]" in head:
            cells.append(("markdown", re.sub(r"^# ?", "", body.strip("\n"), flags=re.MULTILINE)))
        else:
            cells.append(("code", body.strip("\n")))
    return cells
