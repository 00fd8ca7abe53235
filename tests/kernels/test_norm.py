from collections.abc import Iterator
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.kernels import norm, reference

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


@given(n_rows=st.integers(2, 60), channels=st.integers(1, 5), dtype=DTYPES, seed=SEEDS)
def test_normalising_equals_its_twin(n_rows: int, channels: int, dtype: type, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n_rows, channels)).astype(dtype)
    x[0] += 2  # so that no channel is nearly constant
    gamma, beta = rng.uniform(0.5, 2, (2, channels)).astype(dtype)
    mean, var = (statistic.astype(dtype) for statistic in norm.batch_statistics(x))
    got = norm.centre_and_scale(x, mean, gamma / np.sqrt(var + dtype(1e-5)), beta)
    assert got.dtype == dtype
    # values below 20 after some ten roundings, and the twin's sums of n_rows terms
    atol = 20 * (10 + n_rows) * np.finfo(dtype).eps
    np.testing.assert_allclose(got, reference.batch_norm_reference(x, gamma, beta, eps=1e-5), rtol=0, atol=atol)


@given(n_rows=st.integers(1, 60), channels=st.integers(1, 5), dtype=DTYPES, seed=SEEDS)
def test_sums_and_gradient_are_what_they_say(n_rows: int, channels: int, dtype: type, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, grad_output = rng.standard_normal((2, n_rows, channels)).astype(dtype)
    mean, scale, slope, shift = rng.standard_normal((4, channels)).astype(dtype)
    eps = np.finfo(dtype).eps
    plain, weighted = norm.batch_norm_sums(x, grad_output, mean)
    # products round in the input's type, sums in float64: n_rows products below 30
    np.testing.assert_allclose(plain, grad_output.sum(axis=0, dtype=np.float64), rtol=0, atol=1e-13)
    np.testing.assert_allclose(weighted, (grad_output * (x - mean)).sum(axis=0), rtol=0, atol=30 * n_rows * eps)
    got = norm.batch_norm_grad_input(x, grad_output, mean, scale, slope, shift)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, grad_output * scale + (x - mean) * slope + shift, rtol=0, atol=100 * eps)


def test_thread_count_does_not_change_a_bit(on_one_and_two_threads) -> None:
    x, grad_output = np.random.default_rng(0).normal(5, 1, (2, 1000, 3)).astype(np.float32)
    mean = np.full(3, 5, np.float32)
    one, two = on_one_and_two_threads(lambda: [*norm.batch_statistics(x), *norm.batch_norm_sums(x, grad_output, mean)])
    assert all(map(np.array_equal, one, two))


def test_nan_stays_in_its_channel() -> None:
    x = np.ones((20, 3), np.float32)
    x[13, 1] = np.nan
    mean, var = norm.batch_statistics(x)
    np.testing.assert_array_equal(mean, [1, np.nan, 1])
    np.testing.assert_array_equal(var, [0, np.nan, 0])
