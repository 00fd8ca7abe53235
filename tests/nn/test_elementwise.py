import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser import nn

from .against_torch import DTYPES, SEEDS, assert_equals_torch

N = 40_000


@given(shape=st.lists(st.integers(1, 5), min_size=1, max_size=4), dtype=DTYPES, seed=SEEDS)
def test_relu_equals_torch(shape: list[int], dtype: type, seed: int) -> None:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    x.flat[0] = 0  # the kink: both say that the slope is zero there
    assert_equals_torch(nn.ReLU(), x, lambda x, _: torch.relu(x), n_terms=1)


def test_relu_by_hand() -> None:
    layer = nn.ReLU()
    assert layer.forward(np.array([[-2.0, 0.0, 3.0]])).tolist() == [[0, 0, 3]]
    assert layer.backward(np.array([[5.0, 6.0, 7.0]])).tolist() == [[0, 0, 7]]


def test_relu_passes_nan_and_infinity_as_torch_does() -> None:
    torch = pytest.importorskip("torch")
    x, grad = np.array([np.nan, np.inf, -np.inf, 0, -0.0, 1, -1]), np.array([np.nan, 1, np.inf, np.nan, 1, np.nan, 1])
    tensor = torch.tensor(x, requires_grad=True)
    expected = torch.relu(tensor)
    expected.backward(torch.tensor(grad))
    layer = nn.ReLU()
    np.testing.assert_array_equal(layer.forward(x), expected.detach().numpy())
    np.testing.assert_array_equal(layer.backward(grad), tensor.grad.numpy())


@given(p=st.floats(0.05, 0.95), dtype=DTYPES, seed=SEEDS)
def test_dropout_equals_torch_but_for_the_random_numbers(p: float, dtype: type, seed: int) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    x = rng.uniform(1, 2, N).astype(dtype)
    out = nn.Dropout(p).forward(x, training=True, rng=rng)
    expected = torch.nn.functional.dropout(torch.tensor(x), p).numpy()
    both = (out != 0) & (expected != 0)
    assert out.dtype == expected.dtype
    # The factor and one product round, in both
    np.testing.assert_allclose(out[both], expected[both], rtol=4 * np.finfo(dtype).eps)
    deviation = np.sqrt(p * (1 - p) / N)
    # Five deviations for each of the two: once in two million draws
    assert np.mean(out == 0) == pytest.approx(np.mean(expected == 0), abs=10 * deviation)
    assert np.mean(out == 0) == pytest.approx(p, abs=5 * deviation)


def test_dropout_keeps_the_mean(rng: np.random.Generator) -> None:
    out = nn.Dropout(0.3).forward(np.ones(N, np.float32), training=True, rng=rng)
    assert out.mean() == pytest.approx(1, abs=5 * np.sqrt(0.3 / 0.7 / N))  # five deviations


def test_dropout_uses_the_mask_of_forward(rng: np.random.Generator) -> None:
    layer = nn.Dropout(0.5)
    out = layer.forward(np.ones((20, 30)), training=True, rng=rng)
    assert np.array_equal(layer.backward(np.ones((20, 30))), out)
    assert set(np.unique(out)) == {0, 2}


def test_the_mask_does_not_depend_on_the_dtype() -> None:
    masks = [
        nn.Dropout(0.5).forward(np.ones(100, dtype), training=True, rng=np.random.default_rng(3)) != 0
        for dtype in (np.float32, np.float64)
    ]
    assert np.array_equal(*masks)


def test_dropout_needs_a_generator() -> None:
    with pytest.raises(ValueError, match="pass rng"):
        nn.Dropout(0.5).forward(np.ones(3), training=True)


@pytest.mark.parametrize("p", [-0.1, 1, float("nan")])
def test_p_is_checked(p: float) -> None:
    with pytest.raises(ValueError, match=r"p must lie in \[0, 1\)"):
        nn.Dropout(p)
