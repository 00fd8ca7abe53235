"""The table in minser/models/README.md: files as the libraries write them, of random weights, and minser's answers.

Keras, torch, safetensors, Hugging Face and ONNX write their files here themselves. torchvision and timm are not
installed: the networks below have the names of their state_dicts. To be small, all have a sixteenth of VGG16's filters.
TensorFlow's .weights.h5 has the layout of Keras 3 without names, as TensorFlow 2.15.1 was seen to write it.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minser.models.imagenet import read_vgg16, torch_names
from minser.models.torch_file import read_tensors
from minser.models.vgg16 import CHAIN, CONVS

PAGE = Path(__file__).parents[2] / "minser" / "models" / "README.md"
ROWS = [
    tuple(cell.strip() for cell in line.split("|")[1:4])
    for line in PAGE.read_text("utf-8").splitlines()
    if line[:3] == "| `"
]
FILTERS = [4, 4, "M", 8, 8, "M", 16, 16, 16, "M", 32, 32, 32, "M", 32, 32, 32, "M"]  # torchvision's configuration D
OF_VGG19 = [4, 4, "M", 8, 8, "M", 16, 16, 16, 16, "M", 32, 32, 32, 32, "M", 32, 32, 32, 32, "M"]


# Keras


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def thin(keras, name="VGG16", **changes):
    """Return a network of keras.applications with few filters and random weights."""

    def copy(layer):
        config = layer.get_config() | changes
        if "filters" in config:
            config["filters"] //= 16
        return type(layer).from_config(config)

    whole = getattr(keras.applications, name)(weights=None, include_top=False, input_shape=(32, 32, 3))
    model = keras.models.clone_model(whole, clone_function=copy)
    rng = np.random.default_rng(0)
    model.set_weights([rng.standard_normal(array.shape, np.float32) for array in model.get_weights()])
    return model


def in_sequential(keras, base, *before, after=()):
    layers = keras.layers
    head = [layers.Flatten(), *after, layers.Dense(5, activation="relu"), layers.Dropout(0.2), layers.Dense(8)]
    return keras.Sequential([keras.Input((32, 32, 3)), *before, base, *head])


def functional(keras, base):
    pooled = keras.layers.GlobalAveragePooling2D()(base.output)
    return keras.Model(base.input, keras.layers.Dense(8)(pooled))


def trained(keras, base):
    augmentation = keras.Sequential([keras.layers.RandomFlip(), keras.layers.RandomRotation(0.1)])
    model = in_sequential(keras, base, augmentation)
    model.compile(keras.optimizers.Adam(1e-4), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(np.ones((2, 32, 32, 3), np.float32), np.zeros(2, int), verbose=0)
    return model


def without_names(model, path):
    """Write a file, and remove what Keras has written beside the layout since 3.8."""
    h5py = pytest.importorskip("h5py")
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        file.visititems(lambda _, item: [item.attrs.pop(name) for name in list(item.attrs)] and None)


def renamed(keras):
    """Return VGG16 as one who builds it from its paper does."""
    layers = [
        keras.layers.MaxPooling2D() if n == "M" else keras.layers.Conv2D(n, 3, padding="same", activation="relu")
        for n in FILTERS
    ]
    return keras.Sequential([keras.Input((32, 32, 3)), *layers])


def of_keras_2(base, path):
    """Write what Keras 2 wrote: each layer a group, and in it its weights."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in base.layers]
        for layer in base.layers:
            group = file.create_group(layer.name)
            for weight in layer.weights:
                group[f"{layer.name}_{'W' if weight.name == 'kernel' else 'b'}_1:0"] = weight.numpy()


def write_keras(keras, what, library, folder):
    """Write a file, and return it and the network whose weights are in it."""
    path = folder / ("vgg16.weights.h5" if ".weights.h5" in what else "vgg16.h5")
    kind = "VGG19" if "VGG19" in what else "VGG16"
    base = thin(keras, kind, dtype="bfloat16") if "bfloat16" in what else thin(keras, kind)
    model = base
    if library == "KerasHub":
        model = keras.Model(base.input, base.output, name="vgg_backbone")
    elif "other names" in what:
        model = renamed(keras)
    elif "VGG16().output" in what:
        model = functional(keras, base)
    elif "training" in what:
        model = trained(keras, base)
    elif "`Rescaling`" in what:
        model = in_sequential(keras, base, keras.layers.Rescaling(1 / 255))
    elif "batch norm" in what:
        model = in_sequential(keras, base, after=[keras.layers.BatchNormalization()])
    elif "`Sequential`" in what:
        model = in_sequential(keras, base)
    if "Keras 1 and 2" in what:
        of_keras_2(base, path)
    elif "without names" in what:
        without_names(model, path)
    elif what == "`.keras`":
        model.save(path := folder / "vgg16.keras")
    elif "json" in what or "a part" in what:
        model.save_weights(path := folder / "vgg16.weights.json", max_shard_size=2e-4)
        path = folder / "vgg16_00000.weights.h5" if "a part" in what else path
    elif path.name == "vgg16.h5":
        model.save(path)
    elif "with a number" in what:
        model.save_weights(path := folder / "vgg16_00001.weights.h5")
    else:
        model.save_weights(path)
    return path, base


def arrays_of_keras(base):
    arrays = {}
    for name in CONVS:
        kernel, bias = base.get_layer(name.replace("conv", "block").replace("_", "_conv")).get_weights()
        arrays |= {f"{name}.weight": kernel[:, :, ::-1] if name == "conv1_1" else kernel, f"{name}.bias": bias}
    return arrays, np.array([123.68, 116.779, 103.939]) / 255


# torch


def make_vgg(library="torchvision", filters=FILTERS, norm=False, n_classes=8):
    """Return a network with the names of torchvision.models.vgg.VGG or timm.models.vgg.VGG."""
    torch = pytest.importorskip("torch")
    from torch import nn

    layers, before = [], 3
    for n in filters:
        if n == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(before, n, 3, padding=1), *([nn.BatchNorm2d(n)] if norm else []), nn.ReLU()]
            before = n
    torch.manual_seed(0)
    model = nn.Module()
    model.features = nn.Sequential(*layers)
    if library == "torchvision":
        between = [nn.ReLU(), nn.Dropout()]
        model.classifier = nn.Sequential(nn.Linear(32, 6), *between, nn.Linear(6, 6), *between, nn.Linear(6, n_classes))
    else:
        model.pre_logits, model.head = nn.Module(), nn.Module()
        model.pre_logits.fc1, model.pre_logits.fc2 = nn.Conv2d(32, 6, 1), nn.Conv2d(6, 6, 1)
        model.head.fc = nn.Linear(6, n_classes) if n_classes else nn.Identity()
    return model


def write_torch(what, library, folder):
    """Write a file, and return it and the state_dict that is in it."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    model = make_vgg(
        library,
        OF_VGG19 if "vgg19" in what else FILTERS,
        norm="_bn`" in what,
        n_classes=0 if "num_classes=0" in what else 8,
    )
    state = model.state_dict()
    if "only features" in what:
        state = {name: t * torch.nan if name.startswith("classifier") else t for name, t in state.items()}
    if "bfloat16" in what:
        state = {name: t.bfloat16() for name, t in state.items()}
    path = folder / "weights"
    if what == "`.pt2`":
        chain = torch.nn.Sequential(model.features, torch.nn.Flatten(), model.classifier)
        torch.export.save(torch.export.export(chain.eval(), (torch.zeros(1, 3, 32, 32),)), path := folder / "vgg16.pt2")
    elif "TorchScript" in what:
        chain = torch.nn.Sequential(model.features, torch.nn.Flatten(), model.classifier).eval()
        torch.jit.trace(chain, torch.zeros(1, 3, 32, 32)).save(path)
    elif "index.json" in what or "a part" in what:
        hub = pytest.importorskip("huggingface_hub")
        hub.save_torch_state_dict(state, folder, max_shard_size="200KB", safe_serialization=".bin" not in what)
        (path,) = folder.glob("*-00001-of-*" if "a part" in what else "*.index.json")
    elif ".safetensors" in what:
        save_file(state, path, metadata={"format": "pt"})
    else:
        torch.save(
            model if "whole network" in what else state,
            path,
            pickle_protocol=4 if "pickle_protocol" in what else 2,
            _use_new_zipfile_serialization="2017" not in what,
        )
    return path, state


def arrays_of_torch(state):
    arrays = {}
    for name, theirs in torch_names().items():
        arrays[f"{name}.weight"] = state[f"{theirs}.weight"].numpy().transpose(2, 3, 1, 0)
        arrays[f"{name}.bias"] = state[f"{theirs}.bias"].numpy()
    is_features = state[next(reversed(state))].isnan().any()
    return arrays, np.array([0.48235, 0.45882, 0.40784] if is_features else [0.485, 0.456, 0.406])


def write_onnx(folder):
    onnx = pytest.importorskip("onnx")
    picture, kernel = np.zeros((1, 3, 8, 8), np.float32), np.ones((4, 3, 3, 3), np.float32)
    places = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, picture.shape) for name in "xy"]
    node = onnx.helper.make_node("Conv", ["x", "w"], ["y"])
    weights = [onnx.numpy_helper.from_array(kernel, "w")]
    graph = onnx.helper.make_graph([node], "graph", places[:1], places[1:], weights)
    onnx.save(onnx.helper.make_model(graph, producer_name="pytorch"), folder / "vgg16.onnx")
    return folder / "vgg16.onnx"


# The table


def test_the_small_networks_have_the_layers_of_vgg16():
    assert len(FILTERS) == len([name for name in CHAIN if not name.startswith("relu")])
    torch_places = {name for name in make_vgg().state_dict() if name.startswith("features")}
    assert torch_places == {f"{place}.{key}" for place in torch_names().values() for key in ("weight", "bias")}


def check(path, answer, arrays):
    """Hold minser to the answer for a file; `arrays` gives the convolutions and the mean of its pictures."""
    if answer == "read":
        found, (expected, mean) = read_vgg16(path), arrays()
        assert found.keys() == expected.keys() | {"input.mean", "input.std"}
        for name, array in expected.items():
            np.testing.assert_array_equal(found[name], array, err_msg=name)
        np.testing.assert_allclose(found["input.mean"], mean, rtol=1e-6)
        return
    with pytest.raises(ValueError, match=r"expected|not a whole") as error:
        read_vgg16(path)
    assert answer.removeprefix("refused: ") in str(error.value)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def rows(*libraries):
    """Return the cases of some libraries; Keras, and programs of torch, take seconds."""
    slow = [pytest.mark.slow]
    cases = [row for row in ROWS if row[1] in libraries]
    return [pytest.param(*row, marks=slow if "Keras" in row[1] or "program" in row[2] else []) for row in cases]


IGNORED = "ignore:.torch.jit:DeprecationWarning"  # TorchScript is old, and so are its files


@pytest.mark.parametrize(("what", "library", "answer"), rows("Keras", "Keras 3", "KerasHub"))
def test_a_file_of_keras(tmp_path, keras, what, library, answer):
    path, base = write_keras(keras, what, library, tmp_path)
    check(path, answer, lambda: arrays_of_keras(base))


@pytest.mark.filterwarnings(IGNORED)
@pytest.mark.parametrize(("what", "library", "answer"), rows("torchvision", "timm"))
def test_a_file_of_torch(tmp_path, what, library, answer):
    path, state = write_torch(what, library, tmp_path)
    check(path, answer, lambda: arrays_of_torch(state))


@pytest.mark.parametrize(("what", "library", "answer"), rows("any"))
def test_a_file_of_onnx(tmp_path, what, library, answer):
    check(write_onnx(tmp_path), answer, None)


def test_the_table_has_only_rows_that_are_tested():
    assert len(ROWS) == len(set(ROWS)) > 40
    assert {row[1] for row in ROWS} == {"Keras", "Keras 3", "KerasHub", "torchvision", "timm", "any"}
    assert all(row[2] == "read" or row[2].startswith("refused: ") for row in ROWS)


# What the refusals advise


@pytest.mark.slow
def test_a_keras_archive_unpacked_as_advised_is_read(tmp_path, keras):
    path, base = write_keras(keras, "`.keras`", "Keras 3", tmp_path)
    subprocess.run([sys.executable, "-m", "zipfile", "-e", path, tmp_path / "folder"], check=True)
    check(tmp_path / "folder" / "model.weights.h5", "read", lambda: arrays_of_keras(base))


@pytest.mark.slow
def test_vgg16_alone_is_read_where_the_network_around_it_is_refused(tmp_path, keras):
    base = thin(keras)
    model = in_sequential(keras, base, after=[keras.layers.BatchNormalization()])
    model.get_layer("vgg16").save_weights(tmp_path / "vgg16.weights.h5")
    check(tmp_path / "vgg16.weights.h5", "read", lambda: arrays_of_keras(base))


@pytest.mark.slow
@pytest.mark.filterwarnings(IGNORED)
@pytest.mark.parametrize("what", ["`.pt2`", "`.pt` of TorchScript"])
def test_the_weights_of_a_program_saved_as_advised_are_those_of_its_network(tmp_path, what):
    torch = pytest.importorskip("torch")
    path, state = write_torch(what, "torchvision", tmp_path)
    is_exported = what == "`.pt2`"
    found = dict(torch.export.load(path).state_dict) if is_exported else torch.jit.load(path).state_dict()
    torch.save(found, tmp_path / "vgg16.pth")
    _, arrays = read_tensors(tmp_path / "vgg16.pth", prefix="")
    for array, (name, tensor) in zip(arrays.values(), state.items(), strict=True):
        np.testing.assert_array_equal(array, tensor.numpy(), err_msg=name)
