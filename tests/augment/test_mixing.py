import numpy as np
import pytest

from minser.augment import mix


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_average_has_its_shares(rng, dtype):
    first, second = rng.standard_normal((2, 5, 7, 2)).astype(dtype)
    before = first.copy(), second.copy()
    mixed = mix(first, second, share=0.3)
    assert mixed.dtype == dtype
    np.testing.assert_allclose(mixed, 0.3 * first + 0.7 * second, atol=1e-6 if dtype == np.float32 else 1e-15)
    np.testing.assert_array_equal(mix(first, second, share=1.0), first)
    np.testing.assert_array_equal(mix(first, second, share=0.0), second)
    np.testing.assert_array_equal((first, second), before)


def test_impossible_arguments_are_refused(rng):
    first, second = rng.standard_normal((2, 5, 7))
    with pytest.raises(ValueError, match=r"first and second: expected one shape, got \(5, 7\) and \(5,\)"):
        mix(first, second[:, 0], share=0.5)
    with pytest.raises(ValueError, match=r"share: expected 0 to 1, got 1\.5"):
        mix(first, second, share=1.5)
