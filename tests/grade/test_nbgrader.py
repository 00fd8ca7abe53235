"""nbgrader takes the built notebooks as they are."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from minser.grade import build, catalogue, child, sandbox
from minser.grade.marking import mark_file

ASSIGNMENTS = list(catalogue.ASSIGNMENTS)
GRADE_ALL = """
import sys
from nbgrader.apps import NbGraderAPI

api = NbGraderAPI()
for name in sys.argv[1:]:
    for result in (api.generate_assignment(name), *(api.autograde(name, who) for who in ("able", "lazy", "wrong"))):
        if not result["success"]:
            sys.exit(str(result))
"""


@pytest.mark.slow
@pytest.mark.parametrize("assignments", [["04_dense"], pytest.param(ASSIGNMENTS, marks=pytest.mark.long, id="all")])
def test_nbgrader_releases_and_grades_what_was_built(tmp_path, monkeypatch, assignments):
    pytest.importorskip("nbgrader")  # here, not above: it takes seconds to load, and every run collects this file
    for word in ("HOME", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(word, str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # it calls alembic by name
    (tmp_path / "home").mkdir()
    built, course = tmp_path / "built", tmp_path / "course"
    build.build_all(built, seed=7)

    def place(who, name, folder):
        folder.mkdir(parents=True)
        for path in [built / who / f"{name}.ipynb", *(built / who).glob(f"{name[:2]}_*.csv")]:
            shutil.copyfile(path, folder / path.name)

    def plant_faults(name):
        """Let a student hand in the likeliest fault of each question of one assignment."""
        place("teacher", name, course / "submitted" / "wrong" / name)
        path = course / "submitted" / "wrong" / name / f"{name}.ipynb"
        book = json.loads(path.read_text(encoding="utf-8"))
        for cell in book["cells"]:
            for question in catalogue.ASSIGNMENTS[name]:
                if question.faults and cell["metadata"]["nbgrader"]["grade_id"] == question.name:
                    fault = question.faults[0]
                    cell["source"] = "".join(cell["source"]).replace(fault.right, fault.wrong)
        path.write_text(json.dumps(book), encoding="utf-8")
        limits = sandbox.Limits(sandboxed=sandbox.obstacle() is None)
        return sum(mark.points for mark in mark_file(path, name, seed=7, limits=limits, n_parallel=2))

    def run(*words):
        process = subprocess.run([sys.executable, *words], cwd=course, capture_output=True, text=True, check=False)
        assert process.returncode == 0, process.stderr

    points = {name: plant_faults(name) for name in assignments}
    for name in assignments:
        place("teacher", name, course / "source" / name)
        place("teacher", name, course / "submitted" / "able" / name)
        place("student", name, course / "submitted" / "lazy" / name)
    run("-c", GRADE_ALL, *assignments)  # one process: nbgrader takes seconds to load
    run("-m", "nbgrader", "export", "--to", "grades.csv")
    for name in assignments:
        released = (course / "release" / name / f"{name}.ipynb").read_bytes()
        student = (built / "student" / f"{name}.ipynb").read_bytes()
        assert child.source(released, ".ipynb") == child.source(student, ".ipynb")
    scores = {}
    with (course / "grades.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            scores[row["student_id"], row["assignment"]] = float(row["score"])
    for name in assignments:
        assert scores["able", name] == sum(question.points for question in catalogue.ASSIGNMENTS[name])
        assert scores["lazy", name] == 0
        assert scores["wrong", name] == pytest.approx(points[name])
        assert points[name] < scores["able", name]
