"""Weights of convolutions from Keras's HDF5 files.

| file | from | kernel of the second convolution |
|---|---|---|
| .h5 | Keras 1 and 2, Model.save of Keras 3 | block1_conv2/... |
| the same, VGG16 as a layer of a network | | vgg16/block1_conv2/... |
| .weights.h5 | save_weights of Keras 3 and of TensorFlow 2.15 | layers/conv2d_1/vars/0 |
| the same, VGG16 as a layer of a network | | layers/functional/layers/conv2d_1/vars/0 |

A .weights.h5 counts the layers of each class within their network: conv2d, conv2d_1, ..., conv2d_12. Keras 3.8 also
notes the name of each layer.

Comes in: a path and the names of layers. Goes out: kernel and bias of each. Needs h5py, which ``pip install
minser[vgg]`` brings.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minser.models.vgg16 import network_name
from minser.nn import Array

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MAX_VALUES = 2**25  # of one array; the largest convolution of VGG16 has 2.4 million
_CONV = re.compile(r"conv2d(_\d+)?|block\d_conv\d")
_NETWORK = re.compile(r"(functional|sequential)(_\d+)?")  # classes of Keras, in a .weights.h5
_HARMLESS = re.compile(
    r"(input|input_layer|keras_tensor|max_pooling2d|flatten|global_(average|max)_pooling2d|dropout|dense)(_\d+)?"
    r"|random_\w+|\w+_pool|fc\d|predictions|top_level_model_weights"
)
"""Keras's own names of what changes no picture before the convolutions: inputs, augmentation (only in training),
poolings, and layers after them."""


def read_layers(path: Path, names: Sequence[str]) -> dict[str, tuple[Array, Array]]:
    """Return kernel (height, width, in, out) and bias (out,) of all convolutions of a network.

    In all of these files a layer is a group, and in it lie one array of four axes and one of one axis. A layer without
    weights has a group too. There may be no other convolutions, and no layer that could change the pictures first, such
    as ``rescaling``. The files do not show arithmetic between the layers of Keras 3 (``inputs / 255``), nor, in an .h5,
    layers without weights inside of a nested ``vgg16``.

    Parameters
    ----------
    path : Path
        A file of ``Model.save_weights`` or ``Model.save`` in HDF5.
    names : sequence of str
        Of the layers, such as ``block1_conv1``, in order.

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
            own = _group(file, "vars")
            if own is not None and str(own.attrs.get("name")) == "vgg_backbone":
                raise ValueError("it is KerasHub's VGG, whose pictures have another scale")
            layers = _layers(_group(file, "model_weights") or _group(file, "layers") or file)
            ordered = sorted(layers, key=lambda layer: (len(layer[0]), layer[0]))  # conv2d_10 comes after conv2d_2
            convs = [layer for layer in ordered if _CONV.fullmatch(layer[0])]
            for other, _ in ordered:
                if not _CONV.fullmatch(other) and not _HARMLESS.fullmatch(other):
                    raise ValueError(
                        f"layer {other[:60]!r} makes it another network, or one that changes its pictures; if VGG16 "
                        "gets them as preprocess_input makes them, save it alone: "
                        "model.get_layer('vgg16').save_weights('vgg16.weights.h5')"
                    )
            if len(convs) != len(names):
                raise ValueError(f"{network_name(len(names))} is needed, it is {network_name(len(convs))}")
            return {name: _read(*conv, name) for name, conv in zip(names, convs, strict=True)}
    except (OSError, KeyError, RuntimeError, TypeError) as error:  # what h5py raises
        raise ValueError(f"{path}: a damaged HDF5 file: {' '.join(str(error).split())}") from None
    except ValueError as error:
        raise ValueError(f"{path}: expected convolutional weights saved by Keras: {error}") from None


def _group(parent: Any, name: str) -> Any:
    """Return a group that really lies in its parent, else None: a link may lead to any file of this computer."""
    import h5py

    is_here = name in parent.keys() and isinstance(parent.get(name, getlink=True), h5py.HardLink)  # noqa: SIM118 - `in` follows links
    return parent[name] if is_here and isinstance(parent[name], h5py.Group) else None


def _layers(parent: Any) -> Iterator[tuple[str, Any]]:
    """Yield name and group of each layer, those of a network in the network among them."""
    for name in parent.keys():  # noqa: SIM118 - of h5py
        group = _group(parent, name)
        inner = group if name in ("vgg16", "vgg19") else _NETWORK.fullmatch(name) and group and _group(group, "layers")
        yield from _layers(inner) if inner else [(name, group)]


def _read(own: str, group: Any, name: str) -> tuple[Array, Array]:
    """Return the kernel and bias of a layer, which has to be the one that is wanted if its file names layers."""
    import h5py

    if group is None:
        raise ValueError(f"no layer {name}")
    variables = _group(group, "vars")
    label = own if variables is None else str(variables.attrs.get("name", name))
    if label != name:
        raise ValueError(f"expected a layer {name}, got {label[:60]!r}")
    found: dict[int, Array] = {}

    def visit(place: str, item: Any) -> None:
        if not isinstance(item, h5py.Dataset):
            return
        if item.external or item.is_virtual:
            raise ValueError(f"{name}/{place} lies in another file")
        if item.dtype.str == "|V2":
            raise ValueError(f"{name}/{place} is bfloat16, which NumPy does not have: save the weights as float32")
        if item.dtype.kind != "f" or item.ndim not in (1, 4) or item.size > _MAX_VALUES or item.ndim in found:
            raise ValueError(f"{name}/{place} of shape {item.shape} is no kernel and no bias")
        found[item.ndim] = np.asarray(item[...], np.float32)

    group.visititems(visit)
    if found.keys() != {1, 4}:
        raise ValueError(f"layer {name} has not one kernel and one bias")
    return found[4], found[1]
