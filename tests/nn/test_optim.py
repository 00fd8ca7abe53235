from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser import nn

from .against_torch import DTYPES, SEEDS, assert_close

STEPS = 20
SHAPES = {"weight": (3, 2), "bias": (2,)}


def assert_steps_equal_torch(
    make: Callable[[dict[str, np.ndarray]], Any], make_torch: Callable[[Any], Any], *, dtype: type, seed: int
) -> None:
    """Feed the same gradients to both for some steps, with the learning rate changed halfway."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    params = {name: rng.standard_normal(shape).astype(dtype) for name, shape in SHAPES.items()}
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}
    optimiser, expected = make(params), make_torch(tensors.values())
    for step in range(STEPS):
        grads = {name: rng.standard_normal(shape).astype(dtype) for name, shape in SHAPES.items()}
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(grads[name])
        if step == STEPS // 2:
            optimiser.lr /= 3
            expected.param_groups[0]["lr"] /= 3
        optimiser.step(grads)
        expected.step()
        for name, tensor in tensors.items():
            # each step rounds some ten times; a step of Adam is no larger than about lr, so nothing is magnified
            assert_close(params[name], tensor.detach().numpy(), n_terms=10 * (step + 1))


@given(
    lr=st.floats(1e-4, 0.1),
    betas=st.tuples(st.floats(0, 0.95), st.floats(0.5, 0.999)),
    eps=st.sampled_from([1e-8, 1e-3]),
    weight_decay=st.sampled_from([0.0, 0.01, 0.3]),
    dtype=DTYPES,
    seed=SEEDS,
)
def test_adam_equals_torchs_adamw(
    lr: float, betas: tuple[float, float], eps: float, weight_decay: float, dtype: type, seed: int
) -> None:
    torch = pytest.importorskip("torch")
    assert_steps_equal_torch(
        lambda params: nn.Adam(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay),
        lambda params: torch.optim.AdamW(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay),
        dtype=dtype,
        seed=seed,
    )


def test_adam_without_decay_equals_torchs_adam_with_its_defaults() -> None:
    torch = pytest.importorskip("torch")
    assert_steps_equal_torch(nn.Adam, torch.optim.Adam, dtype=np.float64, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1.0, 1e-6])  # of the gradients: of 1e-6 eps is no trifle
@pytest.mark.parametrize("weight_decay", [0.0, 0.25])
def test_adam_with_eps_first_equals_keras_s(dtype: type, size: float, weight_decay: float) -> None:
    keras = pytest.importorskip("keras")
    rng = np.random.default_rng(0)
    params = {name: rng.standard_normal(shape).astype(dtype) for name, shape in SHAPES.items()}
    variables = [keras.Variable(array.copy(), dtype=np.dtype(dtype).name) for array in params.values()]
    lr = 2**-6  # Keras keeps it in float32
    optimiser = nn.Adam(params, lr=lr, eps=1e-7, eps_first=True, weight_decay=weight_decay)
    expected = keras.optimizers.Adam(lr, weight_decay=weight_decay or None)
    for step in range(STEPS):
        grads = {name: (size * rng.standard_normal(shape)).astype(dtype) for name, shape in SHAPES.items()}
        optimiser.step(grads)
        expected.apply([keras.ops.convert_to_tensor(grad) for grad in grads.values()], variables)
        for param, variable in zip(params.values(), variables, strict=True):
            assert_close(param, keras.ops.convert_to_numpy(variable), n_terms=10 * (step + 1))  # ten roundings a step


def test_eps_first_is_alg_1_with_an_eps_that_falls() -> None:
    """By hand: Keras's ``lr * sqrt(c2) / c1 * mean / (sqrt(square) + eps)``, with eps as large as the gradient."""
    params, (beta1, beta2), eps = {"w": np.zeros(1)}, (0.9, 0.999), 1e-3
    optimiser, mean, square, w = nn.Adam(params, lr=0.1, eps=eps, eps_first=True), 0.0, 0.0, 0.0
    for step, grad in enumerate([1e-3, -2e-3, 3e-3], 1):
        optimiser.step({"w": np.array([grad])})
        mean, square = beta1 * mean + (1 - beta1) * grad, beta2 * square + (1 - beta2) * grad**2
        w -= 0.1 * (1 - beta2**step) ** 0.5 / (1 - beta1**step) * mean / (square**0.5 + eps)
        assert params["w"] == pytest.approx([w], rel=1e-12)


@given(lr=st.floats(1e-3, 0.1), momentum=st.floats(0, 0.95), dtype=DTYPES, seed=SEEDS)
def test_sgd_equals_torch(lr: float, momentum: float, dtype: type, seed: int) -> None:
    torch = pytest.importorskip("torch")
    assert_steps_equal_torch(
        lambda params: nn.SGD(params, lr=lr, momentum=momentum),
        lambda params: torch.optim.SGD(params, lr=lr, momentum=momentum),
        dtype=dtype,
        seed=seed,
    )


def test_the_first_step_of_adam_is_as_long_as_the_learning_rate() -> None:
    """Whatever the size of the gradient: the bias correction makes mean / root its sign."""
    params = {"w": np.zeros(3)}
    nn.Adam(params, lr=0.1).step({"w": np.array([1e-3, -5.0, 1e6])})
    assert params["w"] == pytest.approx([-0.1, 0.1, -0.1], rel=1e-4)  # eps / 1e-3 is 1e-5


def test_decay_is_decoupled_from_the_gradient() -> None:
    params = {"w": np.array([2.0, -4.0])}
    nn.Adam(params, lr=0.1, weight_decay=0.5).step({"w": np.zeros(2)})
    assert params["w"] == pytest.approx([2 * 0.95, -4 * 0.95], rel=1e-15)


@pytest.mark.parametrize("optimiser", [nn.Adam, lambda params: nn.SGD(params, lr=0.1, momentum=0.9)])
def test_parameters_change_in_place_and_gradients_do_not(optimiser: Callable[..., Any]) -> None:
    param, grad = np.ones(3, np.float32), np.ones(3, np.float32)
    params, grads = {"w": param}, {"w": grad}
    optimiser(params).step(grads)
    assert params["w"] is param
    assert param.dtype == np.float32
    assert (param < 1).all()
    assert (grad == 1).all()


@pytest.mark.parametrize("optimiser", [nn.Adam, lambda params: nn.SGD(params, lr=0.1, momentum=0.9)])
def test_a_run_goes_on_from_saved_state(rng: np.random.Generator, optimiser: Callable[..., Any]) -> None:
    grads = [{"w": rng.standard_normal(3)} for _ in range(6)]
    straight, resumed = {"w": np.ones(3)}, {"w": np.ones(3)}
    first = optimiser(straight)
    for grad in grads:
        first.step(grad)
    second = optimiser(resumed)
    for grad in grads[:3]:
        second.step(grad)
    third = optimiser(resumed)
    assert third.state.keys() == second.state.keys()
    for name, array in second.state.items():
        third.state[name][...] = array
    for grad in grads[3:]:
        third.step(grad)
    assert np.array_equal(straight["w"], resumed["w"])


@pytest.mark.parametrize("optimiser", [nn.Adam, nn.SGD])
def test_parameters_of_integers_are_refused(optimiser: type) -> None:
    """Learning rate and decay would be cut to 0."""
    with pytest.raises(TypeError):
        optimiser({"w": np.array([1, 2])}, lr=0.1).step({"w": np.array([1.0, 1.0])})
