"""Files as they are in the wild, made here of random weights: each must give the same network."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from minser.models import imagenet, vgg16
from minser.models.imagenet import read_vgg16, torch_names

HEAD = ("classifier.0", "classifier.3", "classifier.6")
TIMM_HEAD = ("pre_logits.fc1", "pre_logits.fc2", "head.fc")


@pytest.fixture(scope="module")
def state():
    """Return a state_dict of torchvision's names; the dense layers, which nobody needs, are small."""
    rng = np.random.default_rng(0)
    state, before = {}, 3
    filters = [n for block in vgg16.BLOCKS for n in block]
    for theirs, n in zip(torch_names().values(), filters, strict=True):
        state[f"{theirs}.weight"] = rng.standard_normal((n, before, 3, 3), np.float32)
        state[f"{theirs}.bias"] = rng.standard_normal(n, np.float32)
        before = n
    for layer in HEAD:
        state[f"{layer}.weight"] = rng.standard_normal((2, 2), np.float32)
        state[f"{layer}.bias"] = rng.standard_normal(2, np.float32)
    return state


def only_features(state):
    """Return what torchvision calls IMAGENET1K_FEATURES: where a classifier would stand there are NaNs."""
    return {name: array * np.float32(np.nan) if name.startswith(HEAD) else array for name, array in state.items()}


def write_torch(state, path, is_zip):
    torch = pytest.importorskip("torch")
    tensors = {name: torch.tensor(array) for name, array in state.items()}
    torch.save(tensors, path, _use_new_zipfile_serialization=is_zip)


def write_timm(state, path):
    for theirs, timms in zip(HEAD, TIMM_HEAD, strict=True):
        state = {name.replace(theirs, timms): array for name, array in state.items()}
    save_file(state, path, metadata={"format": "pt"})


def write_keras(state, path, *, first=("input_1",), more=None, root="/"):
    """Write what Keras does in HDF5: the layers `first` before the network, and more convolutions after some."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        layers, names = file.require_group(root), list(first)
        for name, theirs in torch_names().items():
            layer = name.replace("conv", "block").replace("_", "_conv")
            kernel = state[f"{theirs}.weight"].transpose(2, 3, 1, 0)
            names += [layer, *(more or {}).get(layer, ())]
            for each in names[names.index(layer) :]:
                layers[f"{each}/{each}_W_1:0"] = kernel[:, :, ::-1] if name == "conv1_1" else kernel
                layers[f"{each}/{each}_b_1:0"] = state[f"{theirs}.bias"]
            if name in ("conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_3"):
                names.append(f"{layer[:6]}_pool")
        for name in names:
            layers.require_group(name)  # layers without weights have a group too
        layers.attrs["layer_names"] = [name.encode() for name in names]
        layers.attrs["backend"] = b"tensorflow"


VGG19 = {"block3_conv3": ["block3_conv4"], "block4_conv3": ["block4_conv4"], "block5_conv3": ["block5_conv4"]}
WRITERS = {
    "torchvision": lambda state, path: write_torch(state, path, is_zip=False),
    "torchvision_zip": lambda state, path: write_torch(state, path, is_zip=True),
    "torchvision_features": lambda state, path: write_torch(only_features(state), path, is_zip=True),
    "timm": write_timm,
    "keras": write_keras,
    "keras_sequential": lambda state, path: write_keras(state, path, first=()),
    "keras_model": lambda state, path: write_keras(state, path, first=("input_layer",), root="model_weights"),
}


def test_torchs_places_are_those_of_torchvision():
    places = [int(name.removeprefix("features.")) for name in torch_names().values()]
    assert places == [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]


@pytest.mark.parametrize("kind", WRITERS)
def test_every_kind_of_file_gives_the_same_convolutions(tmp_path, state, kind):
    WRITERS[kind](state, tmp_path / "weights")  # the content tells what it is
    arrays = read_vgg16(tmp_path / "weights")
    assert len(arrays) == 28
    for name, theirs in torch_names().items():
        np.testing.assert_array_equal(arrays[f"{name}.weight"], state[f"{theirs}.weight"].transpose(2, 3, 1, 0))
        np.testing.assert_array_equal(arrays[f"{name}.bias"], state[f"{theirs}.bias"])
    picture = np.array([0.2, 0.5, 0.9], np.float32)  # red, green, blue from 0 to 1
    scaled = (picture - arrays["input.mean"]) / arrays["input.std"]
    expected = (picture - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    if kind == "torchvision_features":  # VGG16_Weights.IMAGENET1K_FEATURES.transforms(): mean, std of 1 / 255
        expected = 255 * (picture - [0.48235, 0.45882, 0.40784])
    if kind.startswith("keras"):
        expected = 255 * picture - [123.68, 116.779, 103.939]
    np.testing.assert_allclose(scaled, expected, rtol=1e-5)


def test_keras_and_torch_files_see_a_picture_as_their_libraries_do(tmp_path, state, rng):
    """The first convolution of Keras's file, by Keras's own recipe: BGR, minus means, kernel as stored."""
    write_keras(state, tmp_path / "k.h5")
    arrays = read_vgg16(tmp_path / "k.h5")
    patch = rng.random((3, 3, 3)).astype(np.float32)  # RGB
    theirs = 255 * patch[:, :, ::-1] - [103.939, 116.779, 123.68]
    stored = state["features.0.weight"].transpose(2, 3, 1, 0)[:, :, ::-1]
    expected = np.einsum("hwc,hwco->o", theirs, stored)
    ours = (patch - arrays["input.mean"]) / arrays["input.std"]
    np.testing.assert_allclose(np.einsum("hwc,hwco->o", ours, arrays["conv1_1.weight"]), expected, rtol=1e-3, atol=1e-2)


def without(state, name):
    return {key: array for key, array in state.items() if key != name}


NAN = np.float32(np.nan)


@pytest.mark.parametrize("write", [save_file, WRITERS["torchvision_zip"]], ids=["safetensors", "torch"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: without(s, "features.28.bias"), r"without features\.28\.bias"),
        (lambda s: s | {"features.2.bias": np.full(64, NAN)}, r"conv1_2\.bias has values that are not"),
        (lambda s: s | {"features.30.weight": np.ones(1, np.float32)}, r"with 'features\.30\.weight'"),
        (lambda s: {k.replace("17", "16"): v for k, v in s.items()}, r"without features\.17\.weight"),  # as VGG19
        (lambda s: s | {"mean": np.ones(3, np.float32)}, "with 'mean'"),  # pictures scaled by the network itself
        (lambda s: {"conv1.weight": np.ones(3)}, r"without features\.0\.weight"),
        (lambda s: {k: v for k, v in s.items() if k[0] == "f"}, r"without classifier\.0\.weight"),  # of which training?
        # Caffe's weights, BGR from 0 to 255, whose dropout stands before each dense layer
        (lambda s: {k.replace("r.0", "r.1"): v for k, v in s.items()}, r"without classifier\.0\.weight"),
        (lambda s: s | {"classifier.6.bias": np.array([1, NAN])}, "neither numbers throughout nor NaN throughout"),
        (lambda s: s | {"classifier.6.bias": np.array([NAN, NAN])}, "neither numbers throughout nor NaN throughout"),
    ],
)
def test_another_network_is_refused(tmp_path, state, change, message, write):
    write(change(state), tmp_path / "a")
    refuse(tmp_path / "a", message)


def test_quantised_weights_are_refused(tmp_path, state):
    save_file(state | {"features.2.bias": np.ones(64, np.int8)}, tmp_path / "a")
    refuse(tmp_path / "a", r"features\.2\.bias is int8, expected floats")


def refuse(path, message):
    with pytest.raises(ValueError, match=message) as error:
        read_vgg16(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"more": VGG19}, "VGG16 is needed, it is VGG19"),
        ({"first": ("input_1", "rescaling")}, "layer 'rescaling' makes it another"),
        ({"first": ("rescaling",)}, "layer 'rescaling' makes it another"),
        ({"first": ("input_1", "normalization"), "root": "model_weights"}, "layer 'normalization' makes it another"),
        (
            {"first": ("input_1", "tf.__operators__.getitem", "tf.nn.bias_add")},
            r"layer 'tf\..* makes it another",
        ),
    ],
)
def test_another_network_of_keras_or_other_pictures_are_refused(tmp_path, state, change, message):
    write_keras(state, tmp_path / "a.h5", **change)
    refuse(tmp_path / "a.h5", message)


def test_other_files_are_one_line_and_say_where_to_get_one(tmp_path, state):
    path = tmp_path / "weights"
    for content in (b"", b"text", bytes(100), b'\x08\0\0\0\0\0\0\0{"a": 1}', b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="weights") as error:
            read_vgg16(path)
        assert "\n" not in str(error.value)
    with pytest.raises(FileNotFoundError, match=r"vgg16-397923af\.pth"):
        read_vgg16(tmp_path / "nowhere")
    assert all(word in imagenet.WHERE for word in ("torchvision", "timm", "Keras"))
