import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.kernels import pooling, reference

Pair = tuple[int, int]


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, dict[str, Pair]]:
    """Draw a batch without ties and a geometry whose windows all see the image."""
    kernel_size = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    size = [k + draw(st.integers(0, 8)) for k in kernel_size]
    shape = (draw(st.integers(1, 3)), *size, draw(st.integers(1, 4)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    x = rng.permutation(np.prod(shape)).reshape(shape).astype(dtype) - 50
    return x, {"kernel_size": kernel_size, "stride": stride}


@given(problems())
def test_max_pool_equals_its_twin(problem: tuple[np.ndarray, dict[str, Pair]]) -> None:
    x, geometry = problem
    out, winner = pooling.max_pool2d(x, **geometry)
    expected = reference.max_pool2d_reference(x, **geometry)
    assert out.dtype == x.dtype
    assert np.array_equal(out, expected)
    grad_output = np.random.default_rng(0).integers(-9, 9, out.shape).astype(x.dtype)  # whole: sums do not round
    got = pooling.max_pool2d_grad_input(grad_output, winner, input_size=x.shape[1:3], **geometry)
    assert got.dtype == x.dtype
    assert np.array_equal(got, reference.max_pool2d_grad_input_reference(x, grad_output, **geometry))


def test_kernel_larger_than_the_image_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"kernel_size \(3, 1\) is larger than the input \(2, 9\)"):
        pooling.max_pool2d(np.zeros((1, 2, 9, 1)), kernel_size=(3, 1), stride=(1, 1))


NAN, INF = np.nan, np.inf
WINDOWS = [
    ([1, NAN, 3, 2], NAN, 1),  # NaN wins, and values after it do not hide it
    ([NAN, 1, 3, INF], NAN, 0),
    ([1, 2, 3, NAN], NAN, 3),
    ([NAN, 1, NAN, 2], NAN, 2),  # of two, the last has the gradient, as in torch
    ([-INF, -INF, -INF, -INF], -INF, 0),
    ([-INF, INF, INF, 5], INF, 1),  # of equal values the first wins
    ([-INF, -3, -INF, -4], -3, 1),
    ([0.0, 0.0, 0.0, 0.0], 0, 0),
]


@pytest.mark.parametrize(("window", "largest", "place"), WINDOWS)
def test_nan_infinity_and_ties(window: list[float], largest: float, place: int) -> None:
    x = np.array(window, np.float32).reshape(1, 2, 2, 1)
    geometry = {"kernel_size": (2, 2), "stride": (2, 2)}
    out, winner = pooling.max_pool2d(x, **geometry)
    np.testing.assert_array_equal(out.ravel(), [largest])
    grad = pooling.max_pool2d_grad_input(np.ones_like(out), winner, input_size=(2, 2), **geometry)
    assert grad.ravel().tolist() == np.eye(4)[place].tolist()


def test_nan_infinity_and_ties_equal_torchs() -> None:
    """All windows of four out of five telling values."""
    torch = pytest.importorskip("torch")
    windows = np.array(list(itertools.product([NAN, INF, -INF, 1, 0], repeat=4)), np.float32)
    x = windows.reshape(-1, 2, 2, 1)
    geometry = {"kernel_size": (2, 2), "stride": (2, 2)}
    tensor = torch.tensor(x.reshape(-1, 1, 2, 2), requires_grad=True)
    expected = torch.nn.functional.max_pool2d(tensor, 2, 2)
    expected.sum().backward()
    out, winner = pooling.max_pool2d(x, **geometry)
    np.testing.assert_array_equal(out, expected.detach().numpy().transpose(0, 2, 3, 1))
    grad = pooling.max_pool2d_grad_input(np.ones_like(out), winner, input_size=(2, 2), **geometry)
    assert np.array_equal(grad, tensor.grad.numpy().transpose(0, 2, 3, 1))


@pytest.mark.slow
def test_a_window_of_more_places_than_two_bytes_count() -> None:
    x = np.zeros((1, 200, 200, 1), np.float32)
    x[0, 190, 170, 0] = 1
    geometry = {"kernel_size": (200, 200), "stride": (1, 1)}
    out, winner = pooling.max_pool2d(x, **geometry)
    assert np.array_equal(pooling.max_pool2d_grad_input(out, winner, input_size=(200, 200), **geometry), x)
