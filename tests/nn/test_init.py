import numpy as np
import pytest

from minser import nn

SHAPE = (5, 4, 30, 50)  # (k_h, k_w, in, out): 30,000 weights
FAN_IN, FAN_OUT = 5 * 4 * 30, 5 * 4 * 50


def test_he_normal_has_the_variance_of_torchs_kaiming(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    expected = torch.nn.init.kaiming_normal_(torch.empty(50, 30, 5, 4), nonlinearity="relu").numpy()
    got = nn.he_normal(SHAPE, fan_in=FAN_IN, rng=rng)
    # The variance of n normal values scatters by sqrt(2 / n) of itself: 0.8 %. Five times that, for two samples.
    assert got.var() == pytest.approx(expected.var(), rel=0.06)
    assert got.mean() == pytest.approx(0, abs=5 * np.sqrt(2 / FAN_IN / got.size))


def test_glorot_uniform_has_the_bounds_and_variance_of_torchs_xavier(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    expected = torch.nn.init.xavier_uniform_(torch.empty(50, 30, 5, 4)).numpy()
    got = nn.glorot_uniform(SHAPE, fan_in=FAN_IN, fan_out=FAN_OUT, rng=rng)
    # The largest of n uniform values misses the bound by about 1 / n of it; five times that, for two samples.
    assert np.abs(got).max() == pytest.approx(np.abs(expected).max(), rel=5 / got.size)
    assert got.var() == pytest.approx(expected.var(), rel=0.04)


def test_variances_are_those_of_the_papers(rng: np.random.Generator) -> None:
    he = nn.he_normal(SHAPE, fan_in=FAN_IN, rng=rng)
    glorot = nn.glorot_uniform(SHAPE, fan_in=FAN_IN, fan_out=FAN_OUT, rng=rng)
    assert he.var() == pytest.approx(2 / FAN_IN, rel=0.04)  # five times sqrt(2 / n)
    assert glorot.var() == pytest.approx(2 / (FAN_IN + FAN_OUT), rel=0.03)
    assert np.abs(glorot).max() <= np.float32(np.sqrt(6 / (FAN_IN + FAN_OUT)))


def test_weights_are_float32_and_drawn_from_the_generator_alone() -> None:
    first, second, other = (nn.he_normal((3, 4), fan_in=3, rng=np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert first.dtype == np.float32
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_layers_use_the_fans_of_their_weights(rng: np.random.Generator) -> None:
    conv = nn.Conv2d(30, 50, kernel_size=(5, 4), rng=rng)
    dense = nn.Dense(200, 100, rng=rng)
    assert conv.params["weight"].var() == pytest.approx(2 / FAN_IN, rel=0.04)
    assert dense.params["weight"].var() == pytest.approx(2 / (200 + 100), rel=0.03)
    assert not conv.params["bias"].any()
    assert not dense.params["bias"].any()
