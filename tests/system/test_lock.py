import errno
import importlib.util
import subprocess
import sys
import types

import pytest

from minser.system import lock
from minser.system.lock import locked

HOLD = "import sys; from pathlib import Path; from minser.system.lock import locked\n"
HOLD += "with locked(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"


def test_a_second_process_is_refused_and_a_killed_one_leaves_no_lock(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BlockingIOError, match="another process"), locked(tmp_path):
            pass
        holder.kill()
        holder.wait()
    with locked(tmp_path):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="Windows locks by other means")
def test_a_file_system_without_locks_is_named(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(OSError, match="cannot be locked: No locks available"), locked(tmp_path):
        pass


def test_windows_has_its_own_locks_and_is_told_to_let_go(tmp_path, monkeypatch):
    (tmp_path / lock.LOCK).write_text("of another version")
    calls = []

    def locking(handle, mode, n_bytes):
        calls.append((mode, n_bytes))
        if calls == [("lock", 1)] * 2:
            raise OSError(errno.EACCES, "Permission denied")

    msvcrt = types.SimpleNamespace(LK_NBLCK="lock", LK_UNLCK="unlock", locking=locking)
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr("sys.platform", "win32")
    spec = importlib.util.spec_from_file_location("windows_lock", lock.__file__)
    windows = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(windows)
    with windows.locked(tmp_path):
        with pytest.raises(BlockingIOError, match="another process"), windows.locked(tmp_path):
            pass
        assert calls == [("lock", 1), ("lock", 1)]
    assert calls == [("lock", 1), ("lock", 1), ("unlock", 1)]
