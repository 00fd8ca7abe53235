"""Files that are there whole or not at all.

Comes in: a path and its content. Called by whatever writes into a run folder.
"""

import os
import tempfile
from pathlib import Path


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write a file under a temporary name, sync it to disk, and rename it: a reader sees the old file or the new one.

    Parameters
    ----------
    path : Path
        In a folder that exists; a file of that name is replaced.
    content : bytes or str
        Text is written as UTF-8 with plain newlines.

    Raises
    ------
    OSError
        If it cannot be written; what stood there before is still there.
    """
    data = content.encode() if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
