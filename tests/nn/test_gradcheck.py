"""The checker must pass what is right, and name the array, the place and both numbers of what is wrong."""

import re

import numpy as np
import pytest

from minser import nn
from minser.nn.layer import Array


class BiasOfTheLastSample(nn.Dense):
    """A Dense whose bias gradient is not summed over the batch."""

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        grad_input = super().backward(grad_output, need_input=need_input)
        self.grads["bias"] = grad_output[-1]
        return grad_input


class NormOfConstants(nn.BatchNorm):
    """A batch norm that forgets in backward that mean and variance depend on its input."""

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        rows, mean, inv_std, _ = self._cache
        self._cache = (rows, mean, inv_std, False)
        return super().backward(grad_output, need_input=need_input)


class Silent(nn.Dense):
    """A Dense that sets one gradient too few."""

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        grad_input = super().backward(grad_output, need_input=need_input)
        del self.grads["bias"]
        return grad_input


class Nan(nn.Flatten):
    """A Flatten whose gradient is right but for one NaN."""

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        grad_input = super().backward(grad_output).copy()
        grad_input[1, 2] = np.nan
        return grad_input


class Transposed(nn.Dense):
    """A Dense whose weight gradient lies on its side."""

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        grad_input = super().backward(grad_output)
        self.grads["weight"] = self.grads["weight"].T
        return grad_input


def in_float64(layer: nn.Layer) -> nn.Layer:
    layer.astype(np.float64)
    return layer


def test_message_names_array_place_and_both_numbers(rng: np.random.Generator) -> None:
    layer, x = in_float64(BiasOfTheLastSample(3, 2, rng=rng)), rng.standard_normal((4, 3))
    with pytest.raises(AssertionError) as caught:
        nn.check_gradients(layer, x)
    pattern = r"BiasOfTheLastSample: gradient of bias\[(\d)\] is (\S+), the finite difference says (\S+)"
    column, got, expected = re.fullmatch(pattern, str(caught.value)).groups()
    r = np.random.default_rng(1).standard_normal((4, 2))  # as the checker draws it, from seed + 1
    assert float(got) == pytest.approx(r[-1, int(column)], rel=1e-6)  # eight digits are printed
    assert float(expected) == pytest.approx(r[:, int(column)].sum(), rel=1e-6)


def test_batch_norm_without_its_mean_terms_is_caught(rng: np.random.Generator) -> None:
    layer, x = in_float64(NormOfConstants(3)), rng.standard_normal((5, 3))
    with pytest.raises(AssertionError, match=r"NormOfConstants: gradient of x\[\d, \d\] is "):
        nn.check_gradients(layer, x)
    nn.check_gradients(layer, x, training=False)  # where it is right


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Silent(3, 2, rng=np.random.default_rng(0)), "Silent.backward set no gradient of bias"),
        (Transposed(3, 2, rng=np.random.default_rng(0)), r"gradient of weight has shape \(2, 3\), not \(3, 2\)"),
        (Nan(), r"Nan: gradient of x\[1, 2\] is nan, the finite difference says"),
    ],
)
def test_other_mistakes_are_caught(rng: np.random.Generator, layer: nn.Layer, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        nn.check_gradients(in_float64(layer), rng.standard_normal((4, 3)))


def test_a_missing_input_gradient_is_caught(rng: np.random.Generator) -> None:
    class NoInput(nn.Flatten):
        def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
            return super().backward(grad_output, need_input=False)

    with pytest.raises(AssertionError, match=r"NoInput\.backward returned None with need_input=True"):
        nn.check_gradients(NoInput(), rng.standard_normal((4, 3)))


def test_float32_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(TypeError, match="needs float64, weight is float32: use astype"):
        nn.check_gradients(nn.Dense(3, 2, rng=rng), rng.standard_normal((4, 3)))
    with pytest.raises(TypeError, match="needs float64, x is float32"):
        nn.check_gradients(nn.Flatten(), np.zeros((2, 2), np.float32))


def test_nothing_is_left_changed(rng: np.random.Generator) -> None:
    layer, x = in_float64(nn.BatchNorm(3)), rng.standard_normal((5, 3))
    arrays = [x, *layer.params.values(), *layer.buffers.values()]
    before = [array.copy() for array in arrays]
    nn.check_gradients(layer, x)
    assert all(np.array_equal(array, old) for array, old in zip(arrays, before, strict=True))


def test_numerical_gradient_of_a_known_function() -> None:
    x = np.array([[0.5, -1.0], [2.0, 3.0]])
    before = x.copy()
    grad = nn.numerical_gradient(lambda: float(np.sin(x).sum() + x[0, 0] * x[1, 1]), x)
    expected = np.cos(x) + np.diag([3, 0.5])
    assert grad == pytest.approx(expected, abs=1e-9)  # 1e-16 / 1e-6 of rounding
    assert np.array_equal(x, before)


def test_whole_numbers_are_refused() -> None:
    """One of the two steps would be rounded off, the other be a whole 1."""
    x = np.array([1, 2])
    with pytest.raises(TypeError, match="x must be float32 or float64, got int64"):
        nn.numerical_gradient(lambda: float((x**2).sum()), x)
