import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.augment import time_shift


@given(n_samples=st.integers(1, 50), shift=st.integers(-70, 70), dtype=st.sampled_from([np.float32, np.float64]))
def test_every_sample_moves_and_silence_follows(n_samples, shift, dtype):
    waveform = np.arange(1, n_samples + 1, dtype=dtype)
    shifted = time_shift(waveform, shift_s=shift / 100, sr=100)
    assert shifted.dtype == dtype
    for n in range(n_samples):
        expected = waveform[n - shift] if 0 <= n - shift < n_samples else 0.0
        assert shifted[n] == expected


def test_times_are_rounded_to_samples():
    waveform = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(time_shift(waveform, shift_s=0.0149, sr=100), [0.0, 1.0, 2.0])
    np.testing.assert_array_equal(time_shift(waveform, shift_s=-0.0151, sr=100), [3.0, 0.0, 0.0])
    unmoved = time_shift(waveform, shift_s=0.0, sr=100)
    np.testing.assert_array_equal(unmoved, waveform)
    assert not np.shares_memory(unmoved, waveform)


def test_a_batch_moves_together(rng):
    batch = rng.standard_normal((2, 3, 20))
    np.testing.assert_array_equal(time_shift(batch, shift_s=0.5, sr=10)[..., 5:], batch[..., :-5])


def test_impossible_arguments_are_refused(tone):
    with pytest.raises(ValueError, match="sr: expected 1 or more, got 0"):
        time_shift(tone, shift_s=0.1, sr=0)
