from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minser.kernels import dense


@given(
    batch=st.integers(0, 5),
    in_features=st.integers(1, 70),
    out_features=st.integers(1, 9),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 2**32 - 1),
)
def test_each_product_is_numpys(batch: int, in_features: int, out_features: int, dtype: type, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((in_features, batch)).astype(dtype).T  # not contiguous, as no caller promises
    weight = rng.standard_normal((in_features, out_features)).astype(dtype)
    grad = rng.standard_normal((out_features, batch)).astype(dtype).T
    for result, expected in [
        (dense.multiply(x, weight), x @ weight),
        (dense.grad_weight(x, grad), x.T @ grad),
        (dense.grad_input(grad, weight), grad @ weight.T),
    ]:
        assert result.dtype == dtype
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e3 * np.finfo(dtype).eps)


def test_the_same_bytes_on_one_and_two_threads(
    rng: np.random.Generator, on_one_and_two_threads: Callable[[Callable[[], list[np.ndarray]]], list[list[np.ndarray]]]
) -> None:
    x, weight, grad = (rng.standard_normal(shape, np.float32) for shape in [(7, 999), (999, 33), (7, 33)])
    one, two = on_one_and_two_threads(
        lambda: [dense.multiply(x, weight), dense.grad_weight(x, grad), dense.grad_input(grad, weight)]
    )
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a, b)
