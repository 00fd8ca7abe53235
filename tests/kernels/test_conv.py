import tracemalloc
from collections.abc import Callable, Iterator
from unittest import mock

import numba
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minser.kernels import conv, reference

Pair = tuple[int, int]


def pairs(low: int, high: int) -> st.SearchStrategy[Pair]:
    return st.tuples(st.integers(low, high), st.integers(low, high))


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Pair]]:
    """Draw an image batch, a weight, an upstream gradient, and a geometry that leaves at least one output."""
    kernel_size, stride, padding = draw(pairs(1, 4)), draw(pairs(1, 4)), draw(pairs(0, 5))
    size = [max(1, k - 2 * p) + draw(st.integers(0, 8)) for k, p in zip(kernel_size, padding, strict=True)]
    batch, in_channels, out_channels = (draw(st.integers(1, 4)) for _ in range(3))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.standard_normal((batch, *size, in_channels)).astype(dtype)
    weight = rng.standard_normal((*kernel_size, in_channels, out_channels)).astype(dtype)
    out_size = conv.output_size(tuple(size), kernel_size=kernel_size, stride=stride, padding=padding)
    grad_output = rng.standard_normal((batch, *out_size, out_channels)).astype(dtype)
    return x, weight, grad_output, {"stride": stride, "padding": padding}


@pytest.fixture(autouse=True, scope="module")
def tiles_of_a_few_rows() -> Iterator[None]:
    """Make tiles so small that the small images here need many, and a shorter one at the end."""
    with mock.patch.object(conv, "_POSITIONS", 20):
        yield


def assert_close(got: np.ndarray, expected: np.ndarray, *, n_terms: int) -> None:
    """Allow the rounding of a sum of `n_terms` products of normal values, in two orders."""
    assert got.shape == expected.shape
    assert got.dtype == expected.dtype
    size = max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(got, expected, rtol=0, atol=4 * n_terms * np.finfo(got.dtype).eps * size)


def relu_pool(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, **geometry: Pair) -> np.ndarray:
    """Return the convolution's largest value in each window of 2 x 2, or zero, one step after the other."""
    out = np.maximum(reference.conv2d_reference(x, weight, bias, **geometry), 0)
    return reference.max_pool2d_reference(out, kernel_size=(2, 2), stride=(2, 2))


@given(problems())
def test_conv2d_equals_its_twin(problem: tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Pair]]) -> None:
    x, weight, _, geometry = problem
    bias = np.arange(weight.shape[3], dtype=x.dtype)
    expected = reference.conv2d_reference(x, weight, bias, **geometry)
    assert_close(conv.conv2d(x, weight, bias, **geometry), expected, n_terms=weight[..., 0].size)


@given(problems())
def test_conv2d_relu_pool_equals_its_twin(
    problem: tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Pair]],
) -> None:
    x, weight, grad_output, geometry = problem
    assume(min(grad_output.shape[1:3]) >= 2)
    bias = np.linspace(-2, 2, weight.shape[3], dtype=x.dtype)
    expected = relu_pool(x, weight, bias, **geometry)
    assert_close(conv.conv2d_relu_pool(x, weight, bias, **geometry), expected, n_terms=weight[..., 0].size)


@given(problems())
def test_gradients_equal_their_twin(problem: tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Pair]]) -> None:
    x, weight, grad_output, geometry = problem
    got = conv.conv2d_grad_weight(x, grad_output, kernel_size=weight.shape[:2], **geometry)
    expected = reference.conv2d_grad_weight_reference(x, grad_output, kernel_size=weight.shape[:2], **geometry)
    for one, other in zip(got, expected, strict=True):
        assert_close(one, other, n_terms=grad_output[..., 0].size)


def test_images_larger_than_a_tile() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 9, 600, 1))
    weight, bias = rng.standard_normal((3, 3, 1, 4)), rng.standard_normal(4)
    geometry = {"stride": (1, 1), "padding": (1, 1)}
    expected = reference.conv2d_reference(x, weight, bias, **geometry)
    assert_close(conv.conv2d(x, weight, bias, **geometry), expected, n_terms=9)
    pooled = relu_pool(x, weight, bias, **geometry)
    assert_close(conv.conv2d_relu_pool(x, weight, bias, **geometry), pooled, n_terms=9)


def test_pooled_hides_no_nan() -> None:
    x = np.array([[1, np.nan], [2, -1]], np.float32)[None, :, :, None]
    weight, bias = np.full((1, 1, 1, 2), [1, -1], np.float32), np.zeros(2, np.float32)
    for image in (x, x[:, ::-1], x[:, :, ::-1], x[:, ::-1, ::-1]):
        assert np.isnan(conv.conv2d_relu_pool(image, weight, bias, stride=(1, 1), padding=(0, 0))).all()


@given(problems())
def test_conv2d_grad_input_equals_its_twin(
    problem: tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Pair]],
) -> None:
    x, weight, grad_output, geometry = problem
    got = conv.conv2d_grad_input(grad_output, weight, input_size=x.shape[1:3], **geometry)
    expected = reference.conv2d_grad_input_reference(grad_output, weight, input_size=x.shape[1:3], **geometry)
    assert_close(got, expected, n_terms=weight[:, :, 0].size)


@pytest.mark.parametrize(
    ("size", "kernel_size", "padding"), [((3, 9), (4, 1), (0, 0)), ((9, 3), (1, 6), (3, 1)), ((0, 4), (1, 1), (0, 0))]
)
def test_kernel_larger_than_the_image_is_an_error(size: Pair, kernel_size: Pair, padding: Pair) -> None:
    with pytest.raises(ValueError, match=r"kernel_size .* is larger than the input"):
        conv.conv2d(
            np.zeros((1, *size, 1)), np.zeros((*kernel_size, 1, 1)), np.zeros(1), stride=(2, 2), padding=padding
        )


def test_infinity_and_nan_reach_exactly_the_windows_that_see_them() -> None:
    x = np.ones((1, 1, 7, 1))
    x[0, 0, 1], x[0, 0, 5] = np.inf, np.nan
    out = conv.conv2d(x, np.ones((1, 2, 1, 1)), np.zeros(1), stride=(1, 1), padding=(0, 0))
    np.testing.assert_array_equal(out.ravel(), [np.inf, np.inf, 2, 2, np.nan, np.nan])


STRIDES = pytest.mark.parametrize("stride", [(1, 1), (2, 2)])


@STRIDES
def test_thread_count_does_not_change_a_bit(on_one_and_two_threads, stride: Pair) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 23, 17, 3)).astype(np.float32)
    weight, bias = rng.standard_normal((3, 3, 3, 8)).astype(np.float32), np.zeros(8, np.float32)
    geometry = {"stride": stride, "padding": (1, 1)}

    def pass_through() -> list[np.ndarray]:
        out = conv.conv2d(x, weight, bias, **geometry)
        grads = conv.conv2d_grad_weight(x, out, kernel_size=(3, 3), **geometry)
        return [out, *grads, conv.conv2d_grad_input(out, weight, input_size=(23, 17), **geometry)]

    one, two = on_one_and_two_threads(pass_through)
    assert all(map(np.array_equal, one, two))


def peak_bytes(function: Callable[[], object]) -> int:
    """Run once to compile, and measure the second run's memory."""
    function()
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@STRIDES
def test_memory_stays_far_below_the_matrix_of_a_whole_batch(stride: Pair) -> None:
    """With tiles of 64 kB: what is asked for beyond the result is a part of the nine-fold matrix, not all of it.

    Each call also lays an image with its channels apart: the input, or to get the input's gradient that of the output,
    which gets its zeros first where a kernel steps further than by one.
    """
    x, weight = np.ones((32, 32, 32, 8), np.float32), np.ones((3, 3, 8, 8), np.float32)
    geometry = {"stride": stride, "padding": (1, 1)}
    with mock.patch.object(conv, "_POSITIONS", 200):
        out = conv.conv2d(x, weight, np.zeros(8, np.float32), **geometry)
        whole = reference.im2col_reference(x, kernel_size=(3, 3), **geometry).nbytes
        n_tiles = numba.get_num_threads() * 2**16
        slack = 200_000  # sums of the weight's gradient, Python's own objects
        calls: list[tuple[int, Callable[[], object]]] = [
            (out.nbytes + x.nbytes, lambda: conv.conv2d(x, weight, np.zeros(8, np.float32), **geometry)),
            (x.nbytes, lambda: conv.conv2d_grad_weight(x, out, kernel_size=(3, 3), **geometry)),
            (
                x.nbytes * (2 if stride == (1, 1) else 3),
                lambda: conv.conv2d_grad_input(out, weight, input_size=(32, 32), **geometry),
            ),
        ]
        for result, function in calls:
            assert peak_bytes(function) <= result + n_tiles + slack < result + whole / 2
