"""Files as they are in the wild, made here of random weights: each must give the same network."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from minser.models import pretrained, vgg16
from minser.models.pretrained import read_vgg16, torch_names


@pytest.fixture(scope="module")
def state():
    """Return a state_dict of torchvision's names, with a classifier that nobody reads."""
    rng = np.random.default_rng(0)
    state, before = {"classifier.0.weight": np.ones((2, 2), np.float32)}, 3
    filters = [n for block in vgg16.BLOCKS for n in block]
    for theirs, n in zip(torch_names().values(), filters, strict=True):
        state[f"{theirs}.weight"] = rng.standard_normal((n, before, 3, 3), np.float32)
        state[f"{theirs}.bias"] = rng.standard_normal(n, np.float32)
        before = n
    return state


def write_torch(state, path, is_zip):
    torch = pytest.importorskip("torch")
    tensors = {name: torch.tensor(array) for name, array in state.items()}
    torch.save(tensors, path, _use_new_zipfile_serialization=is_zip)


def write_keras(state, path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        for name, theirs in torch_names().items():
            layer = name.replace("conv", "block").replace("_", "_conv")
            kernel = state[f"{theirs}.weight"].transpose(2, 3, 1, 0)
            file[f"{layer}/{layer}_W_1:0"] = kernel[:, :, ::-1] if name == "conv1_1" else kernel
            file[f"{layer}/{layer}_b_1:0"] = state[f"{theirs}.bias"]


WRITERS = {
    "torchvision": lambda state, path: write_torch(state, path, is_zip=False),
    "torchvision_zip": lambda state, path: write_torch(state, path, is_zip=True),
    "timm": save_file,
    "keras": write_keras,
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
    if kind == "keras":
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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: without(s, "features.28.bias"), r"without features\.28\.bias"),
        (
            lambda s: s | {"features.0.weight": np.ones((64, 1, 3, 3), np.float32)},
            r"conv1_1\.weight of shape \(3, 3, 3",
        ),
        (lambda s: s | {"features.2.bias": np.full(64, np.nan, np.float32)}, r"conv1_2\.bias has values that are not"),
        (lambda s: {"conv1.weight": np.ones(3)}, r"without features\.0\.weight"),
    ],
)
def test_another_network_is_refused(tmp_path, state, change, message):
    save_file(change(state), tmp_path / "a.safetensors")
    with pytest.raises(ValueError, match=message) as error:
        read_vgg16(tmp_path / "a.safetensors")
    assert str(tmp_path / "a.safetensors") in str(error.value)


def test_other_files_are_one_line_and_say_where_to_get_one(tmp_path, state):
    path = tmp_path / "weights"
    for content in (b"", b"text", bytes(100), b'\x08\0\0\0\0\0\0\0{"a": 1}', b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="weights") as error:
            read_vgg16(path)
        assert "\n" not in str(error.value)
    with pytest.raises(FileNotFoundError, match=r"vgg16-397923af\.pth"):
        read_vgg16(tmp_path / "nowhere")
    assert all(word in pretrained.WHERE for word in ("torchvision", "timm", "Keras"))
