"""Mark a question from within a notebook: what the hidden cells call that nbgrader runs.

Comes in: the cells that ran before. Goes out: points, which nbgrader takes from the cell's output as partial credit.
"""

import json
from collections.abc import Sequence
from functools import partial

from minser.grade import catalogue, sandbox
from minser.grade.marking import mark
from minser.grade.regions import HIDDEN_BEGIN


def points(assignment: str, name: str, cells: Sequence[str], *, seed: int = 0) -> float:
    """Return the points of a question, the same as if the notebook were handed in; print a hint if some are missing.

    The cells run again, in the grader's own process for student code: in its sandbox, where one can be built.

    Parameters
    ----------
    assignment : str
        A name of ``catalogue.ASSIGNMENTS``.
    name : str
        Of the question.
    cells : sequence of str
        What ran in the notebook so far, as it stands there: ``get_ipython().history_manager.input_hist_raw``.
    seed : int
        Draws the hidden inputs.
    """
    own = [{"cell_type": "code", "source": cell} for cell in cells if HIDDEN_BEGIN not in cell]
    limits = sandbox.Limits(sandboxed=sandbox.obstacle() is None)
    ask = partial(sandbox.ask, json.dumps({"cells": own}).encode(), ".ipynb", limits=limits)
    (question,) = (entry for entry in catalogue.ASSIGNMENTS[assignment] if entry.name == name)
    result = mark(assignment, question, ask, seed)
    if result.hint:
        print(result.hint)
    return result.points
