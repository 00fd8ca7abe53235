"""One process a run folder.

The lock is the kernel's (flock, on Windows LockFile): it goes when the process goes, however that dies, so a killed run
leaves none. Comes in: a folder.
"""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


LOCK = ".lock"
"""Name of the file that is locked."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder, made if it is not there, for this process.

    Raises
    ------
    BlockingIOError
        If another process holds it.
    OSError
        If the folder cannot be made or written to, or lies on a file system that knows no locks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as file:  # "w" would cut the file, which Windows may refuse while another holds it
        try:
            if sys.platform == "win32":
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise BlockingIOError(f"{folder}: another process is working in this run folder") from None
            raise OSError(error.errno, f"cannot be locked: {error.strerror}", str(folder)) from None
        try:
            yield
        finally:
            if sys.platform == "win32":  # which unlocks a closed file when it finds the time
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
