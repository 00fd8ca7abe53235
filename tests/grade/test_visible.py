"""The checks that students see fail on the mistakes that students make."""

import contextlib
import io
import re

import numpy as np
import pytest

from minser.grade import build, catalogue, hidden
from minser.grade.regions import BEGIN, strip_regions

from . import in_process

QUESTIONS = [(name, question) for name in catalogue.ASSIGNMENTS for question in catalogue.ASSIGNMENTS[name]]
each_question = pytest.mark.parametrize(
    ("name", "question"), QUESTIONS, ids=lambda value: getattr(value, "name", value)
)
N_FREQUENT = 3  # faults are listed with the likelier ones first


def passes(name, question, own, monkeypatch):
    """Return whether the visible check of a question passes with a function in place of the teacher's."""
    monkeypatch.chdir(catalogue.SOURCES)
    cells = [text for kind, text in build._split_cells(catalogue.source(name)) if kind == "code"]
    place = next(i for i, cell in enumerate(cells) if re.search(rf"^def {question.name}\(", cell, re.MULTILINE))
    space = {}
    with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        for cell in (*cells[: place + 1], own):
            exec(cell if BEGIN in cell else strip_regions(cell), space)
        try:
            exec(strip_regions(cells[place + 1]), space)
        except Exception:
            return False
    return True


@each_question
def test_a_frequent_mistake_fails(name, question, monkeypatch):
    passed = []
    for fault in question.faults[:N_FREQUENT]:
        own = catalogue.with_fault(name, question.name, fault).removeprefix(catalogue.source(name))
        if passes(name, question, own, monkeypatch):
            passed.append(fault.hint)
    assert passed == []


@pytest.mark.parametrize("row", list(in_process.stored("alternatives")), ids=lambda row: f"{row[1]}: {row[2]}")
def test_a_right_solution_passes(row, monkeypatch):
    name, function, _, text = row
    assert passes(name, in_process.question_of(name, function), text, monkeypatch)


@each_question
def test_an_argument_as_it_came_fails(name, question, monkeypatch):
    own = f"def {question.name}(*arguments):\n    return arguments[0]\n"
    assert not passes(name, question, own, monkeypatch)


@each_question
def test_a_changed_argument_fails(name, question, monkeypatch):
    case = hidden.inputs(name, question, 0)[0].case
    for place, argument in enumerate(hidden.shown(case)):
        if isinstance(case[argument], (np.ndarray, dict)):
            own = (
                f"right = {question.name}\n"
                f"def {question.name}(*arguments):\n"
                f"    changed = arguments[{place}]\n"
                "    for values in changed.values() if isinstance(changed, dict) else [changed]:\n"
                "        values[...] = values\n"
                "    return right(*arguments)\n"
            )
            assert not passes(name, question, own, monkeypatch), argument
