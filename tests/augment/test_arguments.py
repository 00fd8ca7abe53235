import numpy as np
import pytest

from minser.augment.arguments import check_factor, check_feature, draw_between


@pytest.mark.parametrize("shape", [(5,), (0, 3), (2, 0), (1, 2, 3, 4)])
def test_what_is_no_feature_is_refused(shape):
    with pytest.raises(ValueError, match=r"feature: expected \(n_bins, n_frames\) .* got shape"):
        check_feature(np.zeros(shape))
    check_feature(np.zeros((1, 1)))
    check_feature(np.zeros((2, 3, 1)))


@pytest.mark.parametrize("factor", [0.0, -1.0, np.inf, np.nan])
def test_what_is_no_factor_is_refused_under_its_name(factor):
    with pytest.raises(ValueError, match=f"rate: expected a positive number, got {factor}"):
        check_factor(min_rate=1.0, rate=factor)
    check_factor(rate=1e-9)


@pytest.mark.parametrize("ends", [(1.0, 0.0), (np.nan, 1.0), (0.0, np.nan), (-np.inf, 0.0), (0.0, np.inf)])
def test_what_is_no_range_is_refused(ends, rng):
    with pytest.raises(ValueError, match=f"min_x and max_x: expected a range of finite numbers, got {ends[0]} to"):
        draw_between(rng, min_x=ends[0], max_x=ends[1])


def test_draws_fill_the_range_evenly(rng):
    draws = np.array([draw_between(rng, low=-3.0, high=5.0) for _ in range(4000)])
    counts, _ = np.histogram(draws, bins=8, range=(-3, 5))
    assert counts.sum() == 4000  # none outside
    np.testing.assert_allclose(counts, 500, atol=5 * np.sqrt(500))  # five standard deviations
    assert draw_between(rng, low=2.0, high=2.0) == 2.0
