"""The table of a corpus: each class by clips, minutes and speakers, and what was left out."""

from pathlib import Path

from minser.corpus.clip import EMOTIONS, parse_name
from minser.corpus.contents import describe
from minser.corpus.folders import Recording
from minser.system.columns import width


def test_the_table_of_own_recordings(tmp_path):
    for name in ("angry/a.wav", "angry/b.wav", "sad/c.wav", "sad/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    clips = [
        Recording(tmp_path / "angry" / "a.wav", 0, "angry", 1, "anna"),
        Recording(tmp_path / "angry" / "b.wav", 0, "angry", 2, "ben"),
        Recording(tmp_path / "sad" / "c.wav", 1, "sad", 1, "anna"),
    ]
    assert describe(tmp_path, clips, ("angry", "sad"), seconds=[30, 60, 6]).splitlines() == [
        "class  clips  minutes  speakers",
        "angry      2      1.5         2",
        "sad        1      0.1         1",
        "all        3      1.6         2",
        "left out: 1 file: 1 .txt",
    ]
    assert describe(tmp_path, clips, ("angry", "sad")).splitlines()[0] == "class  clips  speakers"


def test_unknown_speakers_are_no_number(tmp_path):
    clips = [Recording(tmp_path / f"{label}.wav", label, "ab"[label], 0) for label in (0, 1)]
    assert describe(tmp_path, clips, ("a", "b")).splitlines() == [
        "class  clips  speakers",
        "a          1         ?",
        "b          1         ?",
        "all        2         ?",
    ]


def test_a_corpus_of_no_clips_has_a_table_too(tmp_path):
    assert describe(tmp_path, [], ("a",)).splitlines()[-1] == "all        0         0"


def test_a_class_without_clips_has_a_row_and_ravdess_is_told_without_its_other_files(tmp_path):
    (tmp_path / "readme.txt").touch()
    clips = [parse_name(Path(f"03-01-0{emotion}-01-01-01-0{actor}.wav")) for emotion in (1, 3) for actor in (1, 2)]
    assert describe(tmp_path, clips, EMOTIONS).splitlines()[:3] == [
        "class      clips  speakers",
        "neutral        2         2",
        "calm           0         0",
    ]
    assert len(describe(tmp_path, clips, EMOTIONS).splitlines()) == 10


def test_the_table_stands_straight_in_wide_letters_and_fits_a_narrow_window(tmp_path, monkeypatch):
    names = ("愤怒", "a label that goes on and on and on and on")
    clips = [Recording(tmp_path / f"{label}.wav", label, name, 1, "anna") for label, name in enumerate(names)]
    assert len({width(line) for line in describe(tmp_path, clips, names, seconds=[6, 6]).splitlines()}) == 1
    for number in range(12):
        (tmp_path / f"x.ending{number}").touch()
    monkeypatch.setenv("COLUMNS", "60")
    lines = describe(tmp_path, clips, names, seconds=[6, 6]).splitlines()
    assert max(map(width, lines)) <= 60
    assert sum(line.startswith("愤怒") for line in lines) == 2
