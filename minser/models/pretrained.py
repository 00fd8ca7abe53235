"""ImageNet weights of VGG16, from the files that are in the wild.

| file | names | kernel | colours | pictures |
|---|---|---|---|---|
| torchvision's .pth | features.0.weight | (out, in, height, width) | RGB | 0 to 1, minus mean, by deviation |
| timm's .safetensors | features.0.weight | (out, in, height, width) | RGB | 0 to 1, minus mean, by deviation |
| Keras's no-top .h5 | block1_conv1 | (height, width, in, out) | BGR | 0 to 255, minus mean |

Comes in: a path; the content decides what it is, not the name. Goes out: the arrays of `vgg16.build` up to pool5, with
the file's own scale of pictures, all for RGB from 0 to 1. Called by ``start``.
"""

from pathlib import Path

import numpy as np
import safetensors

from minser.models import keras_file, torch_file
from minser.models.torch_layout import from_state_dict
from minser.models.vgg16 import BLOCKS, CONVS
from minser.nn import Array

WHERE = (
    "vgg16-397923af.pth from download.pytorch.org/models (torchvision), model.safetensors of timm/vgg16.tv_in1k from "
    "huggingface.co, or vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 (Keras)"
)
"""Where to get a file."""

TORCH_SCALE = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation of ImageNet's red, green and blue from 0 to 1, as torchvision documents them."""

KERAS_SCALE = ((123.68 / 255, 116.779 / 255, 103.939 / 255), (1 / 255, 1 / 255, 1 / 255))
"""The same of Keras's "caffe" mode: 0 to 255, minus the mean of each colour."""


def read_vgg16(path: Path) -> dict[str, Array]:
    """Return the convolutions of VGG16 as ``conv1_1.weight``, (3, 3, in, out), and ``input.mean``, ``input.std``.

    Parameters
    ----------
    path : Path
        One of the three kinds of file above.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is anything else, is damaged, or holds another network.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file of weights; get {WHERE}")
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith(keras_file.SIGNATURE):
        arrays, (mean, std) = _of_keras(path), KERAS_SCALE
    elif start.startswith(torch_file.ZIP_SIGNATURE) or start.startswith(torch_file.STREAM_SIGNATURE):
        arrays, (mean, std) = _of_torch(path, torch_file.read_tensors(path, prefix="features.")), TORCH_SCALE
    elif start[8:9] == b"{":  # eight bytes of length, then JSON
        arrays, (mean, std) = _of_torch(path, _read_safetensors(path)), TORCH_SCALE
    else:
        raise ValueError(f"{path}: no file of weights that is known here; get {WHERE}")
    _check(path, arrays)
    return arrays | {"input.mean": np.array(mean, np.float32), "input.std": np.array(std, np.float32)}


def torch_names() -> dict[str, str]:
    """Return torchvision's name of each of `CONVS`: the place in its chain, where ReLUs and poolings count too."""
    names, place = {}, 0
    for i, block in enumerate(BLOCKS, 1):
        for j in range(1, len(block) + 1):
            names[f"conv{i}_{j}"] = f"features.{place}"
            place += 2  # the convolution and its ReLU
        place += 1  # the block's pooling
    return names


def _of_torch(path: Path, state: dict[str, Array]) -> dict[str, Array]:
    """Return our names and layouts for torchvision's and timm's."""
    own = {}
    for name, theirs in torch_names().items():
        for key in ("weight", "bias"):
            if f"{theirs}.{key}" not in state:
                raise ValueError(f"{path}: expected VGG16 (configuration D), got weights without {theirs}.{key}")
            own[f"{name}.{key}"] = state[f"{theirs}.{key}"]
    return from_state_dict(own)


def _of_keras(path: Path) -> dict[str, Array]:
    """Return our names and RGB for Keras's names and BGR."""
    names = {name: name.replace("conv", "block").replace("_", "_conv") for name in CONVS}  # conv1_2: block1_conv2
    layers = keras_file.read_layers(path, list(names.values()))
    arrays = {}
    for name, theirs in names.items():
        arrays[f"{name}.weight"], arrays[f"{name}.bias"] = layers[theirs]
    first = arrays["conv1_1.weight"]
    arrays["conv1_1.weight"] = np.ascontiguousarray(first[:, :, ::-1])
    return arrays


def _read_safetensors(path: Path) -> dict[str, Array]:
    """Return the convolutions' arrays of a safetensors file, as float32."""
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names = [name for name in file.keys() if name.startswith("features.")]  # noqa: SIM118 - it is no dict
            return {name: file.get_tensor(name).astype(np.float32) for name in names}
    except (safetensors.SafetensorError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not a whole safetensors file of floats: {error}") from None


def _check(path: Path, arrays: dict[str, Array]) -> None:
    """Refuse arrays of another network, and such as no network can have."""
    before = 3
    for name, filters in zip(CONVS, (filters for block in BLOCKS for filters in block), strict=True):
        for key, shape in (("weight", (3, 3, before, filters)), ("bias", (filters,))):
            array = arrays[f"{name}.{key}"]
            if array.shape != shape:
                raise ValueError(f"{path}: expected VGG16 with {name}.{key} of shape {shape}, got {array.shape}")
            if not np.isfinite(array).all():
                raise ValueError(f"{path}: {name}.{key} has values that are not finite")
        before = filters
