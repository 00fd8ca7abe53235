import numpy as np
import pytest

from minser import nn


def test_astype_converts_parameters_and_buffers() -> None:
    layer = nn.BatchNorm(3)
    layer.astype(np.float64)
    assert {array.dtype for array in (*layer.params.values(), *layer.buffers.values())} == {np.dtype(np.float64)}


def test_layers_are_born_in_float32(rng: np.random.Generator) -> None:
    for layer in (nn.Dense(2, 3, rng=rng), nn.Conv2d(1, 2, kernel_size=3, rng=rng), nn.BatchNorm(3)):
        assert {array.dtype for array in (layer.params | layer.buffers).values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("shape", [(3, 5), (3, 4, 1), (4,)])
def test_wrong_shape_is_named(rng: np.random.Generator, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=rf"Dense expects 2 axes, the last of length 4; x has shape \({shape[0]}"):
        nn.Dense(4, 2, rng=rng).forward(np.zeros(shape, np.float32))


def test_wrong_dtype_is_named_and_not_cast(rng: np.random.Generator) -> None:
    with pytest.raises(TypeError, match="Dense has weights of float32, x is float64"):
        nn.Dense(4, 2, rng=rng).forward(np.zeros((1, 4)))


def test_the_contract_alone_computes_nothing() -> None:
    layer = nn.Layer()
    with pytest.raises(NotImplementedError):
        layer.forward(np.zeros(1))
    with pytest.raises(NotImplementedError):
        layer.backward(np.zeros(1))
