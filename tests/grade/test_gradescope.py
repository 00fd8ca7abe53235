"""Gradescope's archive: what is in it, and that it writes results in every case, as in Gradescope's container."""

import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from minser.grade import __main__ as command
from minser.grade import catalogue, gradescope, sandbox

VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}
FORMAT = {"text", "html", "simple_format", "md", "ansi"}
TOP = {  # gradescope-autograders.readthedocs.io, "Autograder Specifications", "Output format"
    "score": (int, float),
    "execution_time": (int, float),
    "output": str,
    "output_format": FORMAT,
    "test_output_format": FORMAT,
    "test_name_format": FORMAT,
    "visibility": VISIBILITY,
    "stdout_visibility": VISIBILITY,
    "extra_data": dict,
    "tests": list,
    "leaderboard": list,
}
TEST = {
    "score": (int, float),
    "max_score": (int, float),
    "status": {"passed", "failed"},
    "name": str,
    "name_format": FORMAT,
    "number": str,
    "output": str,
    "output_format": FORMAT,
    "tags": list,
    "visibility": VISIBILITY,
    "extra_data": dict,
}


def assert_published_format(content):
    for entry, schema in ((content, TOP), *((test, TEST) for test in content.get("tests", ()))):
        for key, value in entry.items():
            kind = schema[key]
            assert value in kind if isinstance(kind, set) else isinstance(value, kind), key
    assert "score" in content or all("score" in test for test in content["tests"])


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "out.zip"
    words = ["gradescope", "07", str(path), "--visibility", "after_published", "--seed", "5"]
    assert command.main(words) == 0
    return path.read_bytes()


@pytest.fixture
def container(archive, tmp_path):
    """Return a folder as Gradescope's: what it unpacks and makes; Python with NumPy alone stands for setup.sh."""
    book = zipfile.ZipFile(io.BytesIO(archive))
    for entry in book.infolist():
        path = tmp_path / "source" / entry.filename
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(book.read(entry))
        path.chmod(entry.external_attr >> 16)
    (tmp_path / "source" / "run_autograder").rename(tmp_path / "run_autograder")
    for name in ("venv/bin", "submission", "results"):
        (tmp_path / name).mkdir(parents=True)
    packages = tmp_path / "packages"
    packages.mkdir()
    for path in Path(np.__file__).parents[1].glob("numpy*"):
        (packages / path.name).symlink_to(path)
    script = f'#!/bin/sh\nPYTHONPATH="$PYTHONPATH:{packages}" exec {sys.executable} -S "$@"\n'
    (tmp_path / "venv" / "bin" / "python").write_text(script)
    (tmp_path / "venv" / "bin" / "python").chmod(0o755)
    return tmp_path


def graded(container, **files):
    for name, text in files.items():
        (container / "submission" / name).write_text(text, encoding="utf-8")
    process = subprocess.run([container / "run_autograder"], cwd="/", capture_output=True, text=True, check=False)
    content = json.loads((container / "results" / "results.json").read_text(encoding="utf-8"))
    assert_published_format(content)
    return content, process


def test_the_archive_is_as_gradescope_wants_it(archive):
    book = zipfile.ZipFile(io.BytesIO(archive))
    names = book.namelist()
    assert {"setup.sh", "run_autograder", "settings.json", "minser/grade/child.py"} < set(names)
    assert "minser/grade/assignments/08_features.csv" in names
    assert len(names) == len(set(names))
    assert len(archive) < 300_000
    for name in ("setup.sh", "run_autograder"):
        assert book.read(name).startswith(b"#!/usr/bin/env bash\n")
        assert b"\r" not in book.read(name)
        assert (book.getinfo(name).external_attr >> 16) & stat.S_IXUSR
        subprocess.run(["bash", "-n"], input=book.read(name), check=True)
    settings = json.loads(book.read("settings.json"))
    assert settings == {"assignment": "07_optimisers", "visibility": "after_published", "seed": 5, "seconds": 10}
    assert gradescope.archive(gradescope.Settings(**settings)) == archive


@pytest.mark.slow
def test_a_submission_is_graded_with_numpy_alone(container):
    wrong = catalogue.source("07_optimisers").replace("(1 - lr * weight_decay)", "(1 - weight_decay)")
    content, process = graded(container, **{"my work.py": wrong})
    assert process.returncode == 0, process.stderr
    assert content["score"] == 12
    assert content["output"] == "Graded: my work.py"
    assert [test["name"] for test in content["tests"]] == [q.name for q in catalogue.ASSIGNMENTS["07_optimisers"]]
    assert {test["visibility"] for test in content["tests"]} == {"after_published"}
    assert content["tests"][3]["output"].startswith("the learning rate is missing in the decay")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "nothing handed in"),
        ({"a.txt": "", "b.zip": "PK"}, "a.txt: expected a .py or .ipynb file\nb.zip: expected a .py or .ipynb file"),
        ({"04.py": "def softmax(x): pass"}, "04.py: is of 04_dense, not 07_optimisers"),
        ({"a.ipynb": "{"}, "a.ipynb: no function of an assignment in it"),
    ],
)
def test_results_say_what_is_missing(container, files, reason):
    content, process = graded(container, **files)
    assert process.returncode == 0, process.stderr
    assert content["score"] == 0
    assert content["output"].endswith("Nothing was graded:\n" + reason)
    assert [test["max_score"] for test in content["tests"]] == [
        q.points for q in catalogue.ASSIGNMENTS["07_optimisers"]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["venv/bin/python", "source/settings.json", "source/minser/grade/marking.py"])
def test_results_are_written_when_the_grader_itself_fails(container, name):
    (container / name).unlink()
    content, process = graded(container, **{"a.py": catalogue.source("07_optimisers")})
    assert process.returncode != 0
    assert content == {"score": 0, "output": "The grader failed. Please tell your teacher, who can see why."}


@pytest.mark.slow
def test_of_several_files_the_best_counts(tmp_path):
    right = catalogue.source("07_optimisers")
    (tmp_path / "a.py").write_text(right.replace("def adam_step", "def adam"), encoding="utf-8")
    (tmp_path / "b.py").write_text(right, encoding="utf-8")
    content = gradescope.results(gradescope.Settings("07_optimisers"), tmp_path)
    assert_published_format(content)
    assert content["score"] == 13
    assert content["output"] == "Graded: b.py\na.py: does not count, has no more points"


def test_where_no_sandbox_can_be_built_the_log_says_what_is_lost(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sandbox, "obstacle", lambda: "unshare: Operation not permitted")
    users = []
    monkeypatch.setattr(gradescope, "mark_file", lambda *_, limits, **__: users.append(limits) or [])
    (tmp_path / "a.py").write_text("def adam_step(): pass")
    content = gradescope.results(gradescope.Settings("07_optimisers"), tmp_path)
    assert_published_format(content)
    assert capsys.readouterr().out.startswith("No sandbox (unshare: Operation not permitted): student code can reach")
    assert users == [sandbox.Limits(10, False, 65534 if os.getuid() == 0 else None)]


@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="only root can become another user")
def test_without_a_sandbox_root_becomes_nobody(tmp_path, monkeypatch):
    target = tmp_path / "results.json"
    target.write_text("mine")
    words = f"id -u; id -g; id -G; echo theirs > '{target}'"  # of the shell: Python may lie in root's own folder
    monkeypatch.setattr(sandbox, "_command", lambda limits: ["sh", "-c", words])
    reply, _ = sandbox._run("", sandbox.Limits(sandboxed=False, user=gradescope.NOBODY))
    assert reply.split() == [b"65534"] * 3
    assert target.read_text() == "mine"
