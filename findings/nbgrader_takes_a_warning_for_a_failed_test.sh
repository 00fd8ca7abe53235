#!/usr/bin/env bash
# nbgrader gives a right answer no point where anything in its test's cell writes a line to stderr.
#
# Seen on 2026-12-01 with nbgrader 0.9.5 (nbconvert 7.17.2, ipykernel 7.4.0) and NumPy 2.4.6, Python 3.11.
#
# A test that raises gives no points, as its documentation says. The same holds for each test cell that has output on
# stderr, whether it raises or not: the line that decides asks for `error`, or `stream` named `stderr`. So the points go
# with any warning of NumPy, with a progress bar, a log, or the "compiling ..." of a library that compiles at first use,
# which a teacher whose machine has compiled it never sees. The autograder reports success, and the cell has neither an
# error nor a failed assertion to show. stdout does no harm.
#
# Output seen:
#   quiet: 2.0 of 2, stdout: 2.0 of 2, warning: 0.0 of 2, stderr: 0.0 of 2, failed: 0.0 of 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "nbgrader==0.9.5" "nbconvert==7.17.2" "ipykernel==7.4.0" "numpy==2.4.6"
export PATH="$folder/venv/bin:$PATH" HOME="$folder/home"
unset JUPYTER_DATA_DIR JUPYTER_RUNTIME_DIR JUPYTER_CONFIG_DIR IPYTHONDIR
mkdir -p "$HOME" "$folder/course" && cd "$folder/course"
cat > grade.py <<'PYTHON'
import logging
import warnings
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbformat.v4 import new_code_cell, new_notebook
from traitlets.config import Config

TESTS = {
    "quiet": "assert mean([1, 2]) == 1.5",
    "stdout": "print('testing'); assert mean([1, 2]) == 1.5",
    "warning": "import numpy as np; np.log(np.zeros(1)); assert mean([1, 2]) == 1.5",
    "stderr": "import sys; print('compiling', file=sys.stderr); assert mean([1, 2]) == 1.5",
    "failed": "assert mean([1, 2]) == 2",
}


def cell(source, name, **facts):
    facts = {"grade": False, "solution": False, "locked": False, "task": False, **facts}
    return new_code_cell(source, metadata={"nbgrader": {"schema_version": 3, "grade_id": name, **facts}})


MEAN = "def mean(x):\n    ### BEGIN SOLUTION\n    return sum(x) / len(x)\n    ### END SOLUTION"
cells = [cell(MEAN, "mean", solution=True)]
cells += [cell(test, name, grade=True, locked=True, points=2) for name, test in TESTS.items()]
kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
book = new_notebook(cells=cells, metadata={"kernelspec": kernel})
for folder in ("source/one", "submitted/able/one"):
    Path(folder).mkdir(parents=True)
    nbformat.write(book, f"{folder}/one.ipynb")
warnings.simplefilter("ignore")  # in this process, not in the notebook's
config = Config()
config.CourseDirectory.root = "."
api = NbGraderAPI(config=config)
api.log.setLevel(logging.ERROR)
for result in (api.generate_assignment("one"), api.autograde("one", "able")):
    assert result["success"], result
with Gradebook("sqlite:///gradebook.db") as gradebook:
    grades = gradebook.find_submission_notebook("one", "one", "able").grades
    points = {grade.name: grade.auto_score for grade in grades}
print(", ".join(f"{name}: {points[name]} of 2" for name in TESTS))
expected = {"quiet": 2, "stdout": 2, "warning": 0, "stderr": 0, "failed": 0}
assert points == expected, "nbgrader counts otherwise now"
PYTHON
python grade.py
