"""The two files of a cache, computed and written in one pass.

Comes in: files and a function that turns a file into an array. Goes out: ``values.bin`` and ``index.json``,
described in `minser.corpus.cache`, which calls this. A few arrays are in memory at a time, however many there
are.
"""

import contextlib
import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

FORMAT = 1
"""Version of the two files; part of what every cache is keyed by."""

N_THREADS = min(8, os.cpu_count() or 1)
"""Files that are read at the same time."""


def write(
    folder: Path,
    items: Sequence[Path],
    *,
    compute: Callable[[Path], NDArray[np.float32]],
    progress: str | None,
) -> None:
    """Compute all items and write the two files.

    Parameters
    ----------
    folder : Path
        An empty folder.
    items, compute, progress
        As for `minser.corpus.cache.open_or_build`.

    Raises
    ------
    ValueError
        `compute` fails on a file, or returns something else than float32 values; the message names the file.
    """
    shapes, digests = [], []
    computed = _computed(items, compute)
    with (folder / "values.bin").open("wb") as file, contextlib.closing(computed):
        for array in tqdm(computed, total=len(items), desc=progress, unit="file", disable=None):  # on a terminal only
            content = array.astype("<f4", copy=False).tobytes()
            file.write(content)
            shapes.append(array.shape)
            digests.append(digest(array.shape, content))
        _flush(file)
    payload = {"shapes": shapes, "digests": digests}
    with (folder / "index.json").open("w", encoding="utf-8") as file:
        json.dump({"checksum": checksum(payload), "payload": payload}, file)
        _flush(file)


def digest(shape: tuple[int, ...], content: bytes) -> str:
    """Return a hexadecimal digest of an array's shape and values."""
    return hashlib.blake2b(str(shape).encode() + content, digest_size=16).hexdigest()


def checksum(payload: Mapping[str, Any]) -> str:
    """Return a hexadecimal digest of the contents of an index, which lie beside it in ``index.json``."""
    return hashlib.blake2b(json.dumps(payload).encode(), digest_size=16).hexdigest()


def _flush(file: Any) -> None:
    """Bring a file onto the disk: a power cut must not leave a complete name with half the contents."""
    file.flush()
    os.fsync(file.fileno())


def _computed(items: Sequence[Path], compute: Callable[[Path], NDArray[np.float32]]) -> Generator[NDArray[np.float32]]:
    """Yield the items' arrays in order, while threads compute the next few."""
    pending: deque[tuple[Path, Future[NDArray[np.float32]]]] = deque()
    with ThreadPoolExecutor(N_THREADS) as pool:
        for item in items:
            pending.append((item, pool.submit(compute, item)))
            if len(pending) > 2 * N_THREADS:
                yield _result(*pending.popleft())
        while pending:
            yield _result(*pending.popleft())


def _result(item: Path, future: Future[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Wait for one array and check it."""
    try:
        array = future.result()
    except (OSError, RuntimeError, ValueError) as error:  # what decoders raise
        raise ValueError(f"{item}: nothing could be computed from this file: {error}") from error
    if array.dtype != np.float32 or array.size == 0:
        raise ValueError(f"{item}: compute must return float32 values, got {array.size} of {array.dtype}")
    return array
