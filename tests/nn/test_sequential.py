import numpy as np
import pytest

from minser import nn

from .cases import small_network


@pytest.fixture
def network(rng: np.random.Generator) -> nn.Sequential:
    """A small network on (batch, 4, 5, 2), in float64."""
    network = small_network(rng)
    network.astype(np.float64)
    return network


@pytest.fixture
def x(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((3, 4, 5, 2))


def test_parameters_bear_the_layers_names(network: nn.Sequential) -> None:
    weights = ["conv.weight", "conv.bias", "norm.gamma", "norm.beta", "dense.weight", "dense.bias"]
    assert list(network.params) == weights
    assert list(network.buffers) == ["norm.running_mean", "norm.running_var"]


def test_names_nest(rng: np.random.Generator) -> None:
    inner = nn.Sequential({"dense": nn.Dense(2, 2, rng=rng)})
    outer = nn.Sequential({"block1": inner, "block2": nn.Sequential({"norm": nn.BatchNorm(2)})})
    outer.astype(np.float64)
    assert list(outer.params) == ["block1.dense.weight", "block1.dense.bias", "block2.norm.gamma", "block2.norm.beta"]
    assert outer.params["block1.dense.weight"] is inner.layers["dense"].params["weight"]
    nn.check_gradients(outer, rng.standard_normal((4, 2)))


def test_arrays_are_the_layers_own_also_after_astype(network: nn.Sequential) -> None:
    network.params["dense.bias"][:] = 7
    network.buffers["norm.running_mean"][:] = 8
    assert network.layers["dense"].params["bias"].tolist() == [7] * 4
    assert network.layers["norm"].buffers["running_mean"].tolist() == [8] * 3


def test_split_halves_make_the_whole(network: nn.Sequential, x: np.ndarray) -> None:
    out = network.forward(x)
    grad_output = np.ones_like(out)
    grad_input = network.backward(grad_output)
    head, tail = network.split("relu")
    activation = head.forward(x)
    assert activation.min() == 0
    assert np.array_equal(tail.forward(activation), out)
    grad_activation = tail.backward(grad_output)
    assert grad_activation.shape == activation.shape == (3, *head.output_shape((4, 5, 2)))
    assert np.array_equal(head.backward(grad_activation), grad_input)


def test_inner_gradient_agrees_with_a_finite_difference(network: nn.Sequential, x: np.ndarray) -> None:
    head, tail = network.split("norm")
    activation = head.forward(x)
    out = tail.forward(activation)
    r = np.random.default_rng(5).standard_normal(out.shape)
    grad = tail.backward(r)
    expected = nn.numerical_gradient(lambda: float((tail.forward(activation) * r).sum()), activation)
    assert grad == pytest.approx(expected, abs=1e-7)  # step 1e-6: rounding of 1e-16 / 1e-6, a hundred times


def test_split_names_the_layers_that_exist(network: nn.Sequential) -> None:
    with pytest.raises(KeyError, match="no layer 'conv9'; there are conv, norm, relu, pool, drop, flat, dense"):
        network.split("conv9")


def test_only_the_first_layer_is_spared(network: nn.Sequential, x: np.ndarray) -> None:
    whole = network.forward(x)
    network.backward(np.ones_like(whole))
    grads = {name: array.copy() for name, array in network.grads.items()}
    network.forward(x)
    assert network.backward(np.ones_like(whole), need_input=False) is None
    assert all(np.array_equal(network.grads[name], grad) for name, grad in grads.items())


def test_predict_is_forward_without_a_way_back(network: nn.Sequential, x: np.ndarray) -> None:
    expected = network.forward(x)
    assert network.predict(x) == pytest.approx(expected, abs=1e-12)
    with pytest.raises(RuntimeError, match="needs a forward before it"):
        network.backward(np.ones_like(expected))
    network.layers["norm"].buffers["running_mean"] += 1  # nothing is remembered of the arrays as they were
    assert network.predict(x) == pytest.approx(network.forward(x), abs=1e-12)
    assert nn.Sequential({"all": network}).predict(x) == pytest.approx(network.forward(x), abs=1e-12)


def test_multiply_adds_add_up(network: nn.Sequential) -> None:
    assert network.multiply_adds((4, 5, 2)) == 4 * 5 * (3 * 3 * 2 * 3) + 12 * 4


def test_summary(network: nn.Sequential) -> None:
    table = nn.summary(network, (4, 5, 2)).splitlines()
    assert [line.split() for line in table[:4]] == [
        ["layer", "kind", "output", "shape", "parameters", "multiply-adds"],
        ["-" * len(table[0])],
        ["conv", "Conv2d", "4", "x", "5", "x", "3", "57", "1,080"],
        ["norm", "BatchNorm", "4", "x", "5", "x", "3", "6", "0"],
    ]
    assert table[-1].split() == ["total", "115", "1,128"]
    assert len(set(map(len, table))) == 1
