"""What every layer promises, whatever it computes: the table in ``cases.py`` goes through each of these."""

from contextlib import suppress

import numpy as np
import pytest

from minser import nn

from .cases import CASES, Case

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
both_modes = pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def forward(layer: nn.Layer, x: np.ndarray, *, training: bool = True) -> np.ndarray:
    """Run the layer with the same random numbers every time."""
    return layer.forward(x, training=training, rng=np.random.default_rng(1))


def grad_for(out: np.ndarray, *, seed: int = 2) -> np.ndarray:
    """Draw an upstream gradient."""
    return np.random.default_rng(seed).standard_normal(out.shape).astype(out.dtype)


def arrays_equal(got: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> bool:
    """Compare two dicts of arrays bit by bit."""
    return got.keys() == expected.keys() and all(np.array_equal(got[name], expected[name]) for name in got)


@every_case
@both_modes
def test_gradients_agree_with_finite_differences(case: Case, training: bool) -> None:
    nn.check_gradients(case.layer(np.float64), case.x(np.float64), training=training)


@every_case
@both_modes
@both_dtypes
def test_dtype_is_kept(case: Case, training: bool, dtype: type) -> None:
    layer, x = case.layer(dtype), case.x(dtype)
    out = forward(layer, x, training=training)
    grad_input = layer.backward(grad_for(out))
    assert out.dtype == grad_input.dtype == dtype
    for arrays in (layer.grads, layer.params, layer.buffers):
        assert {name: array.dtype for name, array in arrays.items()} == dict.fromkeys(arrays, np.dtype(dtype))


@every_case
@both_modes
@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.bool_])
def test_integers_are_refused_or_taken_for_their_floats(case: Case, training: bool, kind: type) -> None:
    layer, x = case.layer(np.float64), case.x(np.float64)
    whole = np.rint(40 * x).astype(np.int8).astype(kind)
    with suppress(TypeError):
        out = forward(layer, whole, training=training)
        assert np.allclose(out, forward(layer, whole.astype(np.float64), training=training))
    layer, same = case.layer(np.float64), case.layer(np.float64)
    whole = np.rint(40 * grad_for(forward(layer, x, training=training))).astype(np.int8).astype(kind)
    expected = (forward(same, x, training=training), same.backward(whole.astype(np.float64)))[1]
    with suppress(TypeError):
        assert np.allclose(layer.backward(whole), expected)
        assert all(np.allclose(layer.grads[name], grad) for name, grad in same.grads.items())


@every_case
@both_modes
def test_inputs_and_parameters_stay_untouched(case: Case, training: bool) -> None:
    layer, x = case.layer(np.float64), case.x(np.float64)
    x_before, params_before = x.copy(), {name: array.copy() for name, array in layer.params.items()}
    out = forward(layer, x, training=training)
    grad_output = grad_for(out)
    grad_before = grad_output.copy()
    layer.backward(grad_output)
    assert np.array_equal(x, x_before)
    assert np.array_equal(grad_output, grad_before)
    assert arrays_equal(layer.params, params_before)


@every_case
@both_modes
def test_later_calls_do_not_overwrite_what_was_returned(case: Case, training: bool) -> None:
    layer = case.layer(np.float32)
    out = forward(layer, case.x(np.float32), training=training)
    grad_input = layer.backward(grad_for(out))
    out_before, grad_before = out.copy(), grad_input.copy()
    later = forward(layer, case.x(np.float32, seed=7), training=training)
    layer.backward(grad_for(later, seed=8))
    assert np.array_equal(out, out_before)
    assert np.array_equal(grad_input, grad_before)


@every_case
def test_backward_belongs_to_the_latest_forward(case: Case) -> None:
    layer, fresh = case.layer(np.float32), case.layer(np.float32)
    forward(layer, case.x(np.float32, seed=7), training=False)
    out, fresh_out = (forward(one, case.x(np.float32), training=False) for one in (layer, fresh))
    grad_output = grad_for(out)
    assert np.array_equal(out, fresh_out)
    assert np.array_equal(layer.backward(grad_output), fresh.backward(grad_output))
    assert arrays_equal(layer.grads, fresh.grads)


@every_case
def test_backward_overwrites_gradients_and_does_not_add(case: Case) -> None:
    layer = case.layer(np.float32)
    grads = []
    for _ in range(2):
        layer.backward(grad_for(forward(layer, case.x(np.float32))))
        grads.append({name: array.copy() for name, array in layer.grads.items()})
    assert arrays_equal(*grads)
    assert grads[0].keys() == layer.params.keys()


@pytest.mark.parametrize("case", [case for case in CASES if case.name != "no layers"], ids=lambda case: case.name)
def test_backward_needs_a_forward_of_its_own(case: Case) -> None:
    layer, x = case.layer(np.float32), case.x(np.float32)
    grad_output = grad_for(forward(case.layer(np.float32), x))
    with pytest.raises(RuntimeError, match="needs a forward before it"):
        layer.backward(grad_output)
    forward(layer, x)
    layer.backward(grad_output)
    with pytest.raises(RuntimeError, match="needs a forward before it"):
        layer.backward(grad_output)


@pytest.mark.parametrize("case", [case for case in CASES if case.name != "no layers"], ids=lambda case: case.name)
def test_without_the_input_gradient_the_others_are_the_same(case: Case) -> None:
    whole, spared = case.layer(np.float32), case.layer(np.float32)
    grad_output = grad_for(forward(whole, case.x(np.float32)))
    forward(spared, case.x(np.float32))
    assert whole.backward(grad_output).shape == case.shape
    assert spared.backward(grad_output, need_input=False) is None
    assert arrays_equal(spared.grads, whole.grads)


@every_case
def test_training_differs_from_evaluation_only_where_it_should(case: Case) -> None:
    layer, x = case.layer(np.float32), case.x(np.float32)
    buffers = {name: array.copy() for name, array in layer.buffers.items()}
    evaluated = layer.forward(x)
    assert arrays_equal(layer.buffers, buffers)
    assert np.array_equal(layer.forward(x), evaluated)
    trained = forward(layer, x)
    assert np.array_equal(trained, evaluated) != case.modes_differ
    assert np.array_equal(forward(layer, x), trained)
    assert arrays_equal(layer.buffers, buffers) == (not buffers)


@every_case
def test_running_statistics_and_parameters_keep_their_arrays(case: Case) -> None:
    """An optimiser and a checkpoint hold these very arrays."""
    layer = case.layer(np.float32)
    arrays = {name: id(array) for name, array in (layer.params | layer.buffers).items()}
    layer.backward(grad_for(forward(layer, case.x(np.float32))))
    assert {name: id(array) for name, array in (layer.params | layer.buffers).items()} == arrays


@every_case
@both_modes
def test_output_shape_agrees_with_forward(case: Case, training: bool) -> None:
    layer = case.layer(np.float32)
    out = forward(layer, case.x(np.float32), training=training)
    assert out.shape == (case.shape[0], *layer.output_shape(case.shape[1:]))


@every_case
def test_memory_layout_does_not_matter(case: Case) -> None:
    """Views with the axes in another order, or with steps, count by their values alone."""
    layer, x = case.layer(np.float64), case.x(np.float64)
    out = forward(layer, x)
    grad_output = grad_for(out)
    grad_input = layer.backward(grad_output)
    grads = dict(layer.grads)
    doubled = np.repeat(grad_output, 2, axis=-1)
    other = case.layer(np.float64)
    assert np.allclose(forward(other, np.asfortranarray(x)), out, rtol=1e-13, atol=1e-13)  # BLAS may sum anew
    assert np.allclose(other.backward(doubled[..., ::2]), grad_input, rtol=1e-13, atol=1e-13)
    for name, grad in grads.items():
        assert np.allclose(other.grads[name], grad, rtol=1e-13, atol=1e-13)


@every_case
def test_an_empty_batch_passes_in_evaluation(case: Case) -> None:
    layer = case.layer(np.float32)
    out = layer.forward(case.x(np.float32)[:0])
    assert out.shape == (0, *layer.output_shape(case.shape[1:]))
    assert layer.backward(out).shape == (0, *case.shape[1:])
    assert all(not grad.any() for grad in layer.grads.values())
