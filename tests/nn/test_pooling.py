import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser import nn

from .against_torch import DTYPES, SEEDS, assert_equals_torch, channels_first, channels_last
from .cases import spread

Pair = tuple[int, int]


SIDES = st.tuples(st.integers(1, 4), st.integers(1, 4))
SHAPES = st.tuples(st.integers(1, 3), st.integers(4, 9), st.integers(4, 9), st.integers(1, 4))


@given(kernel_size=SIDES, stride=SIDES, shape=SHAPES, dtype=DTYPES, seed=SEEDS)
def test_max_pool_equals_torch(
    kernel_size: Pair, stride: Pair, shape: tuple[int, int, int, int], dtype: type, seed: int
) -> None:
    torch = pytest.importorskip("torch")
    x = spread(np.random.default_rng(seed), shape).astype(dtype)
    x = np.round(2 * x) / 2  # and many ties: the first of equal values wins

    def torch_forward(x, _):
        return channels_last(torch.nn.functional.max_pool2d(channels_first(x), kernel_size, stride))

    layer = nn.MaxPool2d(kernel_size, stride=stride)
    assert_equals_torch(layer, x, torch_forward, n_terms=16)  # up to 4 x 4 overlapping windows


@given(kernel_size=SIDES, shape=SHAPES, dtype=DTYPES, seed=SEEDS)
def test_average_pool_equals_torch(kernel_size: Pair, shape: tuple[int, int, int, int], dtype: type, seed: int) -> None:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(seed).standard_normal(shape).astype(dtype)

    def torch_forward(x, _):
        return channels_last(torch.nn.functional.avg_pool2d(channels_first(x), kernel_size))

    assert_equals_torch(nn.AveragePool2d(kernel_size), x, torch_forward, n_terms=16)


@given(shape=SHAPES, dtype=DTYPES, seed=SEEDS)
def test_global_pools_equal_torch(shape: tuple[int, int, int, int], dtype: type, seed: int) -> None:
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    n_terms = shape[1] * shape[2]
    assert_equals_torch(nn.GlobalAveragePool(), x, lambda x, _: x.mean(dim=(1, 2)), n_terms=n_terms)

    def mean_max(x, _):
        profile = x.mean(dim=1)
        return torch.cat([profile.mean(dim=1), profile.amax(dim=1)], dim=1)

    def mean_max_of_bins(x, _):
        profile = x.transpose(1, 2).flatten(start_dim=2)
        return torch.cat([profile.mean(dim=1), profile.amax(dim=1)], dim=1)

    assert_equals_torch(nn.MeanMaxPool(), x, mean_max, n_terms=n_terms)
    assert_equals_torch(nn.MeanMaxPool(keep_bins=True), x, mean_max_of_bins, n_terms=n_terms)


def test_max_pool_by_hand() -> None:
    """The gradient goes to the winners, and what no window covers gets none."""
    layer = nn.MaxPool2d(2)
    x = np.array([[1, 5, 9], [7, 2, 9], [9, 9, 9]], np.float64).reshape(1, 3, 3, 1)
    assert layer.forward(x).ravel().tolist() == [7]
    assert layer.backward(np.full((1, 1, 1, 1), 3.0)).ravel().tolist() == [0, 0, 0, 3, 0, 0, 0, 0, 0]


def test_mean_max_pool_by_hand() -> None:
    layer = nn.MeanMaxPool()
    x = np.array([[1, 2], [3, 8]], np.float64).reshape(1, 2, 2, 1)  # profile over time: 2, 5
    assert layer.forward(x).tolist() == [[3.5, 5]]
    assert layer.backward(np.array([[4.0, 6.0]])).ravel().tolist() == [1, 4, 1, 4]


def test_mean_max_pool_of_each_bin_by_hand() -> None:
    layer = nn.MeanMaxPool(keep_bins=True)
    x = np.array([[1, 2], [3, 8]], np.float64).reshape(1, 2, 2, 1)  # two bins, two moments
    assert layer.forward(x).tolist() == [[1.5, 5.5, 2, 8]]
    assert layer.backward(np.array([[4.0, 6.0, 1.0, 2.0]])).ravel().tolist() == [2, 3, 3, 5]
    assert layer.output_shape((2, 7, 5)) == (20,)


def test_geometry_is_checked() -> None:
    for layer in (nn.MaxPool2d(3), nn.AveragePool2d(3)):
        with pytest.raises(ValueError, match=r"kernel_size \(3, 3\) is larger than the input \(2, 8\)"):
            layer.forward(np.zeros((1, 2, 8, 1), np.float32))
    with pytest.raises(ValueError, match="stride must be one or two integers of at least 1, got 0"):
        nn.MaxPool2d(3, stride=0)
