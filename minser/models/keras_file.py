"""Weights from Keras's HDF5 files.

Comes in: a path and the names of layers. Goes out: kernel and bias of each. Needs h5py, which ``pip install
minser[vgg]`` brings.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minser.nn import Array

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MAX_VALUES = 2**25  # of one array; the largest convolution of VGG16 has 2.4 million
_HARMLESS = re.compile(
    r"(input|input_layer|flatten|global_(average|max)_pooling2d|dropout|dense)(_\d+)?"
    r"|\w+_pool|fc\d|predictions|top_level_model_weights"
)
"""Keras's own names of what changes no picture before the convolutions: inputs, poolings, and layers after them."""


def read_layers(path: Path, names: Sequence[str]) -> dict[str, tuple[Array, Array]]:
    """Return kernel (height, width, in, out) and bias (out,) of all convolutions of a network.

    Keras named the arrays of a layer differently over the years; in all of these files a layer is a group, and in it
    lie one array of four axes and one of one axis. A layer without weights has a group too. There may be no other
    convolutions, and no layer that could change the pictures first, such as ``rescaling``.

    Parameters
    ----------
    path : Path
        A file of ``Model.save_weights`` or ``Model.save`` in HDF5.
    names : sequence of str
        Of the layers, such as ``block1_conv1``.

    Raises
    ------
    ValueError
        If h5py is not installed, the file is absent or damaged, lacks a layer or has others.
    """
    try:
        import h5py
    except ModuleNotFoundError:
        raise ValueError(f"{path}: reading Keras's files needs h5py: pip install 'minser[vgg]'") from None
    try:
        with h5py.File(path, "r") as file:
            layers = _group(file, "model_weights") or file
            found = {name: _read(layers, name) for name in names}
            for other in sorted(layers.keys() - found.keys()):
                if not _HARMLESS.fullmatch(other):
                    raise ValueError(f"layer {other[:60]!r} makes it another network, or one that changes its pictures")
            return found
    except (OSError, KeyError, RuntimeError, TypeError) as error:  # what h5py raises
        raise ValueError(f"{path}: a damaged HDF5 file: {' '.join(str(error).split())}") from None
    except ValueError as error:
        raise ValueError(f"{path}: expected convolutional weights saved by Keras: {error}") from None


def _group(parent: Any, name: str) -> Any:
    """Return a group that really lies in its parent, else None: a link may lead to any file of this computer."""
    import h5py

    is_here = name in parent.keys() and isinstance(parent.get(name, getlink=True), h5py.HardLink)  # noqa: SIM118 - `in` follows links
    return parent[name] if is_here and isinstance(parent[name], h5py.Group) else None


def _read(layers: Any, name: str) -> tuple[Array, Array]:
    """Return a layer's kernel and bias."""
    import h5py

    group = _group(layers, name)
    if group is None:
        raise ValueError(f"no layer {name}")
    found: dict[int, Array] = {}

    def visit(place: str, item: Any) -> None:
        if not isinstance(item, h5py.Dataset):
            return
        if item.external or item.is_virtual:
            raise ValueError(f"{name}/{place} lies in another file")
        if item.dtype.kind != "f" or item.ndim not in (1, 4) or item.size > _MAX_VALUES or item.ndim in found:
            raise ValueError(f"{name}/{place} of shape {item.shape} is no kernel and no bias")
        found[item.ndim] = np.asarray(item[...], np.float32)

    group.visititems(visit)
    if found.keys() != {1, 4}:
        raise ValueError(f"layer {name} has not one kernel and one bias")
    return found[4], found[1]
