import os

import pytest

from minser.corpus.folders import find_recordings


@pytest.fixture
def root(tmp_path):
    for name in (
        "sad/anna_2.wav",
        "angry/ben_1.FLAC",
        "angry/anna_1.wav",
        "sad/.hidden.wav",
        "sad/notes.txt",
        ".git/a.wav",
    ):
        file = tmp_path / "own" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    (tmp_path / "own" / "empty").mkdir()
    return tmp_path / "own"


@pytest.mark.skipif(os.name != "posix", reason="pipes with names are POSIX's")
def test_folders_and_pipes_under_a_sound_files_name_are_passed_over(root):
    (root / "sad" / "folder.wav").mkdir()
    os.mkfifo(root / "sad" / "pipe.wav")
    assert len(find_recordings(root)[0]) == 3


def listing(recordings):
    return [(r.name, r.label, r.actor) for r in recordings]


def test_labels_are_the_folders_and_nobody_speaks(root):
    recordings, names = find_recordings(root)
    assert names == ("angry", "sad")
    assert listing(recordings) == [("angry/anna_1", 0, 0), ("angry/ben_1", 0, 0), ("sad/anna_2", 1, 0)]


@pytest.mark.parametrize("pattern", ["^[^_]+", "^(.+)_"])
def test_speakers_from_file_names(root, pattern):
    recordings, _ = find_recordings(root, speaker_pattern=pattern)
    assert [r.actor for r in recordings] == [1, 2, 1]


def test_speakers_from_a_table(root, tmp_path):
    table = tmp_path / "speakers.csv"
    table.write_text(
        "\ufefffile,speaker\nangry/anna_1.wav,zoe\nben_1.FLAC,ben\nsad\\anna_2.wav,zoe\n", encoding="utf-8"
    )
    recordings, _ = find_recordings(root, speakers_csv=table)
    assert [r.actor for r in recordings] == [2, 1, 2]


def test_a_space_in_a_table_is_no_second_person(root, tmp_path):
    table = tmp_path / "speakers.csv"
    table.write_text("file, speaker\nanna_1.wav,anna\nben_1.FLAC ,ben\nanna_2.wav, anna \nsad/anna_2.wav,anna\n")
    recordings, _ = find_recordings(root, speakers_csv=table)
    assert [r.actor for r in recordings] == [1, 2, 1]


def test_a_bare_name_is_refused_where_two_folders_have_it(root, tmp_path):
    (root / "sad" / "anna_1.wav").touch()
    table = tmp_path / "speakers.csv"
    rows = "file,speaker\nben_1.FLAC,ben\nanna_2.wav,anna\n"
    table.write_text(f"{rows}anna_1.wav,anna\n")
    with pytest.raises(ValueError, match=r"speakers.csv: anna_1.wav lies in 2 folders: list each as angry/anna_1.wav"):
        find_recordings(root, speakers_csv=table)
    table.write_text(f"{rows}angry/anna_1.wav,anna\nsad/anna_1.wav,carl\n")
    assert [r.actor for r in find_recordings(root, speakers_csv=table)[0]] == [1, 2, 3, 1]


@pytest.mark.parametrize(
    ("pattern", "message"), [("(", "no regular expression"), ("carl", "finds no speaker"), ("(x?)", "finds no speaker")]
)
def test_a_bad_pattern_is_named(root, pattern, message):
    with pytest.raises(ValueError, match=message):
        find_recordings(root, speaker_pattern=pattern)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,speaker\n", "expected the columns file and speaker"),
        ("file,speaker\nben_1.FLAC,ben\n", "no speaker for angry/a"),
        ("file,speaker\nanna_1.wav,\n", "no speaker for angry/a"),
        ("file,speaker\nanna_1.wav,anna\nanna_1.wav,ben\n", "angry/anna_1.wav is listed with different .*: anna, ben"),
        ("file,speaker\nangry/anna_1.wav,a\nanna_1.wav,b\n", "angry/anna_1.wav is listed with different .*: a, b"),
    ],
)
def test_a_bad_table_is_named(root, tmp_path, text, message):
    table = tmp_path / "speakers.csv"
    table.write_text(text)
    with pytest.raises(ValueError, match=message):
        find_recordings(root, speakers_csv=table)


def test_what_is_no_such_folder(root, tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        find_recordings(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="found 0 such folders"):
        find_recordings(root / "sad")


def test_twins_and_two_sources_of_speakers_are_refused(root):
    with pytest.raises(ValueError, match="one of them is enough"):
        find_recordings(root, speaker_pattern="a", speakers_csv="b.csv")
    (root / "sad" / "anna_2.flac").touch()
    with pytest.raises(ValueError, match="differ in their ending only"):
        find_recordings(root)
