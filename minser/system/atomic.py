"""Files and folders that are there whole or not at all.

Comes in: a path and its content.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
    temporary = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=_PREFIX)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        if keep is not None and path.exists():
            move(path, keep)
        move(temporary, path)
    except BaseException as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
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
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as workshop:
        new = Path(workshop) / folder.name
        new.mkdir()
        yield new
        if folder.exists():
            folder.rmdir()
        move(new, folder)


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
