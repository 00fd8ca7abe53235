"""Points and hints of whole submissions; what may harm, in the sandbox."""

import json

import pytest

from minser.grade import catalogue, marking, sandbox

from . import in_process

LIMITS = sandbox.Limits(seconds=5, sandboxed=sandbox.obstacle() is None)


def mark_text(tmp_path, text, assignment="04_dense", *, name="04_dense.py"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    marks = marking.mark_file(path, assignment, seed=0, limits=LIMITS, n_parallel=2)
    return {mark.question: mark for mark in marks}


@pytest.mark.slow
def test_broken_functions_cost_themselves_alone(tmp_path):
    text = catalogue.source("04_dense")
    text = text.replace("return x @ weight + bias", "while True:\n        pass")
    text = text.replace("return grad_output * (x > 0)", "import os; os._exit(1)")
    text = text.replace("    powers = np.exp(", "    powers = (np.exp(")
    text = text.replace("grad_output.sum(axis=0)", "grad_output")
    text += "\nimport torch\nwhile True:\n    pass\n"
    marks = mark_text(tmp_path, text)
    lost = {name: mark.hint for name, mark in marks.items() if mark.points < mark.of}
    assert set(lost) == {"dense_forward", "relu_backward", "softmax", "dense_backward"}
    assert "no answer after 5 s" in lost["dense_forward"]
    assert "ended without an answer" in lost["relu_backward"]
    assert lost["softmax"].startswith("SyntaxError: '(' was never closed: powers = (np.exp(")
    assert lost["dense_backward"].startswith("the gradient of bias was not summed over the batch (your answer[2] has")


def test_partial_credit():
    text = catalogue.source("06_normalisation").replace(":: stride[0], :: stride[1]", ":: size[0], :: size[1]")
    mark = in_process.mark("06_normalisation", "max_pool_forward", text)
    assert mark.points == round(2 / 3, 2)  # right where the stride equals the size
    assert mark.hint.startswith("the stride is assumed equal to the size (your answer has the shape")


def test_a_question_that_builds_upon_a_wrong_one_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "ask", in_process.ask)
    text = catalogue.source("02_mel").replace("    rows[0] /= np.sqrt(2)\n", "")
    marks = mark_text(tmp_path, text, "02_mel")
    assert marks["dct_matrix"].hint.startswith("row 0 is not divided by sqrt(2)")
    assert marks["mfcc"].hint.endswith("; dct_matrix is wrong as well, and this may build upon it")
    assert marks["log_mel"].hint == ""


@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_what_the_students_own_function_calls_is_looked_at(tmp_path, suffix, monkeypatch):
    monkeypatch.setattr(sandbox, "ask", in_process.ask)
    text = catalogue.source("02_mel").replace("    rows[0] /= np.sqrt(2)\n", "")
    text = text[: text.index("def mfcc")]
    for factor, says_so in (("dct_matrix(n_mfcc, len(decibels))", True), ("np.ones((n_mfcc, len(decibels)))", False)):
        submission = f"{text}def mfcc(decibels, n_mfcc):\n    return {factor} @ decibels + 1\n"
        if suffix == ".ipynb":
            cell = {"cell_type": "code", "source": submission.splitlines(keepends=True)}
            submission = json.dumps({"cells": [cell]}, indent=1)
        hint = mark_text(tmp_path, submission, "02_mel", name=f"02_mel{suffix}")["mfcc"].hint
        assert hint.endswith("; dct_matrix is wrong as well, and this may build upon it") == says_so


def test_an_error_names_the_students_line():
    text = "import numpy as np\n\ndef hz_to_mel(hertz):\n    above = hertz.log()\n    return above\n"
    hint = in_process.mark("02_mel", "hz_to_mel", text).hint
    assert hint == "AttributeError: 'numpy.ndarray' object has no attribute 'log', in hz_to_mel: above = hertz.log()"


def test_other_seeds_are_other_inputs():
    text = catalogue.source("01_stft").replace("np.abs(spectra) ** 2", "np.abs(spectra)")
    hints = {in_process.mark("01_stft", "power_spectrum", text, seed=seed).hint for seed in range(3)}
    assert len(hints) == 3
    assert all(hint.startswith("this is the magnitude: the square is missing (your answer[0, 0] is") for hint in hints)


@pytest.mark.slow
def test_a_notebook_with_magics_is_graded(tmp_path):
    source = catalogue.source("07_optimisers")
    cells = [{"cell_type": "code", "source": ["%matplotlib inline\n", "!pip list"]}]
    cells += [{"cell_type": "code", "source": part} for part in source.split("# %%\n")[1:]]
    marks = mark_text(tmp_path, json.dumps({"cells": cells}), "07_optimisers", name="07.ipynb")
    assert all(mark.points == mark.of for mark in marks.values())


def as_notebook(text, version):
    if version == 3:
        cells = [{"cell_type": "code", "language": "python", "input": part} for part in text.split("# %%\n")]
        return json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]})
    cells = [{"cell_type": "code"}, *({"cell_type": "code", "source": part} for part in text.split("# %%\n"))]
    return json.dumps({"nbformat": 4, "cells": cells})


OTHER_FORMS = {
    "everything of NumPy": lambda text: f"from numpy import *\nfrom numpy.testing import *\n{text}".encode(),
    "Latin-1": lambda text: f"# -*- coding: latin-1 -*-\nNAME = 'Größe'\n{text}".encode("latin-1"),
    "CR line ends": lambda text: text.replace("\n", "\r").encode(),
    "CRLF and a byte order mark": lambda text: text.replace("\n", "\r\n").encode("utf-8-sig"),
    "nbformat 3": lambda text: as_notebook(text, 3).encode(),
    "a cell without source": lambda text: as_notebook(text, 4).encode(),
    "a table that is filled at the margin": lambda text: (
        text.replace("    ### BEGIN SOLUTION\n", "    TABLE[0] + SETTINGS['one']\n")
        + "\nTABLE, SETTINGS = [], {}\nTABLE.append(1)\nSETTINGS.update(one=1)\n"
    ).encode(),
}


@pytest.mark.slow
@pytest.mark.parametrize("form", OTHER_FORMS)
def test_a_right_file_in_another_form_gets_full_points(tmp_path, form):
    data = OTHER_FORMS[form](catalogue.source("01_stft"))
    path = tmp_path / ("01.ipynb" if data.startswith(b"{") else "01.py")
    path.write_bytes(data)
    marks = marking.mark_file(path, "01_stft", seed=0, limits=LIMITS, n_parallel=2)
    assert [(mark.question, mark.hint) for mark in marks if mark.points < mark.of] == []


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "\x00", "{", "\ufeff", "def", '{"cells": 3}'])
@pytest.mark.parametrize("name", ["a.py", "a.ipynb"])
def test_rubbish_gets_no_points_and_no_traceback(tmp_path, text, name):
    marks = mark_text(tmp_path, text, "07_optimisers", name=name)
    assert {mark.points for mark in marks.values()} == {0}
    assert all(mark.hint and "\n" not in mark.hint for mark in marks.values())


def test_an_error_of_the_whole_file_is_told_once(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "ask", in_process.ask)
    marks = mark_text(tmp_path, "[]", "01_stft", name="01.ipynb")
    hints = [mark.hint for mark in marks.values()]
    assert hints[0].startswith("ValueError: the notebook holds no cells that can be read")
    assert set(hints[1:]) == {"the same as hann_window"}
    marks = mark_text(tmp_path, "def hann_window(n):\n    raise NotImplementedError\n", "01_stft")
    assert [mark.hint for mark in marks.values()][1] == "AttributeError: there is no function frame_signal"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.py", "at most 10 MB, got 30.0 MB$"),
        ("a.IPYNB", "got 30.0 MB: clear the notebook's outputs and save it again$"),
    ],
)
def test_too_large_a_file_is_refused(tmp_path, name, message):
    with (tmp_path / name).open("wb") as file:
        file.truncate(30_000_000)
    with pytest.raises(ValueError, match=message):
        marking.mark_file(tmp_path / name, "04_dense", seed=0, limits=LIMITS, n_parallel=1)
