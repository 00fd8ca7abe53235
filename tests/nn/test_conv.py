import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser import nn

from .against_torch import DTYPES, SEEDS, assert_equals_torch, channels_first, channels_last, torch_weight

PAIRS = {low: st.tuples(st.integers(low, 4), st.integers(low, 4)) for low in (0, 1)}


@given(
    kernel_size=PAIRS[1],
    stride=PAIRS[1],
    padding=PAIRS[0],
    size=st.tuples(st.integers(4, 9), st.integers(4, 9)),  # at least the largest kernel
    channels=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    batch=st.integers(1, 3),
    dtype=DTYPES,
    seed=SEEDS,
)
def test_equals_torch(
    kernel_size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    size: tuple[int, int],
    channels: tuple[int, int],
    batch: int,
    dtype: type,
    seed: int,
) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    layer = nn.Conv2d(*channels, kernel_size=kernel_size, stride=stride, padding=padding, rng=rng)
    layer.params["bias"][:] = rng.standard_normal(channels[1])
    layer.astype(dtype)
    x = rng.standard_normal((batch, *size, channels[0])).astype(dtype)

    def torch_forward(x, params):
        weight = torch_weight(params["weight"])
        out = torch.nn.functional.conv2d(channels_first(x), weight, params["bias"], stride=stride, padding=padding)
        return channels_last(out)

    _, out_h, out_w, _ = out_shape = (batch, *layer.output_shape(x.shape[1:]))
    # Terms: a patch's values in the output, all places in the weight's gradient, all kernels in the input's.
    n_terms = max(np.prod(kernel_size) * max(channels), batch * out_h * out_w)
    assert_equals_torch(layer, x, torch_forward, n_terms=n_terms)
    assert layer.forward(x).shape == out_shape


def test_by_hand() -> None:
    """A kernel that looks one row up and one column left, on the image 1..6."""
    layer = nn.Conv2d(1, 1, kernel_size=2, rng=np.random.default_rng(0))
    layer.params["weight"][..., 0, 0] = [[1, 10], [100, 1000]]
    layer.params["bias"][:] = 0.5
    image = np.arange(1, 7, dtype=np.float32).reshape(1, 2, 3, 1)  # 1 2 3 / 4 5 6
    assert layer.forward(image).ravel().tolist() == [1 + 20 + 400 + 5000 + 0.5, 2 + 30 + 500 + 6000 + 0.5]


def test_multiply_adds_count_every_weight_at_every_place(rng: np.random.Generator) -> None:
    layer = nn.Conv2d(3, 5, kernel_size=(2, 4), stride=2, rng=rng)
    assert layer.multiply_adds((10, 12, 3)) == 5 * 5 * (2 * 4 * 3 * 5)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("kernel_size", 0, "kernel_size must be one or two integers of at least 1, got 0"),
        ("kernel_size", (3, 3, 3), r"kernel_size must be one or two integers of at least 1, got \(3, 3, 3\)"),
        ("stride", (1, 0), r"stride must be one or two integers of at least 1, got \(1, 0\)"),
        ("stride", 1.5, r"stride must be one or two integers of at least 1, got 1\.5"),
        ("padding", -1, "padding must be one or two integers of at least 0, got -1"),
    ],
)
def test_geometry_is_checked(rng: np.random.Generator, name: str, value: object, message: str) -> None:
    geometry = {"kernel_size": 3, "stride": 1, "padding": 0} | {name: value}
    with pytest.raises(ValueError, match=message):
        nn.Conv2d(1, 1, **geometry, rng=rng)


def test_geometry_may_come_as_numpy_integers(rng: np.random.Generator) -> None:
    layer = nn.Conv2d(1, 1, kernel_size=np.int64(3), stride=np.array([1, 2]), rng=rng)
    assert (layer.kernel_size, layer.stride, layer.padding) == ((3, 3), (1, 2), (0, 0))


def test_kernel_larger_than_the_image_is_an_error(rng: np.random.Generator) -> None:
    layer = nn.Conv2d(1, 1, kernel_size=5, padding=1, rng=rng)
    for height, width in itertools.product((2, 9), repeat=2):
        if (height, width) != (9, 9):
            with pytest.raises(ValueError, match=r"kernel_size \(5, 5\) is larger than the input"):
                layer.forward(np.zeros((1, height, width, 1), np.float32))


def test_wrong_channels_are_named(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="Conv2d expects 4 axes, the last of length 3"):
        nn.Conv2d(3, 1, kernel_size=1, rng=rng).forward(np.zeros((1, 3, 8, 8), np.float32))
