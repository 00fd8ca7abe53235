import numpy as np
from hypothesis import assume, given

from minser.kernels import reference, shallow

from .test_conv import Pair, assert_close, problems, relu_pool


@given(problems())
def test_conv2d_equals_its_twin(problem: tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Pair]]) -> None:
    x, weight, _, geometry = problem
    bias = np.arange(weight.shape[3], dtype=x.dtype)
    expected = reference.conv2d_reference(x, weight, bias, **geometry)
    assert_close(shallow.conv2d(x, weight, bias, **geometry), expected, n_terms=weight[..., 0].size)


@given(problems())
def test_conv2d_relu_pool_equals_its_twin(
    problem: tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Pair]],
) -> None:
    x, weight, grad_output, geometry = problem
    assume(min(grad_output.shape[1:3]) >= 2)
    bias = np.linspace(-2, 2, weight.shape[3], dtype=x.dtype)
    expected = relu_pool(x, weight, bias, **geometry)
    assert_close(shallow.conv2d_relu_pool(x, weight, bias, **geometry), expected, n_terms=weight[..., 0].size)


@given(problems())
def test_gradients_equal_their_twin(problem: tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, Pair]]) -> None:
    x, weight, grad_output, geometry = problem
    got = shallow.conv2d_grad_weight(x, grad_output, kernel_size=weight.shape[:2], **geometry)
    expected = reference.conv2d_grad_weight_reference(x, grad_output, kernel_size=weight.shape[:2], **geometry)
    for one, other in zip(got, expected, strict=True):
        assert_close(one, other, n_terms=grad_output[..., 0].size)


def test_images_larger_than_a_tile() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 9, 600, 1))
    weight, bias = rng.standard_normal((3, 3, 1, 4)), rng.standard_normal(4)
    geometry = {"stride": (1, 1), "padding": (1, 1)}
    expected = reference.conv2d_reference(x, weight, bias, **geometry)
    assert_close(shallow.conv2d(x, weight, bias, **geometry), expected, n_terms=9)
    pooled = relu_pool(x, weight, bias, **geometry)
    assert_close(shallow.conv2d_relu_pool(x, weight, bias, **geometry), pooled, n_terms=9)


def test_pooled_hides_no_nan() -> None:
    x = np.array([[1, np.nan], [2, -1]], np.float32)[None, :, :, None]
    weight, bias = np.full((1, 1, 1, 2), [1, -1], np.float32), np.zeros(2, np.float32)
    for image in (x, x[:, ::-1], x[:, :, ::-1], x[:, ::-1, ::-1]):
        assert np.isnan(shallow.conv2d_relu_pool(image, weight, bias, stride=(1, 1), padding=(0, 0))).all()
