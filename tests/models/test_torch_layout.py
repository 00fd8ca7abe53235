import numpy as np
import pytest

from minser.models.torch_layout import from_state_dict, to_state_dict


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
    back = from_state_dict({name: tensor.numpy() for name, tensor in twin.state_dict().items()})
    assert back.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
        assert back[name].flags.c_contiguous


def test_the_arrays_are_copies(rng):
    bias = rng.random(4)
    to_state_dict({"dense.bias": bias})["dense.bias"][...] = 0
    assert bias.all()
