import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser import nn

from .against_torch import DTYPES, SEEDS, assert_close, assert_equals_torch, channels_first, channels_last

SHAPES = st.tuples(st.integers(2, 5), st.integers(1, 6), st.integers(1, 6), st.integers(1, 5))


@given(shape=SHAPES, momentum=st.floats(0.01, 1), eps=st.sampled_from([1e-5, 1e-3]), dtype=DTYPES, seed=SEEDS)
def test_equals_torch_over_several_steps_and_then_in_evaluation(
    shape: tuple[int, int, int, int], momentum: float, eps: float, dtype: type, seed: int
) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    channels = shape[-1]
    layer = nn.BatchNorm(channels, momentum=momentum, eps=eps)
    layer.params["gamma"][:] = rng.uniform(0.5, 1.5, channels)
    layer.params["beta"][:] = rng.standard_normal(channels)
    layer.astype(dtype)
    mean, var = (torch.tensor(layer.buffers[name].copy()) for name in ("running_mean", "running_var"))
    # n terms in mean and variance, and the division by a standard deviation of perhaps 0.1 magnifies tenfold
    n_terms = 10 * int(np.prod(shape[:-1]))
    for training in (True, True, True, False):
        x = rng.normal(rng.normal(0, 3, channels), 2, shape).astype(dtype)
        x[0] += 1  # so that two rows are never nearly the same
        x[1] -= 1

        def torch_forward(x, params, training=training):
            x, gamma, beta = channels_first(x), params["gamma"], params["beta"]
            return channels_last(torch.nn.functional.batch_norm(x, mean, var, gamma, beta, training, momentum, eps))

        assert_equals_torch(layer, x, torch_forward, n_terms=n_terms, training=training)
        assert_close(layer.buffers["running_mean"], mean.numpy(), n_terms=n_terms)
        assert_close(layer.buffers["running_var"], var.numpy(), n_terms=n_terms)


@pytest.mark.parametrize("mean", [0, 1000, -1e5])
def test_a_large_mean_costs_no_more_than_its_own_rounding(rng: np.random.Generator, mean: float) -> None:
    """The textbook's E[x^2] - E[x]^2 in float32 has no digit left at a mean of 1000: x^2 is rounded by 0.06."""
    x = rng.normal(mean, 1, (8, 30, 30, 2)).astype(np.float32)
    exact = x.astype(np.float64)
    exact = (exact - exact.mean(axis=(0, 1, 2))) / np.sqrt(exact.var(axis=(0, 1, 2)) + 1e-5)
    layer = nn.BatchNorm(2, momentum=1.0)
    out = layer.forward(x, training=True)
    eps = float(np.finfo(np.float32).eps)
    # The mean is rounded to float32, by half an eps of it; and a few roundings of values up to 5
    np.testing.assert_allclose(out, exact, rtol=0, atol=eps * abs(mean) / 2 + 20 * eps)
    unbiased = x.astype(np.float64).var(axis=(0, 1, 2), ddof=1)
    np.testing.assert_allclose(layer.buffers["running_var"], unbiased, rtol=4 * eps)


def test_training_gives_every_channel_mean_beta_and_deviation_gamma(rng: np.random.Generator) -> None:
    layer = nn.BatchNorm(3, eps=0.0)
    layer.astype(np.float64)
    layer.params["gamma"][:], layer.params["beta"][:] = (2, 3, 4), (-1, 0, 1)
    out = layer.forward(rng.normal(5, 7, (4, 6, 5, 3)), training=True)
    assert out.mean(axis=(0, 1, 2)) == pytest.approx([-1, 0, 1], abs=1e-13)  # 120 terms of size 10, eps 2e-16
    assert out.std(axis=(0, 1, 2)) == pytest.approx([2, 3, 4], abs=1e-13)


def test_gradients_after_evaluation_treat_the_statistics_as_constants(rng: np.random.Generator) -> None:
    layer = nn.BatchNorm(2, eps=0.0)
    layer.astype(np.float64)
    layer.buffers["running_var"][:] = (4, 16)
    layer.forward(rng.standard_normal((3, 2)))
    assert layer.backward(np.ones((3, 2))) == pytest.approx(np.broadcast_to([1 / 2, 1 / 4], (3, 2)))


def test_evaluation_is_differentiated_with_the_statistics_it_used(rng: np.random.Generator) -> None:
    layer, still = nn.BatchNorm(2), nn.BatchNorm(2)
    x = rng.standard_normal((5, 2)).astype(np.float32)
    layer.forward(x)
    still.forward(x)
    for name in layer.buffers:  # as a training step in between would
        layer.buffers[name] += 1
    grad_output = rng.standard_normal((5, 2)).astype(np.float32)
    assert np.array_equal(layer.backward(grad_output), still.backward(grad_output))
    assert np.array_equal(layer.grads["gamma"], still.grads["gamma"])


@pytest.mark.slow
def test_with_keras_s_momentum_and_eps_it_is_keras_s_layer_but_for_the_unbiased_variance() -> None:
    keras = pytest.importorskip("keras")
    rng, n, steps = np.random.default_rng(0), 8 * 4 * 3, 10
    layer = nn.BatchNorm(5, momentum=0.01, eps=1e-3)  # Keras's defaults, 0.99 and 1e-3
    expected = keras.layers.BatchNormalization()
    for step in range(steps + 1):
        x = rng.normal(2, 0.1, (8, 4, 3, 5)).astype(np.float32)  # an eps of 1e-3 is a tenth of such a variance
        training = step < steps
        # n terms in mean and variance; Keras's variance is a difference of squares, 400 times as large
        out = keras.ops.convert_to_numpy(expected(x, training=training))
        if training:
            assert_close(layer.forward(x, training=True), out, n_terms=400 * n)
    mean, var = (keras.ops.convert_to_numpy(each) for each in (expected.moving_mean, expected.moving_variance))
    assert_close(layer.buffers["running_mean"], mean, n_terms=steps * n)
    first = 0.99**steps  # what is left of the variance of 1 that both began with
    assert_close(layer.buffers["running_var"] - first, (var - first) * (n / (n - 1)), n_terms=400 * n)
    layer.buffers["running_var"][:] = var
    assert_close(layer.forward(x), out, n_terms=400 * n)


def test_after_ten_steps_keras_s_running_mean_has_a_seventh_of_ours() -> None:
    ours, keras = nn.BatchNorm(1), nn.BatchNorm(1, momentum=0.01)
    for _ in range(10):
        for layer in (ours, keras):
            layer.forward(np.array([[0], [2]], np.float32), training=True)
    assert ours.buffers["running_mean"] == pytest.approx([1 - 0.9**10], rel=1e-6)
    assert keras.buffers["running_mean"] == pytest.approx([1 - 0.99**10], rel=1e-6)
    assert pytest.approx(0.147, abs=5e-4) == (1 - 0.99**10) / (1 - 0.9**10)


def test_a_constant_channel_becomes_beta() -> None:
    layer = nn.BatchNorm(1)
    layer.params["beta"][:] = 3
    out = layer.forward(np.full((2, 4, 4, 1), 7, np.float32), training=True)
    assert np.array_equal(out, np.full_like(out, 3))


def test_one_value_a_channel_has_no_variance() -> None:
    layer = nn.BatchNorm(3)
    with pytest.raises(ValueError, match=r"two values a channel in training, x has shape \(1, 1, 1, 3\)"):
        layer.forward(np.zeros((1, 1, 1, 3), np.float32), training=True)
    assert layer.forward(np.zeros((1, 1, 1, 3), np.float32)).shape == (1, 1, 1, 3)
