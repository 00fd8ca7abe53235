"""What a hidden cell gives: the grader's own points, whatever else ran in the notebook."""

import pytest

from minser.grade import catalogue, sandbox
from minser.grade.in_notebook import points
from minser.grade.regions import BEGIN, HIDDEN_BEGIN

from . import in_process


def fill(name, question, fault):
    """Return the cells of a notebook whose one question has a fault."""
    source = catalogue.source(name)
    exercise = source[source.index(f"def {question.name}(") :].split("# %%")[0]
    wrong = exercise.replace(fault.right, fault.wrong)
    return [
        cell.split("\n", 1)[-1]
        for cell in source.replace(exercise, wrong).split("# %%")
        if BEGIN in cell or "import" in cell
    ]


@pytest.mark.parametrize("name", catalogue.ASSIGNMENTS)
def test_every_fault_gets_the_graders_points(name, monkeypatch, capsys):
    monkeypatch.setattr(sandbox, "ask", in_process.ask)
    monkeypatch.setattr(sandbox, "obstacle", lambda: None)
    for question in catalogue.ASSIGNMENTS[name]:
        for fault in question.faults[:1]:
            cells = fill(name, question, fault)
            got = points(name, question.name, cells)
            assert got == in_process.mark(name, question.name, "\n\n".join(cells)).points < question.points
            assert capsys.readouterr().out.startswith(fault.hint)


@pytest.mark.slow
def test_cells_run_again_in_the_graders_sandbox_and_hidden_ones_do_not(capsys):
    text = catalogue.source("04_dense")
    exercise = text[text.index("def relu_backward(") :].split("# %%")[0]
    cells = [
        "",
        "import numpy as np",
        "%matplotlib inline",
        f"%%time\n{exercise}",
        f"{HIDDEN_BEGIN}\ndef relu_backward(*_): 0",
    ]
    (of,) = (question.points for question in catalogue.ASSIGNMENTS["04_dense"] if question.name == "relu_backward")
    assert points("04_dense", "relu_backward", cells) == of
    assert capsys.readouterr().out == ""
    assert (
        points("04_dense", "relu_backward", ["from minser import nn\ndef relu_backward(grad, x): return nn.ReLU"]) == 0
    )
    assert "only NumPy" in capsys.readouterr().out
