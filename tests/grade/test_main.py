"""The command: a file, a folder, its output files, and what it refuses."""

import csv
import json

import pytest

from minser.grade import __main__ as command
from minser.grade import catalogue, sandbox

from . import in_process

HOW = [] if sandbox.obstacle() is None else ["--unsandboxed"]


@pytest.fixture
def classroom(tmp_path):
    folder = tmp_path / "class"
    for student, name in (("alice", "07_optimisers"), ("bob", "07_optimisers"), ("carol", "01_stft")):
        (folder / student).mkdir(parents=True)
        text = catalogue.source(name)
        if student == "bob":
            text = text.replace("return weight * (1 - lr * weight_decay)", "return weight * (1 - weight_decay)")
        (folder / student / f"{name}.py").write_text(text, encoding="utf-8")
    (folder / "dave.py").write_text("x = 1\n")
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "01_stft.py").write_text("")
    return folder


def run(*words):
    return command.main([*map(str, words), *HOW])


def test_one_submission(classroom, tmp_path, capsys):
    assert run(classroom / "bob" / "07_optimisers.py", "--json", tmp_path / "results.json") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[3].startswith("decay_weights       0 / 1   the learning rate is missing in the decay: 1 - lr *")
    assert lines[-1] == "total              12 / 13"
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["score"] == 12
    assert [test["name"] for test in results["tests"]] == [q.name for q in catalogue.ASSIGNMENTS["07_optimisers"]]


def test_a_class(classroom, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sandbox, "ask", in_process.ask)
    assert run(classroom, "--csv", tmp_path / "points.csv", "--json", tmp_path / "all.json") == 0
    out = capsys.readouterr().out
    assert "alice/07_optimisers.py: 07_optimisers, 13 of 13\n" in out
    assert "dave.py: no assignment's number in the name, such as 01_: use --assignment\n" in out
    with (tmp_path / "points.csv").open() as file:
        rows = {row["file"]: row["points"] for row in csv.DictReader(file)}
    assert rows == {
        "alice/07_optimisers.py": "13",
        "bob/07_optimisers.py": "12",
        "carol/01_stft.py": "16",
        "dave.py": "0",
    }
    assert json.loads((tmp_path / "all.json").read_text())["carol/01_stft.py"]["score"] == 16


def test_the_seed_decides_the_inputs(classroom, monkeypatch, capsys):
    monkeypatch.setattr(sandbox, "ask", in_process.ask)
    path = classroom / "bob" / "07_optimisers.py"
    outputs = []
    for seed in (1, 1, 2):
        assert run(path, "--seed", seed) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] != outputs[2]


def test_build(tmp_path, capsys):
    assert command.main(["build", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.startswith("34 files in ")
    assert {path.suffix for path in (tmp_path / "out" / "student").iterdir()} == {".py", ".ipynb", ".csv"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere: no such file or folder"),
        (["empty"], "empty: expected a .py or .ipynb file, or a folder with some"),
        (["notes.txt"], "notes.txt: expected a .py or .ipynb file, or a folder with some"),
        (["work.py"], "work.py: no assignment's number in the name, such as 01_: use --assignment"),
        (["work.py", "--assignment", "12"], "assignment: expected one of 01_stft"),
        (["work.py", "out"], "expected one submission or folder, or build OUT, got out as well"),
        (["work.py", "--seconds", "0"], "--seconds must be at least 1"),
    ],
)
def test_bad_input_is_one_line(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "work.py").write_text("")
    (tmp_path / "notes.txt").write_text("")
    assert run(*words) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_without_a_sandbox_it_refuses_unless_told(classroom, monkeypatch, capsys):
    monkeypatch.setattr(sandbox, "obstacle", lambda: "darwin has no namespaces")
    path = str(classroom / "alice" / "07_optimisers.py")
    assert command.main([path]) == 2
    error = capsys.readouterr().err
    assert "no sandbox can be built here (darwin has no namespaces): --unsandboxed runs student code" in error
    assert command.main([path, "--unsandboxed"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "total              13 / 13"
