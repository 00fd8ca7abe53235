import errno
from contextlib import suppress
from pathlib import Path

import pytest

from minser.corpus.cache import default_root
from minser.system.atomic import move, remove_leftovers, whole_folder, write_atomic


def test_content_is_written_and_replaced(tmp_path):
    path = tmp_path / "a.txt"
    write_atomic(path, "ä\n")
    assert path.read_bytes() == "ä\n".encode()
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    write_atomic(path, "old")

    def full(_):
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match=r"cannot be written: no space left on device: '.*a\.txt'"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_the_replaced_file_is_kept_under_another_name(tmp_path):
    for text in ("one", "two", "three"):
        write_atomic(tmp_path / "a", text, keep=tmp_path / "b")
    assert [(file.name, file.read_text()) for file in sorted(tmp_path.iterdir())] == [("a", "three"), ("b", "two")]


def test_what_killed_processes_left_is_removed_and_nothing_else(tmp_path):
    (tmp_path / "plots").mkdir()
    for name in (".minser-x7_a", ".hidden", "a.minser-", "plots/.minser-y", "plots/a.png"):
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    left = [str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()]
    assert sorted(left) == [".hidden", "a.minser-", "plots/a.png"]


@pytest.mark.parametrize("name", ["a" * 255, "a\nb", "ä 感情"])
def test_the_longest_and_strangest_names_can_be_written(tmp_path, name):
    write_atomic(tmp_path / name, "text")
    assert (tmp_path / name).read_text() == "text"


def test_a_folder_that_is_gone_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cannot be written: No such file or directory: '.*gone/a'"):
        write_atomic(tmp_path / "gone" / "a", "text")


def test_a_folder_is_there_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "deep" / "new"
    with suppress(KeyError), whole_folder(folder) as new:
        (new / "a").write_text("half")
        raise KeyError
    assert list(folder.parent.iterdir()) == []
    folder.mkdir()
    with whole_folder(folder) as new:
        (new / "a").write_text("whole")
    assert [path.name for path in folder.parent.rglob("*")] == ["new", "a"]
    with pytest.raises(FileExistsError, match="got one that is in use"), whole_folder(folder):
        pass
    assert (folder / "a").read_text() == "whole"


@pytest.mark.parametrize("platform", ["win32", "linux"])
def test_a_file_that_windows_holds_for_a_moment_is_waited_for(tmp_path, monkeypatch, platform):
    replace, refusals = Path.replace, iter(range(3))

    def held(source, target):
        if next(refusals, None) is not None:
            raise PermissionError(errno.EACCES, "another program has it open")
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", held)
    monkeypatch.setattr("sys.platform", platform)
    if platform == "linux":
        with pytest.raises(PermissionError, match="another program"):
            write_atomic(tmp_path / "a", "text")
    else:
        write_atomic(tmp_path / "a", "text")
        assert (tmp_path / "a").read_text() == "text"


def test_what_windows_holds_for_good_is_an_error(tmp_path, monkeypatch):
    def held(source, target):
        raise PermissionError(errno.EACCES, "another program has it open")

    monkeypatch.setattr(Path, "replace", held)
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr("minser.system.atomic._PATIENCE_S", 0.1)
    with pytest.raises(PermissionError, match="another program"):
        move(tmp_path / "a", tmp_path / "b")


def test_tempfile_is_left_alone(tmp_path, monkeypatch):
    """On Windows it takes a folder where nobody may write for one with a file of that name, and tries the next name."""
    for name in ("mkstemp", "mkdtemp", "TemporaryFile"):
        monkeypatch.setattr(f"tempfile.{name}", None)
    monkeypatch.chdir(tmp_path)
    write_atomic(tmp_path / "a", "text")
    with whole_folder(tmp_path / "new"):
        pass
    assert default_root() == tmp_path / "data" / "cache"
