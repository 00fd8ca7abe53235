import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.kernels import elementwise

NAN, INF = np.nan, np.inf


@given(
    shape=st.lists(st.integers(0, 6), min_size=1, max_size=4),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_gradient_passes_where_the_value_did(shape: list[int], dtype: type, seed: int) -> None:
    x = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    grad = elementwise.relu_grad_input(np.maximum(x, 0), x)
    assert grad.dtype == dtype
    assert np.array_equal(grad, np.where(x > 0, x, 0))


def test_what_is_no_number_passes_where_the_output_is_none_or_positive() -> None:
    out = np.array([NAN, INF, 0, 0, -0.0, 1])
    assert elementwise.relu_grad_input(out, np.full(6, 2.0)).tolist() == [2, 2, 0, 0, 0, 2]
    grad = elementwise.relu_grad_input(out, np.array([NAN, 1, INF, NAN, 1, NAN]))
    np.testing.assert_array_equal(grad, [NAN, 1, 0, 0, 0, NAN])


def hashed_in_python(x: np.ndarray, *, key: int, p: float) -> np.ndarray:
    """Return `x` thinned, its places hashed in Python's integers, which never overflow."""
    word, kept = 2**64, []
    for place in range(x.size):
        z = (key + place * 0x9E3779B97F4A7C15) % word
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % word
        z = (z ^ z >> 27) * 0x94D049BB133111EB % word
        kept.append(z ^ z >> 31 >= p * word)
    return np.where(np.reshape(kept, x.shape), x * x.dtype.type(1 / (1 - p)), 0).astype(x.dtype)


@given(key=st.integers(0, 2**64 - 1), p=st.floats(0, 0.99), dtype=st.sampled_from([np.float32, np.float64]))
def test_drop_equals_the_same_hash_in_python(key: int, p: float, dtype: type) -> None:
    x = np.arange(1, 61, dtype=dtype).reshape(3, 4, 5)
    got = elementwise.drop(x, key=key, p=p)
    assert got.dtype == dtype
    assert np.array_equal(got, hashed_in_python(x, key=key, p=p))


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_places_and_keys_are_independent(p: float) -> None:
    n = 200_000
    kept = np.array([elementwise.drop(np.ones(n), key=key, p=p) > 0 for key in (0, 1, 2**63)])
    spread = 5 * np.sqrt(p * (1 - p) / n)  # five standard deviations
    assert np.abs(kept.mean(axis=1) - (1 - p)).max() < spread
    for one, other in [
        (kept[0], kept[1]),
        (kept[0], kept[2]),
        (kept[0, 1:], kept[0, :-1]),
        (kept[0, 64:], kept[0, :-64]),
    ]:
        assert abs((one & other).mean() - (1 - p) ** 2) < spread
