import numpy as np
import pytest

from minser.augment import brightness, contrast

SHAPES = [(6, 9), (6, 9, 2)]
DTYPES = [np.float32, np.float64]


def _feature(shape, dtype=np.float64) -> np.ndarray:
    return np.random.default_rng(3).uniform(-80.0, 0.0, shape).astype(dtype)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_brightness_adds_and_contrast_scales_about_the_mean(shape, dtype):
    feature = _feature(shape, dtype)
    before = feature.copy()
    brighter, sharper = brightness(feature, offset=7.5), contrast(feature, factor=1.6)
    assert brighter.dtype == sharper.dtype == dtype
    np.testing.assert_allclose(brighter - feature, 7.5, rtol=1e-5)
    mean = feature.mean(axis=(0, 1))  # of each channel
    # Both means are sums of 54 float32 roundings of numbers up to 80
    np.testing.assert_allclose(sharper.mean(axis=(0, 1)), mean, rtol=1e-5)
    np.testing.assert_allclose(sharper.std(axis=(0, 1)), 1.6 * feature.std(axis=(0, 1)), rtol=1e-5)
    np.testing.assert_allclose(sharper, mean + 1.6 * (feature - mean), atol=1e-4)
    np.testing.assert_array_equal(feature, before)


def test_factor_one_and_offset_zero_change_nothing():
    feature = _feature((6, 9), np.float32)
    np.testing.assert_array_equal(brightness(feature, offset=0.0), feature)
    np.testing.assert_allclose(contrast(feature, factor=1.0), feature, atol=1e-5)  # minus the mean, plus the mean
    np.testing.assert_array_equal(contrast(np.full((3, 4), -80.0), factor=3.0), -80.0)


def test_impossible_arguments_are_refused():
    feature = _feature((6, 9))
    with pytest.raises(ValueError, match="feature: expected"):
        brightness(feature[0], offset=1.0)
    with pytest.raises(ValueError, match="feature: expected"):
        contrast(feature[0], factor=1.0)
    with pytest.raises(ValueError, match=r"factor: expected a positive number, got 0\.0"):
        contrast(feature, factor=0.0)
