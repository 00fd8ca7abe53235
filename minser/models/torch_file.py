"""Weights from files of ``torch.save``, without running what is in them.

Such a file describes its tensors by a pickle, which ``torch_pickle`` reads and nobody runs. Two containers are in the
wild: the zip archive of torch 1.6 and later, and the stream of before, which files of 2017 such as
``vgg16-397923af.pth`` are. Numbers are read straight from the file, and only of the tensors that are asked for.

Comes in: a path and the beginning of the names that are wanted. Goes out: all names, and the wanted arrays.
"""

import io
import math
import warnings
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from minser.models.torch_pickle import Storage, Tensor, follow
from minser.nn import Array

ZIP_SIGNATURE = b"PK\x03\x04"
PICKLE_SIGNATURE = b"\x80"  # five of them begin the stream
_MAGIC = 0x1950A86A20F9469CFC6C

_MAX_PICKLE = 2**22  # bytes; names and shapes of a thousand tensors take a tenth of it
_MAX_VALUES = 2**28  # of all wanted tensors together: 1 GiB of float32


def read_tensors(path: Path, *, prefix: str | tuple[str, ...]) -> tuple[list[str], dict[str, Array]]:
    """Return the names of all tensors of a saved state_dict, and the tensors whose names begin with `prefix`.

    Parameters
    ----------
    path : Path
        A file of ``torch.save``.
    prefix : str or tuple of str
        Beginning of the wanted names, such as ``features.``, or several of which one fits.

    Returns
    -------
    names : list of str
        Of all tensors.
    arrays : dict of str to ndarray
        The wanted ones in torch's layouts, float32 whatever float type is stored.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no such archive, is damaged, holds anything but a dict of tensors, or asks for a name that
        tensors do not need.
    """
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("error")  # what makes pickletools or NumPy warn is damaged, or beyond float32
        try:
            is_zip = file.read(len(ZIP_SIGNATURE)) == ZIP_SIGNATURE
            file.seek(0)
            return (_read_zip if is_zip else _read_stream)(file, prefix)
        except (ValueError, LookupError, TypeError, zipfile.BadZipFile, EOFError, RuntimeError, Warning) as error:
            text = " ".join(str(error).split())[:200]
            raise ValueError(f"{path}: expected weights saved by torch, and cannot read them: {text}") from None


def _read_zip(file: BinaryIO, prefix: str | tuple[str, ...]) -> tuple[list[str], dict[str, Array]]:
    """Read the archive: FOLDER/data.pkl and, for each storage, FOLDER/data/KEY."""
    with zipfile.ZipFile(file) as archive:
        entries = archive.namelist()
        if len(set(entries)) != len(entries):
            raise ValueError("two entries of one name")
        (pickled,) = [name for name in entries if name.endswith("/data.pkl")] or [""]
        if not pickled:
            raise ValueError("no data.pkl in the archive")
        folder = pickled.removesuffix("data.pkl")
        if f"{folder}byteorder" in entries and _content(archive, f"{folder}byteorder") != b"little":
            raise ValueError("saved on a big-endian machine")
        state = _all_tensors(follow(io.BytesIO(_content(archive, pickled))))
        arrays = {}
        for name, tensor in _wanted(state, prefix).items():
            content = _content(archive, f"{folder}data/{tensor.storage.key}", _n_bytes(tensor.storage))
            arrays[name] = _array(tensor, content)
        return list(state), arrays


def _content(archive: zipfile.ZipFile, name: str, size: int | None = None) -> bytes:
    """Return an entry, of the expected size or else no larger than a pickle may be."""
    entry = archive.getinfo(name)
    # torch stores without compression, so no entry can be larger than the file
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
        raise ValueError(f"{name} is compressed")
    if size is not None and entry.file_size != size:
        raise ValueError(f"{name} has {entry.file_size} bytes, expected {size}")
    if size is None and entry.file_size > _MAX_PICKLE:
        raise ValueError(f"{name} has {entry.file_size} bytes, expected at most {_MAX_PICKLE}")
    return archive.read(entry)


def _read_stream(file: BinaryIO, prefix: str | tuple[str, ...]) -> tuple[list[str], dict[str, Array]]:
    """Read the older stream: five pickles, then each storage's size and numbers in the order of the fifth."""
    head = io.BytesIO(file.read(_MAX_PICKLE))
    magic, version, machine, pickled, keys = (follow(head) for _ in range(5))
    if (magic, version) != (_MAGIC, 1001) or not isinstance(machine, dict) or machine.get("little_endian") is not True:
        raise ValueError("not version 1001 of a little-endian machine")
    state = _all_tensors(pickled)
    tensors = _wanted(state, prefix)
    storages = {tensor.storage.key: tensor.storage for tensor in state.values()}
    if not isinstance(keys, list) or set(map(str, keys)) != storages.keys():
        raise ValueError("the list of storages is not that of the tensors")
    position, end = head.tell(), file.seek(0, io.SEEK_END)
    places = {}
    for key in keys:
        file.seek(position)
        n_values = int.from_bytes(file.read(8), "little", signed=True)
        if n_values != storages[key].size:
            raise ValueError(f"storage {key} has {n_values} values, expected {storages[key].size}")
        places[key] = position + 8
        position += 8 + _n_bytes(storages[key])
    if position > end:
        raise ValueError("the file ends before its numbers do")
    arrays = {}
    for name, tensor in tensors.items():
        file.seek(places[tensor.storage.key])
        arrays[name] = _array(tensor, file.read(_n_bytes(tensor.storage)))
    return list(state), arrays


def _all_tensors(state: Any) -> dict[str, Tensor]:
    """Return a state_dict's tensors."""
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError("it does not hold a dict of tensors: save model.state_dict(), and nothing around it")
    return state


def _wanted(state: dict[str, Tensor], prefix: str | tuple[str, ...]) -> dict[str, Tensor]:
    """Return the tensors with the right names, if they are not too many numbers together."""
    tensors = {name: tensor for name, tensor in state.items() if name.startswith(prefix)}
    total = sum(max(tensor.storage.size, math.prod(tensor.shape)) for tensor in tensors.values())
    if total > _MAX_VALUES:
        raise ValueError(f"its tensors have {total} values, expected at most {_MAX_VALUES}")
    return tensors


def _array(tensor: Tensor, content: bytes) -> Array:
    """Return a tensor's numbers as float32."""
    values = np.frombuffer(content, tensor.storage.dtype, count=tensor.storage.size)
    last = tensor.offset + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.strides, strict=True))
    if 0 in tensor.shape or last >= len(values):
        raise ValueError(f"a tensor of shape {tensor.shape} reaches out of its {len(values)} values")
    steps = [step * values.itemsize for step in tensor.strides]
    view = np.lib.stride_tricks.as_strided(values[tensor.offset :], tensor.shape, steps, writeable=False)
    return np.array(view, np.float32)


def _n_bytes(storage: Storage) -> int:
    """Return how many bytes a storage takes."""
    return storage.size * np.dtype(storage.dtype).itemsize
