"""Arrays that take long to compute, kept on disk: features, and decoded waveforms.

Comes in: files, a function that turns a file into an array, and the parameters that this function depends on. Goes out:
a `Cache`, which hands out the arrays from a memory-mapped file.

A cache is a folder whose name ends in a hash of all that its contents depend on: the caller's parameters, the
format below, and name and content of every file. Nothing is ever updated: a changed file or parameter leads
to another folder, and a corpus that was moved finds its caches again. The folder is built under another name
and renamed when it is complete, so a process that is killed leaves no half cache under the real name (what it
leaves, ``.NAME-xxxx``, can be deleted), and of two processes that build the same cache one wins and both use
its folder.

    values.bin   all arrays, float32, one after the other
    index.json   shape and digest of each array of each item, and a checksum of the index itself
"""

import contextlib
import hashlib
import json
import math
import os
import shutil
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from minser.system.atomic import whole_folder
from minser.system.cli import one_line

FORMAT = 2
"""Version of the two files; part of what every cache is keyed by."""

N_THREADS = min(8, os.cpu_count() or 1)
"""Files that are read at the same time."""

TAG = "CACHEDIR.TAG"
"""File by which programs know a folder of caches: they neither back it up nor read it (bford.info/cachedir)."""

_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n"

_ITEM_BYTES = 4  # float32

Arrays = Sequence[NDArray[np.float32]]
Compute = Callable[[Path], NDArray[np.float32] | Arrays]


class Cache:
    """Read-only float32 arrays, each of its own shape, in one memory-mapped file; made by `open_or_build`.

    ``cache[i]`` is the first array of item i, ``cache.rest(i)`` those behind it, ``len(cache)`` the number of items,
    and iteration yields the first arrays in order.

    Attributes
    ----------
    folder : Path
        Where it lies.
    digests : tuple of str
        One hexadecimal digest per item, of its first array's shape and content. Equal digests mean equal arrays:
        files whose decoded audio is identical, whatever their bytes.
    """

    def __init__(
        self, folder: Path, shapes: Sequence[Sequence[tuple[int, ...]]], digests: Sequence[Sequence[str]]
    ) -> None:
        self.folder = folder
        self.digests = tuple(first for first, *_ in digests)
        self._shapes = [[tuple(shape) for shape in of_item] for of_item in shapes]
        sizes = [sum(map(math.prod, of_item)) for of_item in self._shapes]
        self._starts = np.cumsum([0, *sizes[:-1]]).tolist()
        self._values = np.memmap(folder / "values.bin", dtype="<f4", mode="r").view(np.ndarray)

    def __len__(self) -> int:
        return len(self._shapes)

    def __getitem__(self, index: int, /) -> NDArray[np.float32]:
        """Return the first array of one item, a read-only view of the file."""
        return self._array(self._starts[index], self._shapes[index][0])

    def rest(self, index: int) -> Iterator[NDArray[np.float32]]:
        """Yield the other arrays of one item, where it has more than one."""
        start = self._starts[index]
        for before, shape in pairwise(self._shapes[index]):
            start += math.prod(before)
            yield self._array(start, shape)

    def _array(self, start: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return the array at a place in the file."""
        return self._values[start : start + math.prod(shape)].reshape(shape)


def open_or_build(
    folder: Path,
    *,
    key: Mapping[str, Any],
    items: Sequence[Path],
    compute: Compute,
    progress: str | None = None,
) -> Cache:
    """Open the cache of `compute` over `items`, and build it first where it is not there or is damaged.

    Building streams: it holds a few arrays at a time, however many items there are.

    Parameters
    ----------
    folder : Path
        Place and first part of the name: ``default_root() / "log_mel"`` becomes ``.../log_mel-<hash>``.
    key : mapping
        All that the result depends on beside the files, as JSON can write it: the parameters of `compute`,
        and what stands for its method. Forgetting one means reading stale arrays.
    items : sequence of Path
        Source files.
    compute : callable
        ``compute(item)`` returns a float32 array that is not empty, or several. Several threads call it at once.
    progress : str, optional
        Text beside the progress bar while building, which is shown on a terminal only.

    Returns
    -------
    Cache

    Raises
    ------
    OSError
        A source file is not there, or the cache cannot be written.
    TypeError
        `key` holds what JSON cannot write.
    ValueError
        `items` is empty, or `compute` fails on a file or returns something else; the message names the file,
        and nothing of the build remains.
    """
    if not items:
        raise ValueError("items must not be empty")
    target = folder.with_name(f"{folder.name}-{_hash_key(key, items)}")
    with contextlib.suppress(ValueError):
        return _open(target)
    shutil.rmtree(target, ignore_errors=True)  # it is damaged, or not there
    try:
        with whole_folder(target) as new:
            write(new, items, compute=compute, progress=progress)
    except OSError:
        if not target.exists():  # else another process was first, and its cache is as good as ours
            raise
    return _open(target)


def default_root() -> Path:
    """Return the folder for caches: ``data/cache`` here, or the user's own where that cannot be written.

    The user's own is the system's place for caches: on Linux ``minser`` in ``XDG_CACHE_HOME``, else in ``~/.cache``.

    Returns
    -------
    Path
        An absolute path; the folder in ``data`` exists already, the other is made when something is written.
    """
    local = Path("data", "cache").absolute()
    try:
        local.mkdir(parents=True, exist_ok=True)
        attempt = local / f".{TAG}-{os.getpid()}"
        attempt.touch()
        attempt.unlink(missing_ok=True)
        if not (local / TAG).exists():
            (local / TAG).write_text(_SIGNATURE)
        return local
    except OSError:
        import pooch  # it takes long to load

        return Path(pooch.os_cache("minser"))


def _hash_key(key: Mapping[str, Any], items: Sequence[Path]) -> str:
    """Hash all that a cache's contents depend on."""
    with ThreadPoolExecutor(N_THREADS) as pool:
        contents = list(pool.map(_hash_file, items))
    named = [[item.name, content] for item, content in zip(items, contents, strict=True)]
    text = json.dumps({"format": FORMAT, "key": dict(key), "items": named}, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _hash_file(path: Path) -> str:
    """Hash a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


def _open(target: Path) -> Cache:
    """Open a cache; raise ValueError unless its values have the digests that were written down beside them.

    They are read as a stream: nothing of them stays in this process's memory.
    """
    try:
        index = json.loads((target / "index.json").read_text(encoding="utf-8"))
        payload = index["payload"]
        if index["checksum"] != checksum(payload):
            raise ValueError("its index is damaged")
        with (target / "values.bin").open("rb") as file:
            found = [
                [digest(tuple(shape), file.read(math.prod(shape) * _ITEM_BYTES)) for shape in shapes]
                for shapes in payload["shapes"]
            ]
            if found != payload["digests"] or file.read(1):
                raise ValueError("the values are not those that were computed")
        return Cache(target, payload["shapes"], payload["digests"])
    except (OSError, ValueError, LookupError, TypeError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"{target}: expected a whole cache: {error}") from None


def write(
    folder: Path,
    items: Sequence[Path],
    *,
    compute: Compute,
    progress: str | None,
) -> None:
    """Compute all items and write the two files.

    Parameters
    ----------
    folder : Path
        An empty folder.
    items, compute, progress
        As for `open_or_build`.

    Raises
    ------
    ValueError
        `compute` fails on a file, or returns something else than float32 values; the message names the file.
    """
    shapes, digests = [], []
    computed = _computed(items, compute)
    with (folder / "values.bin").open("wb") as file, contextlib.closing(computed):
        for arrays in tqdm(computed, total=len(items), desc=progress, unit="file", disable=None):  # on a terminal only
            contents = [array.astype("<f4", copy=False).tobytes() for array in arrays]
            file.writelines(contents)
            shapes.append([array.shape for array in arrays])
            digests.append([digest(array.shape, content) for array, content in zip(arrays, contents, strict=True)])
    payload = {"shapes": shapes, "digests": digests}
    (folder / "index.json").write_text(json.dumps({"checksum": checksum(payload), "payload": payload}))


def digest(shape: tuple[int, ...], content: bytes) -> str:
    """Return a hexadecimal digest of an array's shape and values."""
    return hashlib.blake2b(str(shape).encode() + content, digest_size=16).hexdigest()


def checksum(payload: Mapping[str, Any]) -> str:
    """Return a hexadecimal digest of the contents of an index, which lie beside it in ``index.json``."""
    return hashlib.blake2b(json.dumps(payload).encode(), digest_size=16).hexdigest()


def _computed(items: Sequence[Path], compute: Compute) -> Generator[Arrays]:
    """Yield the arrays of each item in order, while threads compute the next few."""
    pending: deque[tuple[Path, Future[NDArray[np.float32] | Arrays]]] = deque()
    with ThreadPoolExecutor(N_THREADS) as pool:
        for item in items:
            pending.append((item, pool.submit(compute, item)))
            if len(pending) > 2 * N_THREADS:
                yield _result(*pending.popleft())
        while pending:
            yield _result(*pending.popleft())


def _result(item: Path, future: Future[NDArray[np.float32] | Arrays]) -> Arrays:
    """Wait for the arrays of one item and check them."""
    try:
        found = future.result()
    except (OSError, RuntimeError, ValueError) as error:  # what decoders raise
        reason = one_line(error).removeprefix(f"{item}: ").removeprefix(f"{str(item)!r}: ")
        raise ValueError(f"{item}: nothing could be computed from this file: {reason}") from error
    arrays = [found] if isinstance(found, np.ndarray) else found
    for array in arrays:
        if array.dtype != np.float32 or array.size == 0:
            raise ValueError(f"{item}: compute must return float32 values, got {array.size} of {array.dtype}")
    return arrays
