"""Train, and die of SIGKILL inside the writing of a file: ``python -m tests.robustness.victim NTH WHERE ARGUMENTS...``.

WHERE is ``half`` (half of the bytes are written), ``unsynced``, ``synced`` (whole, not yet renamed), ``between`` (the
old checkpoint was put aside, the new one is not in its place) or ``renamed``; NTH counts the writes from 1. The last
line on stdout is the name of the file.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from minser import train
from minser.runs import run_folder
from minser.system import atomic
from minser.training import checkpoint

MOMENTS = ("half", "unsynced", "synced", "between", "renamed")


def die(*_: Any) -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> int:
    """Arm the trap, and train."""
    nth, where = int(sys.argv[1]), sys.argv[2]
    n_writes = 0
    write, fsync, replace = atomic.write_atomic, os.fsync, Path.replace

    def armed_write(path: Path, content: bytes | str, *, keep: Path | None = None) -> None:
        nonlocal n_writes
        n_writes += 1
        if n_writes < nth or (where == "between" and keep is None):
            write(path, content, keep=keep)
            return
        print(path.name, flush=True)
        if where == "half":
            os.fsync = lambda handle: (os.ftruncate(handle, os.fstat(handle).st_size // 2), fsync(handle), die())
        elif where == "unsynced":
            os.fsync = die
        elif where == "synced":
            Path.replace = die
        elif where == "between":
            Path.replace = lambda old, new: (replace(old, new), die())
        write(path, content, keep=keep)
        die()

    for module in (checkpoint, run_folder):
        module.write_atomic = armed_write
    return train.main(sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
