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


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


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


def test_a_folder(classroom, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sandbox, "ask", in_process.ask)
    assert run(classroom, "--csv", tmp_path / "points.csv", "--json", tmp_path / "all.json") == 0
    out = capsys.readouterr().out
    assert "alice/07_optimisers.py: 07_optimisers, 13 of 13\n" in out
    assert "dave.py: no function of an assignment in it\n" in out
    assert {row["file"]: row["points"] for row in table(tmp_path / "points.csv")} == {
        "alice/07_optimisers.py": "13",
        "bob/07_optimisers.py": "12",
        "carol/01_stft.py": "16",
        "dave.py": "",
    }
    assert json.loads((tmp_path / "all.json").read_text())["carol/01_stft.py"]["score"] == 16


FAULT = ("return weight * (1 - lr * weight_decay)", "return weight * (1 - weight_decay)")
LIST = """name,id,e-mail
Ann Bee,1,ann@uni.edu
Bob Cat,2,bob@uni.edu
=Cy <b>,3,cy@uni.edu
Dee,4,dee@uni.edu
"""


@pytest.fixture
def lecture(tmp_path, monkeypatch):
    """Return a folder as Moodle and Canvas leave it; Bob hands in twice, Dee nothing that can be read."""
    monkeypatch.setattr(sandbox, "ask", in_process.ask)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    right = catalogue.source("07_optimisers")
    files = {
        "Ann Bee_77_assignsubmission_file_/solution.py": right,
        "catbob_2_555_solution.py": right.replace(*FAULT),
        "catbob_2_556_solution-1.PY": right,
        "3/\x1b[2J\nmine.py": right.replace(*FAULT),
        "4/work.zip": "PK",
        "Group 05_1240_assignsubmission_file_/solution.py": right,
        "readme\x1b[2J.txt": "",
    }
    for name, text in files.items():
        (tmp_path / "work" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "work" / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_class(lecture, capsys):
    assert run("work", "--class", "list.csv", "--csv", "points.csv", "--pages", "feedback") == 0
    out = capsys.readouterr().out
    assert out.splitlines() == [
        "Group 05_1240_assignsubmission_file_/solution.py: 07_optimisers, of nobody in list.csv",
        "readme [2J.txt: expected a .py or .ipynb file, of nobody in list.csv",
        "Ann Bee: 07_optimisers, 13 of 13",
        "Bob Cat: 07_optimisers, 13 of 13; catbob_2_555_solution.py: does not count, has no more points",
        "=Cy <b>: 07_optimisers, 12 of 13",
        "Dee: 4/work.zip: expected a .py or .ipynb file",
    ]
    rows = table(lecture / "points.csv")
    assert list(rows[0])[:6] == ["name", "id", "e-mail", "assignment", "points", "of"]
    assert list(rows[0])[6:12] == [question.name for question in catalogue.ASSIGNMENTS["07_optimisers"]]
    assert [row["points"] for row in rows] == ["13", "13", "12", ""]
    assert [row["decay_weights"] for row in rows] == ["1", "1", "0", ""]
    assert (rows[1]["file"], rows[2]["name"]) == ("catbob_2_556_solution-1.PY", "'=Cy <b>")
    assert sorted(path.name for path in (lecture / "feedback").iterdir()) == ["1.html", "2.html", "3.html", "4.html"]
    page = (lecture / "feedback" / "3.html").read_text(encoding="utf-8")
    assert "=Cy &lt;b&gt;" in page
    assert "the learning rate is missing in the decay" in page
    assert "4/work.zip: expected a .py or .ipynb file" in (lecture / "feedback" / "4.html").read_text()


def test_who_handed_in_nothing_has_a_row_and_a_page(lecture):
    (lecture / "work" / "4" / "work.zip").unlink()
    assert run("work", "--class", "list.csv", "--csv", "points.csv", "--pages", "feedback") == 0
    assert table(lecture / "points.csv")[3] | {"hints": ""} == dict.fromkeys(table(lecture / "points.csv")[3], "") | {
        "name": "Dee",
        "id": "4",
        "e-mail": "dee@uni.edu",
        "assignment": "07_optimisers",
    }
    assert "<p>nothing handed in</p>" in (lecture / "feedback" / "4.html").read_text()


def test_a_class_has_one_assignment(lecture, capsys):
    (lecture / "work" / "4" / "x.py").write_text("def stft(x): pass")
    (lecture / "work" / "nobodys.py").write_text("def dropout(x): pass")
    assert run("work", "--class", "list.csv") == 2
    assert "work: 01_stft (1 files), 07_optimisers (4 files): choose one by --assignment" in capsys.readouterr().err
    assert run("work", "--class", "list.csv", "--assignment", "7", "--csv", "points.csv") == 0
    assert table(lecture / "points.csv")[3]["hints"].endswith("; 4/x.py: is of 01_stft, not 07_optimisers")
    assert "x.py" not in (lecture / "points.csv").read_text().splitlines()[1]


def test_what_is_graded_is_kept_when_it_is_stopped(lecture, monkeypatch, capsys):
    n_files = iter(range(9))

    def stop(*words, **options):
        if next(n_files) == 3:
            raise KeyboardInterrupt
        return mark_file(*words, **options)

    mark_file = command.mark_file
    monkeypatch.setattr(command, "mark_file", stop)
    words = ["work", "--class", "list.csv", "--csv", "points.csv", "--pages", "feedback", "--json", "all.json"]
    assert run(*words) == 130
    assert [row["points"] for row in table(lecture / "points.csv")] == ["13", "13", "", ""]
    assert table(lecture / "points.csv")[2]["hints"] == "not graded yet"
    assert "not graded yet" in (lecture / "feedback" / "3.html").read_text()
    assert [page["score"] for page in json.loads((lecture / "all.json").read_text()).values()] == [13, 13, 0, 0]


@pytest.mark.parametrize("option", ["--csv", "--json", "--pages"])
def test_an_unwritable_place_is_noticed_first(lecture, option, monkeypatch, capsys):
    monkeypatch.setattr(command, "mark_file", None)  # it is not called
    (lecture / "file").write_text("")
    assert run("work", "--class", "list.csv", option, "file/x") == 2
    assert "file/x" in capsys.readouterr().err


def test_an_earlier_table_is_kept(lecture, monkeypatch):
    (lecture / "points.csv").write_text("marks of a week ago")

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "mark_file", stop)
    assert run("work", "--csv", "points.csv") == 130
    assert (lecture / "points.before.csv").read_text() == "marks of a week ago"
    assert {row["points"] for row in table(lecture / "points.csv")} == {""}


def test_regrading_keeps_the_old_marks_and_shows_what_changed(lecture, capsys):
    words = ["work", "--class", "list.csv", "--csv", "points.csv"]
    assert run(*words) == 0
    old = (lecture / "points.csv").read_text()
    (lecture / "work" / "3" / "\x1b[2J\nmine.py").write_text(catalogue.source("07_optimisers"), encoding="utf-8")
    (lecture / "work" / "4" / "late.py").write_text(catalogue.source("07_optimisers"), encoding="utf-8")
    capsys.readouterr()
    assert run(*words, "--regrade") == 0
    assert (
        "=Cy <b>: 07_optimisers, 13 of 13 (changed: points 12 -> 13, decay_weights 0 -> 1)\n" in capsys.readouterr().out
    )
    rows = table(lecture / "points.csv")
    assert [row["points before"] for row in rows] == ["13", "13", "12", ""]
    assert [row["points"] for row in rows] == ["13"] * 4
    assert [row["changes"] for row in rows] == ["", "", "points 12 -> 13, decay_weights 0 -> 1", ""]
    assert (lecture / "points.before.csv").read_text() == old


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
    assert capsys.readouterr().out.startswith(f"{4 * len(catalogue.ASSIGNMENTS) + 2} files in ")  # one with data
    assert {path.suffix for path in (tmp_path / "out" / "student").iterdir()} == {".py", ".ipynb", ".csv"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere: no such file or folder"),
        (["empty"], "empty: expected a .py or .ipynb file, or a folder with some"),
        (["notes.txt"], "notes.txt: expected a .py or .ipynb file"),
        (["work.py"], "work.py: no function of an assignment in it"),
        (["05.py", "--assignment", "5"], "05.py: is of 04_dense, not 05_convolution"),
        (["05.py", "--pages", "feedback"], "--pages: needs --class, which says who gets one"),
        (["05.py", "--regrade"], "--regrade: needs --csv, the table with the earlier points"),
        (["05.py", "--regrade", "--csv", "points.csv"], "points.csv: line 1: expected columns file and points, as for"),
        (["05.py", "--class", "points.csv"], "points.csv: line 1: expected columns name, id or e-mail"),
        (
            ["05.py", "--csv", "nowhere/points.csv"],
            "nowhere/points.csv: cannot be written: No such file or directory",
        ),
        (["gradescope", "04"], "got 04 as well"),
        (["gradescope", "13", "out.zip"], "assignment: expected one of 01_stft"),
        (["work.py", "--assignment", "13"], "assignment: expected one of 01_stft"),
        (["work.py", "out"], "expected one submission or folder, build OUT, or gradescope NN OUT.zip, got out as well"),
        (["work.py", "--seconds", "0"], "--seconds must be at least 1"),
    ],
)
def test_bad_input_is_one_line(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "work.py").write_text("")
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "points.csv").write_text("x\n")
    (tmp_path / "05.py").write_text("def softmax(logits): pass")
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
