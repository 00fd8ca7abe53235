import numpy as np
import pytest

from minser import nn


@pytest.fixture
def params() -> dict[str, np.ndarray]:
    return {"weight": np.array([[1.0, -2.0], [3.0, 0.5]], np.float32), "bias": np.array([10.0], np.float32)}


def test_penalty_is_keras_closed_form(params: dict[str, np.ndarray]) -> None:
    """Keras's L2(0.01) is 0.01 * sum(w ** 2): neither halved nor averaged."""
    assert nn.l2_penalty(params, ["weight"], strength=0.01) == pytest.approx(0.01 * (1 + 4 + 9 + 0.25), rel=1e-15)
    assert nn.l2_penalty(params, ["weight", "bias"], strength=1) == 114.25
    assert nn.l2_penalty(params, [], strength=1) == 0


def test_gradient_is_added_in_place_to_the_named_arrays_only(params: dict[str, np.ndarray]) -> None:
    grads = {name: np.ones_like(array) for name, array in params.items()}
    weight, bias = grads["weight"], grads["bias"]
    nn.add_l2_gradient(params, grads, ["weight"], strength=0.25)
    assert grads["weight"] is weight
    assert weight.dtype == np.float32
    assert weight.tolist() == [[1.5, 0.0], [2.5, 1.25]]
    assert bias.tolist() == [1]


def test_gradient_agrees_with_finite_differences(params: dict[str, np.ndarray]) -> None:
    params = {name: array.astype(np.float64) for name, array in params.items()}
    grads = {name: np.zeros_like(array) for name, array in params.items()}
    nn.add_l2_gradient(params, grads, ["weight", "bias"], strength=0.1)
    for name, param in params.items():
        expected = nn.numerical_gradient(lambda: nn.l2_penalty(params, list(params), strength=0.1), param)
        assert grads[name] == pytest.approx(expected, abs=1e-7)  # rounding of a loss of 10, over a step of 1e-6
