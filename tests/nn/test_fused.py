"""Steps that run several layers at once compute what the layers compute."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser import nn
from minser.nn import fused
from minser.nn.norm import NormReluPool


def layers_of(channels: int, window: int | tuple[int, int], p: float | None) -> list[nn.Layer]:
    """Return a block's layers, with parameters and statistics that differ by channel and change sign."""
    norm, rng = nn.BatchNorm(channels), np.random.default_rng(channels)
    norm.params["gamma"][...] = rng.uniform(-2, 2, channels)
    norm.params["beta"][...] = rng.uniform(-1, 1, channels)
    norm.buffers["running_mean"][...] = rng.uniform(-1, 1, channels)
    drop = [] if p is None else [nn.Dropout(p)]
    return [norm, nn.ReLU(), nn.MaxPool2d(window), *drop]


def run(
    steps: list[nn.Layer], x: np.ndarray, grad: np.ndarray, *, training: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return output and input gradient of a chain."""
    rng, out, back = np.random.default_rng(5), x, grad
    for step in steps:
        out = step.forward(out, training=training, rng=rng)
    for step in reversed(steps):
        back = step.backward(back)
    return out, back


@given(
    batch=st.integers(1, 3),
    size=st.tuples(st.integers(2, 9), st.integers(3, 9)),
    channels=st.one_of(st.integers(1, 9), st.integers(31, 34)),  # few are worked on by the line, many by the window
    window=st.sampled_from([1, 2, (2, 3), (1, 2)]),
    p=st.sampled_from([None, 0.0, 0.3]),
    training=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_a_fused_step_equals_its_layers(
    batch: int,
    size: tuple[int, int],
    channels: int,
    window: int | tuple[int, int],
    p: float | None,
    training: bool,
    dtype: type,
) -> None:
    layers, twins = layers_of(channels, window, p), layers_of(channels, window, p)
    for layer in (*layers, *twins):
        layer.astype(dtype)
    steps = fused.fuse(layers)
    assert [type(step) for step in steps] == [NormReluPool]
    rng = np.random.default_rng(0)
    x = (rng.integers(-3, 4, (batch, *size, channels)) + 100).astype(dtype)  # few values: windows tie
    shape = twins[2].output_shape(x.shape[1:])
    grad = rng.standard_normal((batch, *shape)).astype(dtype)
    got, got_grad = run(steps, x, grad, training=training)
    expected, expected_grad = run(twins, x, grad, training=training)
    assert np.array_equal(got, expected)
    tolerance = 2000 * np.finfo(dtype).eps  # sums in another order, divided by a standard deviation
    np.testing.assert_allclose(got_grad, expected_grad, rtol=0, atol=tolerance * (1 + np.abs(expected_grad).max()))
    for name, value in twins[0].grads.items():
        np.testing.assert_allclose(layers[0].grads[name], value, rtol=0, atol=tolerance * (1 + np.abs(value).max()))
    for name, value in twins[0].buffers.items():
        assert np.array_equal(layers[0].buffers[name], value)


def test_nan_is_not_hidden_and_negative_values_pass_nothing() -> None:
    norm, *rest = layers_of(1, 2, None)
    norm.params["gamma"][...], norm.params["beta"][...], norm.buffers["running_mean"][...] = 1, 0, 0
    (step,) = fused.fuse([norm, *rest])
    x = np.array([[5.0, np.nan, -1.0, -2.0], [2.0, 3.0, -3.0, -4.0]], np.float32)[None, :, :, None]
    out = step.forward(x)
    assert np.isnan(out[0, 0, 0, 0])
    assert out[0, 0, 1, 0] == 0
    x[0, 0, 1] = 4
    grad = step.backward(np.ones_like(step.forward(x)))
    assert np.count_nonzero(grad) == 1
    assert grad[0, 0, 0, 0] > 0


@pytest.mark.parametrize(
    "pool",
    [nn.MaxPool2d(3, stride=2), nn.MaxPool2d((16, 8))],
    ids=["overlap", "large"],
)
def test_other_pooling_stays_by_itself(pool: nn.Layer) -> None:
    layers = [nn.BatchNorm(2), nn.ReLU(), pool, nn.Dropout(0.5)]
    assert fused.fuse(layers) == layers


def test_dropout_follows_a_block_only_once() -> None:
    layers = [*layers_of(2, 2, 0.5), nn.Dropout(0.1), nn.ReLU()]
    assert [type(step).__name__ for step in fused.fuse(layers)] == ["NormReluPool", "Dropout", "ReLU"]


def test_an_image_smaller_than_a_window_is_refused() -> None:
    (step,) = fused.fuse(layers_of(2, 3, None))
    with pytest.raises(ValueError, match=r"kernel_size \(3, 3\) is larger than the input \(2, 5\)"):
        step.forward(np.zeros((1, 2, 5, 2), np.float32))


def block_of(in_channels: int, out_channels: int, padding: int, dtype: type, *, kernel_size: int = 3) -> nn.Sequential:
    """Return a convolution and the layers behind it, none of whose numbers are those of the start."""
    rng = np.random.default_rng(in_channels)
    conv = nn.Conv2d(in_channels, out_channels, kernel_size=kernel_size, padding=padding, rng=rng)
    conv.params["bias"][...] = rng.uniform(-1, 1, out_channels)
    norm, *rest = layers_of(out_channels, 2, 0.5)
    norm.buffers["running_var"][...] = rng.uniform(0.5, 9, out_channels)
    model = nn.Sequential(dict(zip("abcde", [conv, norm, *rest], strict=True)))
    model.astype(dtype)
    return model


@given(
    batch=st.integers(1, 3),
    size=st.tuples(st.integers(4, 9), st.integers(4, 9)),
    channels=st.tuples(st.integers(1, 9), st.sampled_from([1, 3, 70])),
    padding=st.integers(0, 2),
    kernel_size=st.sampled_from([2, 3]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_a_folded_block_predicts_what_its_layers_compute(
    batch: int, size: tuple[int, int], channels: tuple[int, int], padding: int, kernel_size: int, dtype: type
) -> None:
    model = block_of(*channels, padding, dtype, kernel_size=kernel_size)
    assert [type(step) for step in fused.fold(fused.fuse(model.layers.values()))] == [fused.FoldedBlock]
    x = np.random.default_rng(1).standard_normal((batch, *size, channels[0])).astype(dtype)
    got, expected = model.predict(x), model.forward(x)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, rtol=0, atol=500 * np.finfo(dtype).eps * (1 + expected.max()))


def test_layers_that_run_one_by_one_give_the_numbers_of_fused_ones() -> None:
    together, one_by_one = block_of(8, 70, 1, np.float64), block_of(8, 70, 1, np.float64)
    one_by_one.fused = False
    x = np.random.default_rng(1).standard_normal((2, 6, 6, 8))
    results = []
    for model in (together, one_by_one):
        out = model.forward(x, training=True, rng=np.random.default_rng(2))
        results.append([out, model.backward(out), *model.grads.values(), *model.buffers.values(), model.predict(x)])
    assert np.array_equal(results[0][0], results[1][0])
    for got, expected in zip(*results, strict=True):
        tolerance = 2000 * np.finfo(np.float64).eps * (1 + np.abs(expected).max())
        np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance)


def test_the_flag_decides_which_steps_run_also_in_the_parts_of_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = block_of(8, 70, 1, np.float32), np.ones((1, 4, 4, 8), np.float32)
    model.fused = False
    assert not any(part.fused for part in model.split("c"))
    for step in (NormReluPool, fused.FoldedBlock):
        monkeypatch.delattr(step, "forward" if step is NormReluPool else "predict")
    model.forward(x)
    model.predict(x)
    model.fused = True
    for run in (model.forward, model.predict):
        with pytest.raises(NotImplementedError):
            run(x)


def test_a_prepared_network_predicts_the_same_and_does_not_see_later_changes() -> None:
    model = block_of(8, 70, 1, np.float32)
    x = np.random.default_rng(1).standard_normal((2, 6, 6, 8), dtype=np.float32)
    before = model.predict(x)
    model.prepare()
    assert np.array_equal(model.predict(x), before)
    model.params["a.weight"][...] *= 2
    assert np.array_equal(model.predict(x), before)
    model.prepare()
    np.testing.assert_allclose(model.predict(x), model.forward(x), rtol=0, atol=1e-3)
    assert not np.array_equal(model.predict(x), before)


@pytest.mark.parametrize(
    "layers",
    [layers_of(4, (1, 2), None), layers_of(1, 2, None)],
    ids=["other window", "other channels"],
)
def test_what_does_not_fit_is_not_folded(layers: list[nn.Layer]) -> None:
    steps = fused.fuse([nn.Conv2d(8, 4, kernel_size=3, rng=np.random.default_rng(0)), *layers])
    assert fused.fold(steps) == steps


def test_a_folded_block_refuses_what_its_layers_refuse() -> None:
    model = block_of(2, 3, 0, np.float32)
    with pytest.raises(ValueError, match=r"kernel_size \(2, 2\) is larger than the input \(1, 4\)"):
        model.predict(np.zeros((1, 3, 6, 2), np.float32))
    with pytest.raises(ValueError, match="Conv2d expects 4 axes, the last of length 2"):
        model.predict(np.zeros((1, 6, 6, 3), np.float32))
    with pytest.raises(ValueError, match="Conv2d expects 4 axes, the last of length 2"):
        model.predict(np.zeros((6, 6, 2), np.float32))
    with pytest.raises(TypeError, match="weights of float32, x is float64"):
        model.predict(np.zeros((1, 6, 6, 2)))
