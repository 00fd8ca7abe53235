"""What of a folder is heard, and how the rest is told."""

import sys
from pathlib import Path

import pytest

from minser.audio import media
from minser.corpus.cache import default_root
from minser.corpus.listing import find_labels, is_sound, left_out, walk

MANY = (
    *("angry/a.wav", "angry/._a.wav", "angry/.DS_Store", "__MACOSX/angry/._a.wav", "__MACOSX/angry/b.wav"),
    *("angry/Thumbs.db", "sad/Folder.jpg", "sad/README", "sad/b.m4a", "sad/c.M4A", "sad/d/e.amr", "loose.wav"),
)


@pytest.fixture
def root(tmp_path):
    for name in MANY:
        (tmp_path / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "own" / name).touch()
    return tmp_path / "own"


def test_what_is_left_out_is_told_with_its_reason(root, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    media = "(pip install 'minser[media]')"
    assert left_out(root, {root / "angry" / "a.wav"}) == (
        f"11 files: 4 hidden, 2 .m4a {media}, 1 .amr {media}, 1 .db, 1 .jpg, 1 .wav without a label, "
        "1 without an ending"
    )
    assert left_out(root, set(walk(root))) == ""


def test_many_kinds_are_counted_together(root, monkeypatch):
    monkeypatch.setattr(media, "is_installed", lambda: True)
    for number in range(12):
        (root / f"x.e{number:02d}").touch()
    told = left_out(root, set())
    assert told.startswith("24 files: 4 hidden, 2 .m4a without a label, ")
    assert told.endswith(" and 11 others")


def test_a_sound_is_heard_by_its_ending(root):
    assert sum(map(is_sound, walk(root))) == 6


def test_what_minser_keeps_in_a_folder_is_none_of_its_files(root, tmp_path, monkeypatch):
    (root / "toy-1" / "Actor_01").mkdir(parents=True)
    for name in ("toy-1/toy.json", "toy-1/Actor_01/x.wav", "cache/features-1/index.json"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    data = root.rename(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    assert default_root() == data / "cache"
    monkeypatch.chdir(data)  # it is known from wherever minser is started
    assert len(list(walk(data))) == len(list(walk(Path()))) == len(MANY)
    assert [folder.name for folder in find_labels(data)] == ["angry", "sad"]
