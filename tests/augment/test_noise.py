import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.augment import add_noise

DTYPES = [np.float32, np.float64]


def _snr_db(waveform: np.ndarray, noisy: np.ndarray) -> np.ndarray:
    """Measure the ratio from the outside."""
    difference = noisy.astype(np.float64) - waveform
    return 10 * np.log10(np.square(waveform, dtype=np.float64).mean(-1) / np.square(difference).mean(-1))


@given(
    seed=st.integers(0, 999),
    n_samples=st.integers(1, 5000),
    snr_db=st.floats(-20.0, 40.0),
    level_db=st.floats(-60.0, 40.0),
    dtype=st.sampled_from(DTYPES),
)
def test_the_ratio_is_the_one_asked_for(seed, n_samples, snr_db, level_db, dtype):
    rng = np.random.default_rng(seed)
    waveform = rng.standard_normal(n_samples).astype(dtype)
    noise = (10 ** (level_db / 20) * rng.standard_normal(n_samples)).astype(dtype)
    noisy = add_noise(waveform, noise, snr_db=snr_db)
    assert noisy.dtype == dtype
    # The sum is rounded to the dtype; of a noise 40 dB below, float32 then keeps five digits.
    assert _snr_db(waveform, noisy) == pytest.approx(snr_db, abs=1e-2 if dtype == np.float32 else 1e-9)


def test_each_clip_of_a_batch_has_its_own_power(rng):
    batch = rng.standard_normal((2, 3, 800)) * np.array([1.0, 0.01, 30.0])[:, np.newaxis]
    np.testing.assert_allclose(_snr_db(batch, add_noise(batch, rng.random(batch.shape), snr_db=7.0)), 7.0)


def test_silence_stays_silence(silence, rng):
    np.testing.assert_array_equal(add_noise(silence, rng.standard_normal(silence.shape), snr_db=0.0), silence)


def test_impossible_arguments_are_refused(tone):
    with pytest.raises(ValueError, match=r"noise: expected the waveform's shape \(22050,\), got \(1,\)"):
        add_noise(tone, tone[:1], snr_db=0.0)
    with pytest.raises(ValueError, match="noise: expected a sound, got silence"):
        add_noise(tone, np.zeros_like(tone), snr_db=0.0)
