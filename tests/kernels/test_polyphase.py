import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import resample_poly

from minser.kernels import polyphase

RATIOS = st.sampled_from([(1, 2), (2, 1), (3, 2), (2, 3), (147, 320), (320, 147), (7, 5), (1, 9)])


@given(ratio=RATIOS, n_samples=st.integers(1, 400), half_length=st.integers(1, 900), n_clips=st.integers(1, 3))
def test_equal_to_scipy(ratio: tuple[int, int], n_samples: int, half_length: int, n_clips: int) -> None:
    up, down = ratio
    rng = np.random.default_rng(n_samples)
    x = rng.standard_normal((n_clips, n_samples))
    half = rng.standard_normal(half_length)
    low_pass = np.concatenate([half[::-1], [1.0], half])
    expected = resample_poly(x, up, down, axis=-1, window=low_pass / up)  # SciPy multiplies it by up
    got = polyphase.polyphase_filter(x, low_pass, up=up, down=down)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_type_is_kept_and_a_delta_gives_the_samples_back(dtype: type) -> None:
    x = np.arange(12, dtype=dtype)[None]
    got = polyphase.polyphase_filter(x, np.array([0, 1, 0], dtype), up=1, down=3)
    assert got.dtype == dtype
    assert got.tolist() == [[0, 3, 6, 9]]
