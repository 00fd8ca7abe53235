"""The wire between grader and student, and what of a submission is run."""

import array
import contextlib
import json
from collections import deque
from decimal import Decimal
from fractions import Fraction
from http import HTTPStatus
from types import MappingProxyType

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
        (np.array([object()]), "an? object"),
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
    assert child.source(json.dumps({"cells": cells}).encode(), ".ipynb") == "def f():\n    return 1\n\f\nx = 1"


def notebook(*cells, **entries):
    return json.dumps({"cells": [{"cell_type": "code", **cell} for cell in cells], **entries}).encode()


def test_an_old_notebook_is_read():
    cells = [{"cell_type": "code", "input": ["def f():\n", "    return 1"]}, {"cell_type": "heading", "source": "x"}]
    book = json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode()
    assert child.load(child.source(book, ".ipynb"), "f")() == 1


@pytest.mark.parametrize("empty", [{}, {"source": []}, {"source": ""}, {"source": None}])
def test_an_empty_cell_costs_nothing(empty):
    text = child.source(notebook(empty, {"source": "def f():\r\n    return 1"}, empty), ".ipynb")
    assert child.load(text, "f")() == 1


@pytest.mark.parametrize("book", ["[]", "3", "{}", '{"cells": 3}', '{"cells": [3]}', '{"worksheets": [{}]}'])
def test_a_notebook_without_cells_is_told(book):
    with pytest.raises(ValueError, match="the notebook holds no cells that can be read"):
        child.source(book.encode(), ".ipynb")


@pytest.mark.parametrize(
    "broken",
    ["%time f()", "    %%html\n<p>", "!ls", "np.pad?", "?np", "x = !ls", "def broken(:\n    pass", 'word = """never'],
)
def test_a_cell_that_is_no_python_costs_no_other(broken):
    margin = 'def f(x):\n    """Text\nat the left margin,\n% of it.\n    """\n    return (x\n% 3)'
    for cells in ((broken, margin), (margin, broken)):
        text = child.source(notebook(*({"source": cell} for cell in cells)), ".ipynb")
        assert child.load(text, "f")(5) == 2


def test_magics_beside_a_function_cost_nothing():
    cell = "%matplotlib inline\nif True:\n    !pip list\ndef f(x):\n    return x\n"
    assert child.load(child.source(notebook({"source": cell}), ".ipynb"), "f")(5) == 5


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("first", "encoding"),
    [
        ("# -*- coding: latin-1 -*-", "latin-1"),
        ("#!/usr/bin/python\n# vim: set fileencoding=cp1252 :", "cp1252"),
        ("# Größe", "utf-8"),
        ("# Größe", "utf-8-sig"),
        ("x = 1", "utf-8"),
    ],
)
def test_encodings_and_line_ends_are_read_as_python_reads_them(first, encoding, end):
    text = f"{first}\ndef f():\n    return 'Größe'\n"
    read = child.source(text.replace("\n", end).encode(encoding), ".py")
    assert read == text
    assert child.load(read, "f")() == "Größe"


@pytest.mark.parametrize(
    "data", ["# é".encode("latin-1"), b"# coding: nonsense\n", b"# coding: rot13\n", "x = 1".encode("utf-16")]
)
def test_another_encoding_is_told(data):
    with pytest.raises(SyntaxError, match="the file is no text in UTF-8, or in the encoding that its first line decl"):
        child.source(data, ".py")


@pytest.mark.parametrize(
    "statement",
    [
        "TABLE.append(3)",
        "TABLE.extend([3])",
        "TABLE[len(TABLE):] = [3]",
        "TABLE += [3]",
        "for i in [3]:\n    TABLE.append(i)",
        "if True:\n    TABLE.append(3)",
        "try:\n    pass\nfinally:\n    TABLE.append(3)",
        "[TABLE.append(i) for i in [3]]",
        "list.append(TABLE, 3)",
        "def fill():\n    TABLE.append(3)\nfill()",
        "def fill():\n    global TABLE\n    TABLE = [3]\nfill()",
        "def fill(into):\n    into.append(3)\nfill(TABLE)",
        "TABLE.append(0)\nTABLE.append(3)\ndel TABLE[0]",
    ],
)
def test_what_changes_a_global_is_run(statement):
    text = f"TABLE = []\n{statement}\nprint(TABLE, 1 / 0)\nassert not TABLE\ndef f():\n    return TABLE\n"
    assert child.load(text, "f")() == [3]


@pytest.mark.parametrize(
    "check", ["np.random.shuffle(missing)", "test()", "f(2).check()", "np.testing.assert_equal(SIZE, 3)", "g(f(SIZE))"]
)
def test_a_visible_check_is_not_run(check):
    text = f"import numpy as np\nSIZE = 2\ndef test():\n    1 / 0\ndef f(x):\n    return np.ones(x * SIZE)\n{check}\n"
    assert np.array_equal(child.load(text, "f")(1), [1, 1])


def test_annotations_that_are_read_late():
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass Box:\n    x: Later\n"
        "def f(x: Missing) -> Missing:\n    return Box(x).x\n"
    )
    assert child.load(text, "f")(3) == 3


@pytest.mark.parametrize("header", ["x, y", "a, b", "y, x", "a, b=0", "*parts", "x, /, y", "x, y, z=0", "**parts"])
def test_arguments_go_by_their_names_or_else_by_their_order(header):
    names = {"a, b": "a, b", "a, b=0": "a, b", "*parts": "parts", "**parts": "parts.values()"}.get(header, "x, y")
    function = child.load(f"def f({header}):\n    return tuple(({names}))\n", "f")
    assert child._call(function, {"x": 1, "y": 2}) == (1, 2)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Fraction(1, 4), 0.25),
        (Decimal("0.25"), 0.25),
        (range(3), [0, 1, 2]),
        (array.array("d", [1, 2]), [1.0, 2.0]),
        (deque([1]), [1]),
        (np.array([1, 2.5], dtype=object), [1, 2.5]),
        (np.array([[1], [2, 3]], dtype=object), [[1], [2, 3]]),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (HTTPStatus.OK, 200),
    ],
)
def test_numbers_in_other_clothes_come_back_plain(value, plain):
    assert child.unpack(child.pack(value)) == plain
