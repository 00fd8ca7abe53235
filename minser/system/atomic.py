"""Files and folders that are there whole or not at all.

Comes in: a path and its content.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = ".minser-"  # of a file that is not finished; short, because a name may be at its longest already
_PATIENCE_S, _PAUSE_S = 2.0, 0.05


def write_atomic(path: Path, content: bytes | str, *, keep: Path | None = None) -> None:
    """Write a file under a temporary name, sync it to disk, and rename it: a reader sees the old file or the new one.

    Parameters
    ----------
    path : Path
        In a folder that exists; a file of that name is replaced.
    content : bytes or str
        Text is written as UTF-8 with plain newlines.
    keep : Path, optional
        Name in the same folder under which the replaced file goes on to exist. A process that dies between the two
        renames leaves the old file there and nothing at `path`.

    Raises
    ------
    OSError
        If it cannot be written, with the path in its text; what stood there before is still there.
    """
    data = content.encode() if isinstance(content, str) else content
    temporary = path.parent / _new_name(_PREFIX)
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if keep is not None and path.exists():
            move(path, keep)
        move(temporary, path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):  # the system names the temporary file, or none at all
            reason = error.strerror or str(error)
            raise OSError(error.errno, f"cannot be written: {reason}", os.fspath(path)) from None
        raise


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a new folder to fill, which takes its place when all went well; if not, nothing of it remains.

    Parameters
    ----------
    folder : Path
        Not there yet, or empty.

    Raises
    ------
    FileExistsError
        If it is a file or has something in it.
    OSError
        If the new folder cannot be made or moved.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder}: expected a new or an empty folder, got one that is in use")
    folder.parent.mkdir(parents=True, exist_ok=True)
    workshop = folder.parent / _new_name(f".{folder.name}-")
    workshop.mkdir()
    try:
        new = workshop / folder.name
        new.mkdir()
        yield new
        if folder.exists():
            folder.rmdir()
        move(new, folder)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _new_name(start: str) -> str:
    """Return a name that nothing has; tempfile of Python 3.11 on Windows tries for ever where nobody may write."""
    return start + os.urandom(4).hex()


def move(source: Path, target: Path) -> None:
    """Rename a file or folder on its disk; a file that stood there is replaced.

    Windows refuses as long as a program has it open, or a file inside it. A virus scanner does so for a moment with
    what has just been written. So minser asks again for two seconds.

    Raises
    ------
    OSError
        If it cannot be renamed.
    """
    end = time.monotonic() + (_PATIENCE_S if sys.platform == "win32" else 0.0)
    while True:
        try:
            source.replace(target)
            return
        except PermissionError:
            if time.monotonic() >= end or target.is_dir():
                raise
            time.sleep(_PAUSE_S)


def is_leftover(file: Path) -> bool:
    """Return whether a file is one that a killed process left unfinished."""
    return file.name.startswith(_PREFIX)


def remove_leftovers(folder: Path) -> None:
    """Delete what killed processes left unfinished in a folder and below; nobody else may be writing there."""
    for file in folder.rglob(f"{_PREFIX}*"):
        file.unlink(missing_ok=True)
