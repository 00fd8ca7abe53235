"""Hidden inputs: edges in every draw, and the same faults whatever the seed."""

import itertools

import numpy as np
import pytest

from minser.grade import catalogue, hidden
from minser.grade.compare import difference
from minser.grade.questions import Fault, Question, drawn

from .in_process import question_of

QUESTIONS = [(name, question) for name in catalogue.ASSIGNMENTS for question in catalogue.ASSIGNMENTS[name]]
each_question = pytest.mark.parametrize(
    ("name", "question"), QUESTIONS, ids=lambda value: getattr(value, "name", value)
)


@pytest.mark.slow
@each_question
def test_the_same_faults_show_whatever_the_seed(name, question):
    patterns = {tuple(asked.shows() for asked in hidden.inputs(name, question, seed)) for seed in range(3)}
    assert len(patterns) == 1
    missed = [fault.hint for fault, *shows in zip(question.faults, *patterns.pop(), strict=True) if not any(shows)]
    assert missed == []


@each_question
def test_no_two_faults_look_alike(name, question):
    asked = hidden.inputs(name, question, 0)
    for one, other in itertools.combinations(range(len(question.faults)), 2):
        pairs = [(entry.faulty[one], entry.faulty[other]) for entry in asked]
        assert any(apart(*pair) for pair in pairs), (question.faults[one].hint, question.faults[other].hint)


def apart(one, other):
    if isinstance(one, Exception) or isinstance(other, Exception):
        return type(one) is not type(other)
    return difference(one, other) is not None


@pytest.mark.parametrize("seed", range(5))
def test_edges_are_in_every_draw(seed):
    def drawn_by(name, draw):
        cases = [asked.case for asked in hidden.inputs("03_augmentation", question_of("03_augmentation", name), seed)]
        return {draw(hidden.shown(case)) for case in cases}

    def masks(case):
        width = case["rng"].integers(0, case["max_width"] + 1)
        first = case["rng"].integers(0, case["spectrogram"].shape[1] - width + 1)
        return bool(width == 0), bool(width == case["max_width"]), bool(first == 0), bool(first == 9 - width)

    shifts = drawn_by(
        "shift_in_time", lambda case: int(case["rng"].integers(-case["max_shift"], case["max_shift"] + 1))
    )
    assert {0, 5, -5, -8} <= shifts
    assert all(map(any, zip(*drawn_by("time_mask", masks), strict=True)))
    assert drawn_by("random_gain", lambda case: bool(case["rng"].uniform(-1, 1) > 0)) == {True, False}
    sizes = [
        asked.case for asked in hidden.inputs("05_convolution", question_of("05_convolution", "output_size"), seed)
    ]
    left = {(c["stride"], (c["size"] + 2 * c["padding"] - c["kernel"]) % c["stride"]) for c in sizes}
    assert {(2, 0), (2, 1), (4, 1), (4, 2), (4, 3)} <= left


def test_arguments_come_in_their_order():
    for name, question in QUESTIONS:
        for asked in hidden.inputs(name, question, 0):
            own = list(hidden.shown(asked.case))
            assert own == list(catalogue.solution(name, question.name).__code__.co_varnames[: len(own)])


def test_a_fault_that_shows_once_in_a_while_shows_always():
    fault = Fault("the zero is lost", "return grad_output * (x > 0)", "return grad_output * (x >= 0)")
    cases = drawn(
        [{"grad_output": np.ones(1), "x": lambda rng: rng.integers(0, 4, 1) * 1.0}, {"x": np.ones(1), "grad_output": 1}]
    )
    question = Question("relu_backward", 1, cases, (fault,))
    for seed in range(20):
        rng = np.random.default_rng(seed)
        asked = [hidden._drawn("04_dense", question, place, rng) for place in (0, 1)]
        assert [entry.shows() for entry in asked] == [(True,), (False,)]


def test_a_draw_that_is_never_found_is_an_error(monkeypatch):
    question = question_of("04_dense", "relu_backward")
    monkeypatch.setattr(hidden, "_can_show", lambda *_: ())
    monkeypatch.setattr(hidden, "_MAX_DRAWS", 3)
    with pytest.raises(RuntimeError, match="relu_backward: no draw of case 0 shows all faults that it can show"):
        hidden._drawn("04_dense", question, 0, np.random.default_rng(0))
