"""Whose a file is, in the folders that Moodle, Canvas and nbgrader fill and in plain ones; which file is which."""

import pytest

from minser.grade import classroom

LIST = """Name,ID number,Email address,Section
Ann Bee,1001,ann@uni.edu,A
"van der Berg, Jan-Luc",1002,jl.berg@uni.edu,A
José Núñez,1003,jose-n@uni.edu,B
Kim Lee,1004,kim1@uni.edu,B
Kim Lee,1005,kim2@uni.edu,B
"""


@pytest.fixture
def students(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="utf-8")
    return classroom.read_class(path)[1]


def owner(students, tmp_path, name):
    path = tmp_path / name
    owned, nobodys = classroom.assign([classroom.Submission(path, name)], tmp_path, students)
    keys = [key for key, files in owned.items() if files]
    assert len(keys) + len(nobodys) == 1
    return keys[0] if keys else None


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("Ann Bee_77_assignsubmission_file_/solution.py", "1001"),
        ("Jan-Luc van der Berg_1001_assignsubmission_file_/x.py", "1002"),  # Moodle's number is no id
        ("José Núñez_1003_assignsubmission_file_solution.py", "1003"),
        ("Jose\u0301 Nu\u0301n\u0303ez_7_assignsubmission_file_/x.py", "1003"),  # as a Mac writes it
        ("Kim Lee_1005_assignsubmission_file_/x.py", "1005"),
        ("Kim Lee_1001_assignsubmission_file_/x.py", None),
        ("Anita Bee_1001_assignsubmission_file_/x.py", "1001"),
        ("Kim Lee_77_assignsubmission_file_/kim1.py", None),  # two of that name; the file's name is a student's
        ("Group 05_1240_assignsubmission_file_/ann.py", None),
        ("beeann_late_1001_5678_solution-1.py", "1001"),
        ("beeann_LATE_9_5678_solution.py", "1001"),
        ("vanderbergjanluc_1002_5678_Ann Bee.py", "1002"),
        ("nunezjose_12_1001_solution.py", "1003"),
        ("leekim_1004_1005_x.py", "1004"),
        ("submitted/1003/04_dense/04_dense.ipynb", "1003"),
        ("ann/solution.py", "1001"),
        ("ANN@uni.edu/1002.py", "1001"),
        ("week 1/jose-n@uni.edu_04_dense.py", "1003"),
        ("bee_ann_hw4.py", "1001"),
        ("1002-solution.ipynb", "1002"),
        ("Jan-Luc van der Berg.py", "1002"),
        ("1001_1002.py", None),
        ("Kim Lee/solution.py", None),
        ("Kim Lee 1005/solution.py", "1005"),
        ("Kim Lee 1001/solution.py", None),
        ("Ann/solution.PY", "1001"),
        ("solution.py", None),
    ],
)
def test_a_path_names_its_owner(students, tmp_path, path, key):
    assert owner(students, tmp_path, path) == key


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("Ann Bee/x.py", "1002"),
        ("ann_bee_hw4.py", "1002"),
        ("ann/x.py", "1001"),
        ("Ann Jones/x.py", None),  # whom the list does not have
        ("ann_jones.py", None),
        ("hw 7.py", None),
        ("jones/solution-7.py", None),
        ("7/x.py", "7"),
        ("jones_7_5678_x.py", "7"),
        ("Cher/x.py", "7"),
        ("Cher Jones/x.py", None),
        ("1001_hw4.py", "1001"),
        ("bob_1001_1002.py", None),
    ],
)
def test_half_a_name_and_a_small_number_mean_nobody(tmp_path, path, key):
    text = "name,id,mail\nAnn Smith,1001,ann@uni.edu\nAnn Bee,1002,abee@uni.edu\nCher,7,cher@uni.edu\n"
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    assert owner(classroom.read_class(tmp_path / "list.csv")[1], tmp_path, path) == key


def test_the_number_of_an_assignment_is_no_students(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("id\n04\n7\n", encoding="utf-8")
    students = classroom.read_class(path)[1]
    assert owner(students, tmp_path, "7_04_dense.py") == "7"
    assert owner(students, tmp_path, "work/04_dense.py") is None
    assert owner(students, tmp_path, "04/solution.py") == "04"


def test_canvas_gradebook_is_a_class_list(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(
        "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"
        '"Bee, Ann",77,u77,abee,S1\n"Student, Test",78,,x,S1\n',
        encoding="utf-8",
    )
    header, students = classroom.read_class(path)
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert [student.cells for student in students] == [
        ("Bee, Ann", "77", "u77", "abee", "S1"),
        ("Student, Test", "78", "", "x", "S1"),
    ]
    assert {"@77", "@u77", "abee", "beeann", "annbee"} == students[0].words


def test_moodles_worksheet_is_a_class_list(tmp_path):
    path = tmp_path / "worksheet.csv"
    path.write_text("Identifier,Full name,Email address,Status\nParticipant 77,Ann Bee,a@b.c,late\n", encoding="utf-8")
    (student,) = classroom.read_class(path)[1]
    assert {"@77", "annbee", "beeann", "@a", "a@b.c", "participant 77"} == student.words


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected columns name, id or e-mail, with commas between, got nothing"),
        ("Group,Mark\n", "line 1: expected columns name, id or e-mail, with commas between, got Group, Mark"),
        ("Name;ID;E-mail\nA;1;a@b.c\n", "line 1: .* with commas between, got Name;ID;E-mail"),
        ("name,id\nA,1,2\n", "line 2: expected 2 cells, got 3"),
        ("name,id\nA,x\n\nB,X\n", "line 4: X is in the list twice"),
    ],
)
def test_a_bad_list_is_refused(tmp_path, text, message):
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(ValueError, match="list.csv: " + message):
        classroom.read_class(tmp_path / "list.csv")


def test_every_file_is_told_what_it_is(tmp_path):
    files = {
        "a/solution.py": "def softmax(logits): pass",
        "b/solution.PY": "def softmax(logits): pass",
        "c/work.zip": "PK",
        "d/notes.txt": "",
        "e/05_convolution.py": "x = 5",
        "f/05_convolution.py": "def softmax(logits): pass\ndef col2im(x: pass",
        "g/bad\x1b[31m\nname.py": "def softmax(logits): pass",
        "h/stft.py": "def stft(x): pass",
        "h/08_features.csv": "",
        "__MACOSX/a/._solution.py": "",
        ".ipynb_checkpoints/a.py": "",
        "i/timestamp.txt": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "link.py").symlink_to(tmp_path / "a" / "solution.py")
    (tmp_path / "lost.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.py").symlink_to(tmp_path / "a")
    (tmp_path / "z.ipynb").write_bytes(b"\x00" * 10_000_001)
    found = classroom.find_submissions(tmp_path, "04_dense")
    assert {one.name: (one.assignment, one.why) for one in found} == {
        "a/solution.py": ("04_dense", ""),
        "b/solution.PY": ("04_dense", ""),
        "c/work.zip": ("", "expected a .py or .ipynb file"),
        "d/notes.txt": ("", "expected a .py or .ipynb file"),
        "e/05_convolution.py": ("", "no function of an assignment in it"),
        "f/05_convolution.py": ("04_dense", ""),
        "g/bad [31m name.py": ("04_dense", ""),
        "h/stft.py": ("01_stft", "is of 01_stft, not 04_dense"),
        "folder.py": ("", "a link is not followed"),
        "link.py": ("", "a link is not followed"),
        "lost.py": ("", "a link is not followed"),
        "z.ipynb": (
            "",
            "expected a file of at most 10 MB, got 10.0 MB: clear the notebook's outputs and save it again",
        ),
    }
