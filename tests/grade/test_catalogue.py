"""The table of assignments, and every known fault in it."""

import ast
import json
import re

import numpy as np
import pytest

from minser.grade import build, catalogue, child, questions
from minser.grade.checks import training
from minser.grade.compare import difference
from minser.grade.hidden import shown
from minser.grade.regions import BEGIN, END

from .in_process import cases

ASSIGNMENTS = list(catalogue.ASSIGNMENTS)
QUESTIONS = [(name, question) for name in ASSIGNMENTS for question in catalogue.ASSIGNMENTS[name]]
each_question = pytest.mark.parametrize(
    ("name", "question"), QUESTIONS, ids=lambda value: getattr(value, "name", value)
)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_every_exercise_is_a_question_and_fits_15_lines(name):
    text = catalogue.source(name)
    exercises = [block.split("def ")[-1].split("(")[0] for block in text.split(BEGIN)[:-1]]
    assert exercises == [question.name for question in catalogue.ASSIGNMENTS[name]]
    for block in text.split(BEGIN)[1:]:
        assert len(block.split(END)[0].strip().splitlines()) <= 15
    for function in [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]:
        if function.name in exercises:
            assert "Parameters\n----------\n" in ast.get_docstring(function)
            assert "Returns\n-------\n" in ast.get_docstring(function)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_every_assignment_says_when_it_comes_and_how_long_it_takes(name):
    lesson, minutes = re.findall(
        r"^# Comes after lesson (\d+). Takes about (\d+) minutes.$", catalogue.source(name), re.M
    )[0]
    page = (questions.SOURCES / "README.md").read_text(encoding="utf-8")
    points = sum(question.points for question in catalogue.ASSIGNMENTS[name])
    assert re.search(
        rf"^\| {int(name[:2])} \| \[.*\]\({name}.py\) \| {lesson} \| {minutes} \| {points} \|$", page, re.M
    )
    assert list(questions.SOURCES.parent.glob(f"{int(lesson):02d}_*.py"))


@each_question
def test_every_fault_changes_one_passage(name, question):
    own = catalogue.source(name).split(f"def {question.name}(")[1].split(BEGIN)[1].split(END)[0]
    assert [fault.right for fault in question.faults if own.count(fault.right) != 1] == []


def in_float32(value):
    """Return a case with every float64 array as float32."""
    if isinstance(value, dict):
        return {key: in_float32(entry) for key, entry in value.items()}
    return value.astype(np.float32) if getattr(value, "dtype", None) == np.float64 else value


@each_question
def test_float32_is_good_enough(name, question):
    right = catalogue.solution(name, question.name)
    for seed in range(40):
        for case in cases(question, seed):
            answer = right(**in_float32(shown(case)))
            if question.score:
                assert question.score(case, answer)[0] == 1
            else:
                assert difference(answer, right(**shown(case))) is None, seed


@each_question
def test_hidden_inputs_come_from_the_seed(name, question):
    first, again, other = (child.pack(cases(question, seed)) for seed in (1, 1, 2))
    assert first == again
    if question.name not in ("output_size", "hann_window", "dft_matrix", "warmup_cosine"):
        assert first != other


@each_question
def test_hidden_inputs_are_small(name, question):
    assert len(child.pack(cases(question, 0))) < 60_000


def test_a_hidden_number_is_pythons_own():
    for _, question in QUESTIONS:
        for case in cases(question, 0):
            assert not any(isinstance(value, np.generic) for value in case.values()), question.name


@pytest.mark.parametrize(("number", "name"), [("1", "01_stft"), ("05", "05_convolution"), ("08_tra", "08_training")])
def test_an_assignment_is_found(number, name):
    assert catalogue.find(number) == name


@pytest.mark.parametrize("number", ["99", "00", "x", "", "stft"])
def test_an_unknown_assignment_is_refused(number):
    with pytest.raises(ValueError, match="assignment: expected one of 01_stft"):
        catalogue.find(number)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_a_text_is_of_the_assignment_whose_functions_it_defines(name):
    for text in (catalogue.source(name), build.notebook(catalogue.source(name), name, solutions=False)):
        assert catalogue.of_text(text)[0] == name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("softmax(x)\n# def softmax\nsoftmax = 1\n", []),
        ("\tasync def  softmax (x): pass", ["04_dense"]),
        ("x = 1\rdef softmax(x): pass\r", ["04_dense"]),
        (json.dumps({"cells": [{"source": "import numpy\ndef stft(): pass"}]}), ["01_stft"]),
        (
            "def stft(x): pass\ndef uar(x): pass\ndef dropout(x: pass\ndef standardise(): pass",
            ["08_training", "01_stft"],
        ),
    ],
)
def test_of_a_broken_text_the_definitions_count(text, names):
    assert catalogue.of_text(text)[: len(names)] == names
    assert bool(catalogue.of_text(text)) == bool(names)


def test_weights_that_were_learned_beforehand_are_of_no_use():
    learned = None
    for seed in range(3):
        case = training.train_case(np.random.default_rng(seed))
        if learned is None:
            train = catalogue.solution("08_training", "train_network")
            learned = train(**shown(case))
            assert training.train_score(case, learned)[0] == 1
        else:
            assert training.train_score(case, learned)[0] < 0.3
