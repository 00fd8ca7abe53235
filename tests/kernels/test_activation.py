import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.kernels import activation, reference

SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0]


@given(
    shape=st.lists(st.integers(0, 6), min_size=1, max_size=4),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 2**32 - 1),
)
def test_relu_equals_its_twin(shape: list[int], dtype: type, seed: int) -> None:
    x = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    out = activation.relu(x)
    assert out.dtype == dtype
    assert np.array_equal(out, reference.relu_reference(x))
    assert np.array_equal(activation.relu_grad_input(out, x), np.where(x > 0, x, 0))


def test_nan_and_infinity_pass() -> None:
    out = activation.relu(np.array(SPECIAL))
    np.testing.assert_array_equal(out, [np.nan, np.inf, 0, 0, 0, 1, 0])
    grad = activation.relu_grad_input(out, np.full(len(SPECIAL), 2.0))
    assert grad.tolist() == [2, 2, 0, 0, 0, 2, 0]


def test_nan_and_infinity_equal_torchs() -> None:
    torch = pytest.importorskip("torch")
    x = np.array(SPECIAL)
    tensor = torch.tensor(x, requires_grad=True)
    expected = torch.relu(tensor)
    expected.backward(torch.tensor(np.array([np.nan, 1, np.inf, np.nan, 1, np.nan, 1])))
    out = activation.relu(x)
    np.testing.assert_array_equal(out, expected.detach().numpy())
    grad = activation.relu_grad_input(out, np.array([np.nan, 1, np.inf, np.nan, 1, np.nan, 1]))
    np.testing.assert_array_equal(grad, tensor.grad.numpy())
