import numpy as np
import pytest
import safetensors.numpy

from minser import nn
from minser.models.torch_layout import flattened_channels, to_state_dict


def test_names_and_layouts_are_torchs(rng):
    torch = pytest.importorskip("torch")
    arrays = {
        "conv.weight": rng.random((3, 5, 2, 4)),
        "conv.bias": rng.random(4),
        "norm.gamma": rng.random(4),
        "norm.beta": rng.random(4),
        "norm.running_mean": rng.random(4),
        "norm.running_var": rng.random(4),
        "pooling.weight": rng.random(4),
        "dense.weight": rng.random((4, 6)),
        "dense.bias": rng.random(6),
    }
    state = to_state_dict(arrays)
    pooling = torch.nn.Module()
    pooling.weight = torch.nn.Parameter(torch.zeros(4))
    twin = torch.nn.ModuleDict(
        {
            "conv": torch.nn.Conv2d(2, 4, (3, 5)),
            "norm": torch.nn.BatchNorm2d(4),
            "pooling": pooling,
            "dense": torch.nn.Linear(4, 6),
        }
    ).double()
    twin.load_state_dict({name: torch.tensor(array) for name, array in state.items()}, strict=True)
    np.testing.assert_array_equal(twin["conv"].weight.detach()[1, 0, 2, 3], arrays["conv.weight"][2, 3, 0, 1])
    np.testing.assert_array_equal(twin["norm"].weight.detach(), arrays["norm.gamma"])


def test_which_dense_layers_take_what_was_flattened(rng):
    model = nn.Sequential(
        {
            "conv": nn.Conv2d(2, 4, kernel_size=3, rng=rng),
            "pool": nn.MaxPool2d(2),
            "flat": nn.Flatten(),
            "drop": nn.Dropout(0.1),
            "hidden": nn.Dense(24, 5, rng=rng),
            "logits": nn.Dense(5, 3, rng=rng),
        }
    )
    assert flattened_channels(model, in_channels=2) == {"hidden": 4}
    bare = nn.Sequential({"flat": nn.Flatten(), "logits": nn.Dense(24, 3, rng=rng)})
    assert flattened_channels(bare, in_channels=2) == {"logits": 2}
    pooled = nn.Sequential({"pool": nn.GlobalAveragePool(), "logits": nn.Dense(2, 3, rng=rng)})
    assert flattened_channels(pooled, in_channels=2) == {}


def test_flattened_inputs_change_from_channels_last_to_channels_first():
    places = np.arange(24).reshape(2, 3, 4)  # height, width, channels
    weight = np.stack([places.ravel(), 100 + places.ravel()], axis=1)  # (in, out)
    state = to_state_dict({"hidden.weight": weight, "hidden.bias": np.zeros(2)}, {"hidden": 4})
    np.testing.assert_array_equal(state["hidden.weight"][0], places.transpose(2, 0, 1).ravel())
    np.testing.assert_array_equal(state["hidden.weight"][1], 100 + state["hidden.weight"][0])


def test_a_file_of_them_holds_their_values_however_they_lie_in_memory(rng):
    table, block = rng.random((6, 8)), rng.random((4, 2, 3, 5))
    arrays = {
        "whole.weight": table,
        "turned.weight": table.T,
        "sliced.weight": table[:, 1:4],
        "sparse.weight": table[::2],
        "backwards.bias": table[0, ::-1],
        "conv.weight": block,
        "turned_conv.weight": block.transpose(2, 3, 1, 0),
    }
    stored = safetensors.numpy.load(safetensors.numpy.save(to_state_dict(arrays)))  # 0.8 writes memory as it lies
    for name, array in arrays.items():
        np.testing.assert_array_equal(stored[name], array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T)


def test_the_arrays_are_copies(rng):
    bias = rng.random(4)
    to_state_dict({"dense.bias": bias})["dense.bias"][...] = 0
    assert bias.all()
