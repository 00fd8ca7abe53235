"""What students and teachers get."""

import ast
import json
import subprocess
import sys

import pytest

from minser.grade import build, catalogue, child, hidden
from minser.grade.regions import BEGIN, END

from . import in_process

ASSIGNMENTS = list(catalogue.ASSIGNMENTS)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("built")
    build.build_all(out)
    return out


def code(path):
    return child.source(path.read_bytes(), path.suffix)


@pytest.mark.parametrize("name", ASSIGNMENTS)
@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_just_the_exercises_are_not_implemented(built, name, suffix):
    text = code(built / "student" / f"{name}{suffix}")
    exercises = [question.name for question in catalogue.ASSIGNMENTS[name]]
    for question in catalogue.ASSIGNMENTS[name]:
        case = in_process.cases(question, 0)[0]
        with pytest.raises(NotImplementedError):
            child.load(text, question.name)(**hidden.shown(case))
    for function in [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]:
        assert ("raise NotImplementedError()" in ast.unparse(function)) == (function.name in exercises)


@pytest.mark.parametrize("name", ASSIGNMENTS)
@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_no_line_of_a_solution_is_left(built, name, suffix):
    page = (built / "student" / f"{name}{suffix}").read_text(encoding="utf-8")
    assert not any(word in page for word in ("SOLUTION", "HIDDEN", "END"))
    lines = {line.strip() for line in code(built / "student" / f"{name}{suffix}").split("\n")}
    for source in map(catalogue.source, ASSIGNMENTS):  # of no assignment
        for block in source.split(BEGIN)[1:]:
            for line in block.split(END)[0].strip().split("\n"):
                assert line.strip() in ("}", "") or line.strip() not in lines, line
    assert not any("in_notebook" in line for line in lines)


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_the_teachers_version_is_the_source(built, name):
    assert (built / "teacher" / f"{name}.py").read_text(encoding="utf-8") == catalogue.source(name)
    text = code(built / "teacher" / f"{name}.ipynb")
    assert text.count(BEGIN) == len(catalogue.ASSIGNMENTS[name]) == text.count("### BEGIN HIDDEN TESTS")


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_notebooks_carry_what_nbgrader_reads(built, name):
    book = json.loads((built / "student" / f"{name}.ipynb").read_text(encoding="utf-8"))
    facts = [cell["metadata"]["nbgrader"] for cell in book["cells"]]
    assert len({fact["grade_id"] for fact in facts}) == len(facts)
    questions = catalogue.ASSIGNMENTS[name]
    assert [fact["grade_id"] for fact in facts if fact["solution"]] == [question.name for question in questions]
    points = {fact["grade_id"]: fact["points"] for fact in facts if fact["grade"]}
    assert points == {f"test_{question.name}": question.points for question in questions}
    assert not any(fact["solution"] and fact["locked"] for fact in facts)
    assert json.dumps(book).count("execution_count") == sum(cell["cell_type"] == "code" for cell in book["cells"])


@pytest.mark.slow  # nbformat takes seconds to load
@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_notebooks_are_valid(built, name):
    nbformat = pytest.importorskip("nbformat")
    for who in ("student", "teacher"):
        nbformat.validate(nbformat.read(built / who / f"{name}.ipynb", as_version=4))


def test_the_same_build_gives_the_same_bytes(built, tmp_path):
    for path in build.build_all(tmp_path):
        assert path.read_bytes() == (built / path.relative_to(tmp_path)).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_the_teachers_script_runs_and_the_students_stops_at_its_first_exercise(built, name):
    for who, expected in (("teacher", ""), ("student", "NotImplementedError")):
        process = subprocess.run(
            [sys.executable, f"{name}.py"], cwd=built / who, capture_output=True, text=True, check=False
        )
        assert process.stderr.strip().endswith(expected)
        assert (process.returncode == 0) == (expected == "")
