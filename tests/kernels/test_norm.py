from collections.abc import Iterator
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.kernels import norm

DTYPES = st.sampled_from([np.float32, np.float64])
SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(autouse=True, scope="module")
def slots_of_a_few_rows() -> Iterator[None]:
    """Cut so that the few rows here fill several slots, and a part of one."""
    with mock.patch.object(norm, "_SLOT_ROWS", 7):
        yield


@given(n_rows=st.integers(1, 60), channels=st.integers(1, 5), mean=st.floats(-1e3, 1e3), dtype=DTYPES, seed=SEEDS)
def test_statistics_are_exact_however_large_the_mean(
    n_rows: int, channels: int, mean: float, dtype: type, seed: int
) -> None:
    x = np.random.default_rng(seed).normal(mean, 2, (n_rows, channels)).astype(dtype)
    got_mean, got_var = norm.batch_statistics(x)
    exact = x.astype(np.float64)
    assert got_mean.dtype == got_var.dtype == np.float64
    eps = np.finfo(dtype).eps
    # sums of a few distances of up to 10 in the array's own type, and of 60 terms of 1e3 in float64
    np.testing.assert_allclose(got_mean, exact.mean(axis=0), rtol=0, atol=20 * eps + 1e-11)
    np.testing.assert_allclose(got_var, exact.var(axis=0), rtol=20 * eps + 1e-9, atol=100 * eps**2 + 1e-20)


def test_thread_count_does_not_change_a_bit(on_one_and_two_threads) -> None:
    x = np.random.default_rng(0).normal(5, 1, (1000, 3)).astype(np.float32)
    one, two = on_one_and_two_threads(lambda: [*norm.batch_statistics(x)])
    assert all(map(np.array_equal, one, two))


def test_nan_stays_in_its_channel() -> None:
    x = np.ones((20, 3), np.float32)
    x[13, 1] = np.nan
    mean, var = norm.batch_statistics(x)
    np.testing.assert_array_equal(mean, [1, np.nan, 1])
    np.testing.assert_array_equal(var, [0, np.nan, 0])
