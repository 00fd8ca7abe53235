import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minser.kernels import reference, winograd

from .test_conv import assert_close, relu_pool

Problem = tuple[np.ndarray, np.ndarray, np.ndarray, tuple[int, int]]


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw images of odd and even size, few channels or more than a block, and every padding up to 2."""
    padding = (draw(st.integers(0, 2)), draw(st.integers(0, 2)))
    size = [max(1, 3 - 2 * p) + draw(st.integers(0, 9)) for p in padding]
    batch, in_channels = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    out_channels = draw(st.sampled_from([1, 2, 5, 64, 65, 130]))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.standard_normal((batch, *size, in_channels)).astype(dtype)
    weight = rng.standard_normal((3, 3, in_channels, out_channels)).astype(dtype)
    out_size = [n + 2 * p - 2 for n, p in zip(size, padding, strict=True)]
    return x, weight, rng.standard_normal((batch, *out_size, out_channels)).astype(dtype), padding


@given(problems())
def test_conv2d_equals_the_direct_sum(problem: Problem) -> None:
    x, weight, _, padding = problem
    bias = np.arange(weight.shape[3], dtype=x.dtype)
    expected = reference.conv2d_reference(x, weight, bias, stride=(1, 1), padding=padding)
    assert_close(winograd.conv2d(x, weight, bias, padding=padding), expected, n_terms=weight[..., 0].size)


@given(problems())
def test_conv2d_relu_pool_equals_its_twin(problem: Problem) -> None:
    x, weight, grad_output, padding = problem
    assume(min(grad_output.shape[1:3]) >= 2)
    bias = np.linspace(-2, 2, weight.shape[3], dtype=x.dtype)
    expected = relu_pool(x, weight, bias, stride=(1, 1), padding=padding)
    got = winograd.conv2d_relu_pool(x, winograd.transform_weight(weight), bias, padding=padding)
    assert_close(got, expected, n_terms=weight[..., 0].size)


def test_pooled_is_conv2d_to_the_bit_and_hides_no_nan() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((9, 11, 13, 6), dtype=np.float32)
    x[0, 4, 4, 1] = np.nan
    weight, bias = rng.standard_normal((3, 3, 6, 70), dtype=np.float32), np.zeros(70, np.float32)
    rectified = np.maximum(winograd.conv2d(x, weight, bias, padding=(1, 1)), 0)
    expected = reference.max_pool2d_reference(rectified, kernel_size=(2, 2), stride=(2, 2))
    got = winograd.conv2d_relu_pool(x, winograd.transform_weight(weight), bias, padding=(1, 1))
    assert np.isnan(got[0, 2, 2]).all()
    assert np.array_equal(got, expected, equal_nan=True)


@given(problems())
def test_gradients_equal_the_direct_sums(problem: Problem) -> None:
    x, weight, grad_output, padding = problem
    geometry = {"stride": (1, 1), "padding": padding}
    got = winograd.conv2d_grad_weight(x, grad_output, padding=padding)
    expected = reference.conv2d_grad_weight_reference(x, grad_output, kernel_size=(3, 3), **geometry)
    for one, other in zip(got, expected, strict=True):
        assert_close(one, other, n_terms=grad_output[..., 0].size)
    expected_input = reference.conv2d_grad_input_reference(grad_output, weight, input_size=x.shape[1:3], **geometry)
    got_input = winograd.conv2d_grad_input(grad_output, weight, padding=padding)
    assert_close(got_input, expected_input, n_terms=9 * weight.shape[3])


@given(problems())
def test_the_printed_formula_is_the_convolution(problem: Problem) -> None:
    x, weight, _, padding = problem
    bias = np.ones(weight.shape[3], x.dtype)
    expected = reference.conv2d_reference(x, weight, bias, stride=(1, 1), padding=padding)
    got = reference.winograd_reference(x, weight, bias, padding=padding)
    assert_close(got, expected, n_terms=weight[..., 0].size)


@pytest.mark.parametrize("channels", [16, 128])
def test_rounding_is_that_of_the_direct_sum(channels: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 16, 16, channels), dtype=np.float32)
    weight = rng.standard_normal((3, 3, channels, 8), dtype=np.float32)
    bias = np.zeros(8, np.float32)
    exact = reference.conv2d_reference(
        x.astype(np.float64), weight.astype(np.float64), bias, stride=(1, 1), padding=(1, 1)
    )
    direct = reference.conv2d_reference(x, weight, bias, stride=(1, 1), padding=(1, 1))
    fast = winograd.conv2d(x, weight, bias, padding=(1, 1))
    error, expected = (np.sqrt(np.mean((values - exact) ** 2)) for values in (fast, direct))
    assert error < 2 * expected


def test_a_batch_of_many_bands_equals_its_samples() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 10, 6, 8))
    weight, bias = rng.standard_normal((3, 3, 8, 70)), np.zeros(70)
    whole = winograd.conv2d(x, weight, bias, padding=(1, 1))
    alone = np.concatenate([winograd.conv2d(x[i : i + 1], weight, bias, padding=(1, 1)) for i in range(len(x))])
    np.testing.assert_allclose(whole, alone, rtol=0, atol=1e-12)
