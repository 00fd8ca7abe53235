"""What a wrong answer is told: the place, both numbers, and what the whole has to do with the right one."""

import numpy as np
import pytest

from minser.grade.compare import difference

RIGHT = np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.5]])


@pytest.mark.parametrize(
    "right", [RIGHT, RIGHT.astype(complex), 3, 2.5, (1.0, RIGHT), {"a": RIGHT, "b": 1}, np.eye(2, dtype=int)]
)
def test_the_right_answer_is_right(right):
    assert difference(right, right) is None


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (RIGHT + 1e-4 * np.eye(2, 3), "your answer[0, 0] is 1.0001, expected 1"),
        (2 * RIGHT, "your answer[0, 0] is 2, expected 1 (every number is 2 times the right one)"),
        (-RIGHT, "your answer[0, 0] is -1, expected 1 (every sign is turned)"),
        (RIGHT - 3, "your answer[0, 0] is -2, expected 1 (every number is off by -3)"),
        (RIGHT[::-1], "your answer[0, 0] is 8, expected 1 (axis 0 runs backwards)"),
        (np.roll(RIGHT, 1, axis=1), "your answer[0, 0] is 4, expected 1 (axis 1 is shifted by one)"),
        (np.sqrt(RIGHT), "your answer[0, 1] is 1.41421, expected 2 (it is the square root of what it should be)"),
        (RIGHT**2, "your answer[0, 1] is 4, expected 2 (it is the square of what it should be)"),
        (RIGHT.T, "your answer has the shape (3, 2), expected (2, 3) (the axes are swapped)"),
        (RIGHT[0], "your answer has the shape (3,), expected (2, 3)"),
        (np.where(RIGHT == 16, np.nan, RIGHT), "your answer[1, 1] is nan, expected 16 (there are numbers that are"),
        (None, "your answer is None: is the return missing?, expected numbers"),
        ("text", "your answer is a str, expected numbers"),
        ([[1.0], [2.0, 3.0]], "your answer is a list of 2 values, expected an array"),
        (True, "your answer has the shape (), expected (2, 3)"),
    ],
)
def test_a_wrong_answer_is_described(answer, sentence):
    assert str(difference(answer, RIGHT)).startswith(sentence)


def test_a_square_on_its_side():
    square = np.array([[1.0, 2.0], [3.0, 4.5]])
    assert difference(square.T, square) == "your answer[0, 1] is 3, expected 2 (the axes are swapped)"


@pytest.mark.parametrize(
    ("answer", "right", "sentence"),
    [
        ((1.0, 2.0), (1.0, 3.0), "your answer[1] is 2, expected 3"),
        (1.0, (1.0, 3.0), "your answer is a float, expected a tuple of 2 values"),
        ({"a": 1.0}, {"a": 2.0}, "your answer['a'] is 1, expected 2"),
        ({"b": 1.0}, {"a": 2.0}, "your answer is a dict with the keys ['b'], expected a dict with the keys a"),
        (np.eye(2), {"a": 2.0}, "your answer is an array of shape (2, 2), expected a dict with the keys a"),
        (10**400, 1.0, "your answer is an int, expected numbers"),
    ],
)
def test_parts_are_named(answer, right, sentence):
    assert difference(answer, right) == sentence


@pytest.mark.parametrize("form", [tuple, list, np.array, np.stack, np.float32])
@pytest.mark.parametrize("right", [(1.5, 2.5), (RIGHT, RIGHT[::-1]), (np.float64(1), np.array(2))])
def test_a_tuple_may_come_as_another_sequence(form, right):
    if form is np.float32:
        assert difference(np.asarray(right, np.float32), right) is None
    else:
        assert difference(form(right), right) is None
    wrong = difference(form([right[0], np.asarray(right[1]) + 1]), right)
    assert wrong is not None
    assert wrong.startswith("your answer[1]")


def test_a_stack_of_another_length_is_wrong():
    assert difference(np.ones(3), (1.0, 1.0)) == "your answer is an array of shape (3,), expected a tuple of 2 values"
    assert difference(np.array(1.0), (1.0, 1.0)) == "your answer is an array of shape (), expected a tuple of 2 values"


@pytest.mark.parametrize("wild", [np.inf, -np.inf, np.nan])
def test_a_number_that_is_not_finite_is_a_difference(wild):
    assert difference(820.8, wild) is not None
    assert difference(wild, 820.8) is not None
    assert difference(wild, wild) is None
    assert difference(np.array([1.0, wild]), np.array([1.1, wild])) is not None
    assert difference(np.ones(2), np.array([1.0, wild])) is not None
    assert difference(np.array([wild, 1.0]), np.array([wild, 1.0 + 1e-8])) is None


def test_single_precision_is_good_enough():
    x = np.random.default_rng(0).standard_normal((20, 30))
    assert difference(np.float32(x), x) is None
    assert difference(x * (1 + 3e-5), x) is not None


def test_small_numbers_beside_zero_count():
    assert difference(np.full(3, 1e-7), np.zeros(3)) is not None
    assert difference(np.full(3, 1e-17), np.zeros(3)) is None
