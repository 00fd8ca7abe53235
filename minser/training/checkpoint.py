"""Checkpoints: arrays and a little JSON in one safetensors file, which cannot carry code.

Comes in: named arrays and a JSON-ready dict. Goes out: the same, read back. Called by ``experiment`` after
each epoch.
"""

import json
from pathlib import Path
from typing import Any

import safetensors
import safetensors.numpy

from minser.files import write_atomic
from minser.nn import Array

_KEY = "minser"  # one key: the format writes several in random order


def save(path: Path, arrays: dict[str, Array], state: dict[str, Any]) -> None:
    """Write a checkpoint; the file that stood there before stays until the new one is whole.

    The same arrays and state give the same bytes.
    """
    contiguous = {name: array.copy(order="C") for name, array in arrays.items()}
    metadata = {_KEY: json.dumps(state, sort_keys=True)}
    write_atomic(path, safetensors.numpy.save(contiguous, metadata=metadata))


def load(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return the arrays and the state of a checkpoint.

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
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        return arrays, json.loads(metadata[_KEY])
    except (safetensors.SafetensorError, KeyError, ValueError) as error:
        raise ValueError(f"{path}: not a whole checkpoint of minser: {error}") from None
