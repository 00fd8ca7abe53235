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
def test_marks_do_not_depend_on_the_seed():
    n_seeds = 40
    given, named, varying = 0, 0, []
    for assignment, function, hint, text in PLANTED:
        marks = [in_process.mark(assignment, function, text, seed=seed) for seed in range(n_seeds)]
        assert all(mark.points < mark.of for mark in marks), (function, hint)
        if len({mark.points for mark in marks}) > 1:
            varying.append((function, hint, {mark.points for mark in marks}))
        question = in_process.question_of(assignment, function)
        hints = [mark.hint for mark in marks if question.score or in_process.known(question, mark.hint) is not None]
        given, named = given + len(hints), named + sum(hint in words for words in hints)
    assert varying == []
    total = len(PLANTED) * n_seeds
    print(f"{len(PLANTED)} planted mistakes, {n_seeds} seeds: {given} of {total} get a hint, {named} name the mistake")
    assert named == given
    assert given >= 0.95 * total
    for assignment, function, way, text in ALTERNATIVES:
        marks = [in_process.mark(assignment, function, text, seed=seed) for seed in range(n_seeds)]
        assert all(mark.points == mark.of for mark in marks), (function, way)
    print(f"{len(ALTERNATIVES)} other right solutions, {n_seeds} seeds: all get full points")


@pytest.mark.slow
def test_every_known_fault_is_named():
    wrong, total = [], 0
    for assignment, questions in catalogue.ASSIGNMENTS.items():
        for question in questions:
            for number, fault in enumerate(question.faults):
                total += 1
                hint = in_process.mark(
                    assignment, question.name, catalogue.with_fault(assignment, question.name, fault)
                ).hint
                if in_process.known(question, hint) != number:
                    wrong.append((fault.hint, hint))
    print(f"{total - len(wrong)} of {total} known faults are named")
    assert len(wrong) <= 0.05 * total, wrong


@pytest.mark.parametrize(
    ("assignment", "name", "body"),
    [
        ("03_augmentation", "time_mask(spectrogram, max_width, rng)", "return spectrogram"),
        ("03_augmentation", "shift_in_time(waveform, max_shift, rng)", "return waveform"),
        (
            "04_dense",
            "softmax(logits)",
            "e = np.exp(logits - logits.max(1, keepdims=True)); return e / (e.sum(1, keepdims=True) + 1)",
        ),
        ("04_dense", "cross_entropy(logits, targets)", "return np.inf"),
        (
            "04_dense",
            "cross_entropy(logits, targets)",
            "z = logits - logits.max(1, keepdims=True); return -np.sum(targets * z)",
        ),
        ("07_optimisers", "clip_gradients(grads, max_norm)", "return {k: g * max_norm / 50 for k, g in grads.items()}"),
        ("06_normalisation", "dropout(x, p, training, rng)", "return x"),
    ],
)
def test_a_mistake_that_no_fault_explains_gets_no_name(assignment, name, body):
    text = f"import numpy as np\ndef {name}:\n    {body}\n"
    question = in_process.question_of(assignment, name.partition("(")[0])
    mark = in_process.mark(assignment, question.name, text)
    assert mark.points < mark.of
    assert in_process.known(question, mark.hint) is None
    assert "expected" in mark.hint


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
