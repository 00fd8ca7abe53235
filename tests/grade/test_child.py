"""The wire between grader and student, and what of a submission is run."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.grade import child

TEXT = """
import numpy as np
from math import *
import torch
SIZE = np.ones(3)
def helper(x):
    return x * SIZE
def other(x):
    while True: pass
@np.vectorize
def decorated(x):
    return x
class Box:
    def open(self):
        return helper(2)
def wanted(x, n=len([1])):
    helper_result = helper(x)
    return helper_result + sqrt(4) * n, Box().open(), decorated(x)
helper_result = other(1)
print(wanted(1))
assert other(2)
"""


@pytest.mark.parametrize(
    "value",
    [1, -2.5, None, True, "word", [1, [2.0]], (1, (2,)), {"a": [1], "b": {"c": None}}, float("inf"), 10**30],
)
def test_plain_values_come_back(value):
    back = child.unpack(child.pack(value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128, np.int16, np.uint8, bool])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3), (1, 2, 3, 4)])
def test_arrays_come_back(dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    back = child.unpack(child.pack({"a": (array.T, 1)}))["a"][0]
    assert back.dtype == array.dtype
    assert np.array_equal(back, array.T)


def test_a_generator_comes_back_at_its_start():
    rng = np.random.default_rng(7)
    first = rng.random(3)
    assert np.array_equal(child.unpack(child.pack(rng)).random(3), first)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (object(), "an? object"),
        ({1, 2}, "a set"),
        (np.array([None]), "an array of dtype object"),
        (np.array(["a"]), "an array of dtype <U1"),
        (b"bytes", "a bytes"),
        (lambda: 1, "a function"),
        ((i for i in ()), "a generator"),
    ],
)
def test_what_cannot_be_an_answer_is_named(value, kind):
    with pytest.raises(TypeError, match=f"the answer holds {kind}: "):
        child.pack([value])


@given(
    st.binary(max_size=60) | st.recursive(st.integers() | st.text(max_size=5), st.lists, max_leaves=8).map(json.dumps)
)
def test_forged_bytes_are_an_error_and_no_more(data):
    with contextlib.suppress(ValueError):
        child.unpack(data)


NUMBER = "AAAAAAAA8D8="  # 1.0 in base64


def test_what_is_forged_below_would_be_an_array():
    assert np.array_equal(child.unpack(json.dumps(["array", "<f8", [1], NUMBER])), [1.0])


@pytest.mark.parametrize(
    "forged",
    [
        ["array", "<f8", [1 << 60], NUMBER],
        ["array", "<f8", [-1, -1], NUMBER],
        ["array", "O", [1], NUMBER],
        ["array", "<f8", [0, 10**40], NUMBER],
        ["dict", {"answer": ["array", "(,)f8", [1], NUMBER]}],  # NumPy would have Python read this
        ["array", "(1 2)f8,f4", [1], NUMBER],
        ["array", "<f3", [1], NUMBER],
        ["array", "<f8", [2], NUMBER],
        ["array", "<f8", [1], "?"],
        ["array", ["<f8"], [1], NUMBER],
    ],
)
def test_forged_arrays_are_refused(forged):
    with pytest.raises(ValueError, match=r"answer|size|dimension|negative"):
        child.unpack(json.dumps(forged))


def test_only_what_the_function_needs_is_run():
    text = child.excerpt(TEXT, "wanted")
    kept = [line.split("(")[0] for line in text.split("\n") if line and not line.startswith(" ")]
    names = [
        "import numpy as np",
        "from math import *",
        "SIZE = np.ones",
        "def helper",
        "@np.vectorize",
        "def decorated",
    ]
    assert kept == [*names, "class Box:", "def wanted"]
    assert text.count("\n") == TEXT.count("\n")
    sums, boxed, _ = child.load(TEXT, "wanted")(1)
    assert np.array_equal(sums, [3, 3, 3])
    assert np.array_equal(boxed, [2, 2, 2])


def test_a_syntax_error_elsewhere_costs_nothing():
    broken = TEXT.replace("    while True: pass", "    return (x +")
    assert np.array_equal(child.load(broken, "wanted")(1)[1], [2, 2, 2])
    with pytest.raises(SyntaxError, match=r"never closed: return \(x \+"):
        child.load(broken, "other")


@pytest.mark.parametrize(
    "line", ["%matplotlib inline", "!pip install torch", "print 'old Python'", "x ==== y", "else:"]
)
def test_lines_that_are_no_python_cost_nothing(line):
    assert np.array_equal(child.load(f"{line}\n{TEXT}{line}\n", "wanted")(1)[1], [2, 2, 2])


def test_what_fills_a_global_is_run():
    text = """
class Settings: pass
TABLE, settings = {}, Settings()
for i in range(3):
    TABLE[i] = {}
    TABLE[i]["square"] = i * i
settings.bias = 1
def wanted(x):
    return TABLE[x]["square"] + settings.bias
"""
    assert child.load(text, "wanted")(2) == 5


def test_a_function_that_is_not_there():
    with pytest.raises(AttributeError, match="there is no function missing"):
        child.load(TEXT, "missing")


def test_the_last_definition_counts():
    assert child.load("def f():\n    return 1\ndef f():\n    return 2\n", "f")() == 2


def test_a_notebooks_code_is_read():
    cells = [
        {"cell_type": "markdown", "source": "# text"},
        {"cell_type": "code", "source": ["def f():\n", "    return 1"]},
        {"cell_type": "code", "source": "x = 1"},
    ]
    assert child.source(json.dumps({"cells": cells}).encode(), ".ipynb") == "def f():\n    return 1\nx = 1"
    assert child.source(b"\xef\xbb\xbfx = 1\r\ny = 2", ".py") == "x = 1\ny = 2"
