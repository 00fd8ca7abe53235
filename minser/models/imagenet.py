"""ImageNet weights of VGG16, from the files that are in the wild.

| file | names | kernel | colours | pictures |
|---|---|---|---|---|
| torchvision's .pth | features.0.weight | (out, in, height, width) | RGB | 0 to 1, minus mean, by deviation |
| the same, only features | features.0.weight | (out, in, height, width) | RGB | 0 to 255, minus mean |
| timm's .safetensors | features.0.weight | (out, in, height, width) | RGB | 0 to 1, minus mean, by deviation |
| Keras's .h5 | block1_conv1 | (height, width, in, out) | BGR | 0 to 255, minus mean |
| Keras's .weights.h5 | conv2d, the first layer | (height, width, in, out) | BGR | 0 to 255, minus mean |

torchvision has a second file of the same names and shapes but another scale of pictures, IMAGENET1K_FEATURES. Its
classifier is filled with NaN; so a file of torchvision or timm without the dense layers is refused: nothing in it tells
the scale. README.md beside this file lists what is read and what is refused.

Comes in: a path; the content decides what it is, not the name (but for a part of sharded weights). Goes out: the arrays
of `vgg16.build` up to pool5, with the file's own scale of pictures, all for RGB from 0 to 1.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import safetensors

from minser.models import keras_file, other_formats, torch_file
from minser.models.vgg16 import CHAIN, CONVS, network_name
from minser.nn import Array

WHERE = (
    "vgg16-397923af.pth from download.pytorch.org/models (torchvision), model.safetensors of timm/vgg16.tv_in1k from "
    "huggingface.co, or vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 (Keras)"
)
"""Where to get a file."""

Scale = tuple[tuple[float, float, float], tuple[float, float, float]]

TORCH_SCALE: Scale = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation of ImageNet's red, green and blue from 0 to 1, as torchvision documents them."""

FEATURES_SCALE: Scale = ((0.48235, 0.45882, 0.40784), (1 / 255, 1 / 255, 1 / 255))
"""The same of torchvision's IMAGENET1K_FEATURES."""

KERAS_SCALE: Scale = ((123.68 / 255, 116.779 / 255, 103.939 / 255), (1 / 255, 1 / 255, 1 / 255))
"""The same of Keras's "caffe" mode: 0 to 255, minus the mean of each colour."""

_TORCHVISION_HEAD = ("classifier.0", "classifier.3", "classifier.6")
_TIMM_HEAD = ("pre_logits.fc1", "pre_logits.fc2", "head.fc")
_WANTED = ("features.", *(f"{layer}.bias" for layer in (*_TORCHVISION_HEAD, *_TIMM_HEAD)))  # the rest is large


def read_vgg16(path: Path) -> dict[str, Array]:
    """Return the convolutions of VGG16 as ``conv1_1.weight``, (3, 3, in, out), and ``input.mean``, ``input.std``.

    Whether their shapes are those of a network is seen where they are copied into one (``runs.first_weights``).

    Parameters
    ----------
    path : Path
        One of the kinds of file above.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is anything else, is damaged, or holds another network.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file of weights; get {WHERE}")
    if advice := other_formats.advice(path):
        raise ValueError(f"{path}: expected a file of weights that is known here, got {advice}")
    with path.open("rb") as file:
        start = file.read(16)
    if start[8:9] == b"{":  # eight bytes of length, then JSON
        arrays, (mean, std) = _of_torch(path, *_read_safetensors(path))
    elif start.startswith(keras_file.SIGNATURE):
        arrays, (mean, std) = _of_keras(path), KERAS_SCALE
    elif start.startswith((torch_file.ZIP_SIGNATURE, torch_file.PICKLE_SIGNATURE)):
        arrays, (mean, std) = _of_torch(path, *torch_file.read_tensors(path, prefix=_WANTED))
    else:
        raise ValueError(f"{path}: no file of weights that is known here; get {WHERE}")
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{path}: {name} has values that are not finite")
    return arrays | {"input.mean": np.array(mean, np.float32), "input.std": np.array(std, np.float32)}


def torch_names() -> dict[str, str]:
    """Return torchvision's name of each of `CONVS`: the place in its chain, where ReLUs and poolings count too."""
    return {name: f"features.{place}" for place, name in enumerate(CHAIN) if name in CONVS}


def _of_torch(path: Path, names: Collection[str], state: Mapping[str, Array]) -> tuple[dict[str, Array], Scale]:
    """Return our names and layouts for torchvision's and timm's, and the scale of pictures."""
    convs, head = torch_names(), _TIMM_HEAD if "pre_logits.fc1.bias" in names else _TORCHVISION_HEAD
    expected = [f"{layer}.{key}" for layer in (*convs.values(), *head) for key in ("weight", "bias")]
    odd = [f"without {name}" for name in expected if name not in names]
    odd += [f"with {name[:60]!r}" for name in names if name not in expected]
    if odd:
        raise ValueError(
            f"{path}: expected the whole VGG16 (configuration D) of torchvision or timm, "
            f"got {_relative(names) or 'weights ' + odd[0]}; get {WHERE}"
        )
    biases = np.concatenate([state[f"{layer}.bias"].ravel() for layer in head])
    if np.isfinite(biases).all():
        scale = TORCH_SCALE
    elif np.isnan(biases).all():
        scale = FEATURES_SCALE
    else:
        raise ValueError(f"{path}: its dense layers are neither numbers throughout nor NaN throughout")
    own = {f"{name}.{key}": state[f"{theirs}.{key}"] for name, theirs in convs.items() for key in ("weight", "bias")}
    for name, array in own.items():
        own[name] = np.ascontiguousarray(array.transpose(2, 3, 1, 0) if array.ndim == 4 else array)
    return own, scale


def _relative(names: Collection[str]) -> str:
    """Return which other VGG of torchvision or timm has these names, or nothing."""
    layers = {name.split(".")[1] for name in names if name.startswith("features.")}
    norms = {name for name in names if name.startswith("features.") and name.endswith(".running_mean")}
    found = network_name(len(layers) - len(norms)) + " with batch norm" * bool(norms)
    return found if found.startswith("VGG") and found != "VGG16" else ""


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


def _read_safetensors(path: Path) -> tuple[list[str], dict[str, Array]]:
    """Return all names of a safetensors file, and the arrays that are wanted, as float32."""
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            wanted = [name for name in names if name.startswith(_WANTED) and name.endswith((".weight", ".bias"))]
            arrays = {name: file.get_tensor(name) for name in wanted}
    except (safetensors.SafetensorError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not a whole safetensors file of floats, such as float32: {error}") from None
    for name, array in arrays.items():
        if array.dtype.kind != "f":
            raise ValueError(f"{path}: {name} is {array.dtype}, expected floats, such as float32")
    return names, {name: array.astype(np.float32) for name, array in arrays.items()}
