import numpy as np
import pytest

from minser import nn
from minser.explanation import class_activation_map
from minser.explanation.grad_cam import last_activation

from .networks import torch_logits


@pytest.mark.parametrize("target", range(6))
def test_equals_torchs_autograd(network_and_input, target):
    torch = pytest.importorskip("torch")
    model, x = network_and_input
    inner: dict = {}
    torch_logits(model, torch.tensor(x[np.newaxis], requires_grad=True), inner)[0, target].backward()
    activation = inner["relu2"]
    weights = activation.grad.mean(dim=(2, 3), keepdim=True)
    expected = torch.relu((weights * activation).sum(dim=1))[0].detach().numpy()
    got = class_activation_map(model, x, target)
    assert got.dtype == np.float32
    assert got.shape == (8, 10)  # of the second block, before its pooling
    np.testing.assert_allclose(got, expected, atol=1e-5 * max(1, expected.max()))  # rounding; the promise is 1e-4


def test_every_class_but_the_deaf_ones_finds_something(network_and_input):
    model, x = network_and_input
    maps = [class_activation_map(model, x, target) for target in range(6)]
    assert all((one >= 0).all() for one in maps)
    assert sum(bool(one.any()) for one in maps) >= 2
    with pytest.raises(ValueError, match="target"):
        class_activation_map(model, x, 6)


def test_shows_the_place_that_a_known_filter_finds(rng):
    """A network that averages one filter: the map is that filter's answer over the number of places."""
    model = nn.Sequential(
        {"conv": nn.Conv2d(1, 1, kernel_size=1, rng=rng), "relu": nn.ReLU(), "mean": nn.GlobalAveragePool()}
    )
    model.params["conv.weight"][...] = 2
    x = np.zeros((4, 5, 1), np.float32)
    x[1, 3], x[2, 2] = 10, -10
    expected = np.zeros((4, 5))
    expected[1, 3] = 20 / 20  # (4 * 5) places, the filter's answer is twice the input
    np.testing.assert_allclose(class_activation_map(model, x, 0), expected, rtol=1e-6)


def test_the_last_activation_is_the_finest_after_the_last_convolution(network_and_input, rng):
    model, x = network_and_input
    assert last_activation(model, x.shape) == "relu2"
    bare = nn.Sequential({"conv": nn.Conv2d(1, 2, kernel_size=1, rng=rng), "flat": nn.Flatten()})
    assert last_activation(bare, (3, 3, 1)) == "conv"
    dense = nn.Sequential({"flat": nn.Flatten(), "dense": nn.Dense(9, 2, rng=rng)})
    with pytest.raises(ValueError, match="needs a network with a convolution"):
        last_activation(dense, (3, 3, 1))
