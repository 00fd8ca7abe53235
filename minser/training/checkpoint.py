"""Checkpoints: arrays and a little JSON in one safetensors file, which cannot carry code.

Comes in: named arrays and a JSON-ready dict. Goes out: the same, read back, or an error where a single byte is another.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import safetensors
import safetensors.numpy

from minser.nn import Array
from minser.system.atomic import write_atomic
from minser.system.json_file import Shape, misfit

_KEY = "minser"  # one key: the format writes several in random order


def save(path: Path, arrays: dict[str, Array], state: dict[str, Any], *, keep: Path | None = None) -> None:
    """Write a checkpoint; the file that stood there before stays until the new one is whole, and then as `keep`.

    The same arrays and state give the same bytes.

    Raises
    ------
    OSError
        If it cannot be written; what stood there before is still there.
    """
    contiguous = {name: array.copy(order="C") for name, array in arrays.items()}
    metadata = {_KEY: json.dumps({"checksum": _checksum(contiguous, state), "state": state}, sort_keys=True)}
    write_atomic(path, safetensors.numpy.save(contiguous, metadata=metadata), keep=keep)


def load(path: Path, shape: Shape = dict) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return the arrays and the state of a checkpoint; `shape` is what the state should be, as in `json_file`.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If the file is damaged or not one of ours.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such checkpoint")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            content = json.loads((file.metadata() or {})[_KEY])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        state = content["state"]
        is_another = content["checksum"] != _checksum(arrays, state)
        problem = misfit(state, shape, "its state") or "its checksum is another" * is_another
    # What hostile files raise: a metadata text that is no object, a float type that NumPy lacks, JSON nested too deep.
    except (safetensors.SafetensorError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path}: not a whole checkpoint of minser: {' '.join(str(error).split())}") from None
    if problem:
        raise ValueError(f"{path}: not a whole checkpoint of minser: {problem}")
    return arrays, state


def _checksum(arrays: dict[str, Array], state: dict[str, Any]) -> str:
    """Return a hexadecimal digest of names, types, shapes and values of the arrays, and of the state."""
    digest = hashlib.blake2b(json.dumps(state, sort_keys=True).encode(), digest_size=16)
    for name, array in sorted(arrays.items()):
        digest.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
