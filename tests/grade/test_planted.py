"""Mistakes that students make are caught, each with the hint that names it; other right ways get full points."""

import re
from collections import Counter

import pytest

from minser.grade import catalogue

from . import in_process

PLANTED = list(in_process.stored("planted"))
ALTERNATIVES = list(in_process.stored("alternatives"))


def name(row):
    return f"{row[1]}: {row[2]}"


@pytest.mark.parametrize("row", PLANTED, ids=name)
def test_a_planted_mistake_is_named(row):
    assignment, function, hint, text = row
    mark = in_process.mark(assignment, function, text)
    assert mark.points < mark.of
    assert hint in mark.hint
    assert re.search(r"expected \(?-?\d|expected numbers", mark.hint)  # both numbers, or both shapes


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 20261121])
def test_with_any_seed(seed):
    missed = [row[1:3] for row in PLANTED if row[2] not in in_process.mark(*row[:2], row[3], seed=seed).hint]
    assert missed == []


def test_there_are_enough_of_them():
    assert len(PLANTED) >= 60
    assert min(Counter(row[0] for row in PLANTED)[name] for name in catalogue.ASSIGNMENTS) >= 5
    assert len(ALTERNATIVES) >= 20


@pytest.mark.parametrize("row", ALTERNATIVES, ids=name)
def test_another_right_solution_gets_full_points(row):
    assignment, function, _, text = row
    mark = in_process.mark(assignment, function, text)
    assert (mark.points, mark.hint) == (mark.of, "")


@pytest.mark.parametrize("assignment", catalogue.ASSIGNMENTS)
def test_the_teachers_solutions_get_full_points(assignment):
    for question in catalogue.ASSIGNMENTS[assignment]:
        mark = in_process.mark(assignment, question.name, catalogue.source(assignment), seed=3)
        assert (mark.points, mark.hint) == (mark.of, "")
