import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.augment import add_noise, random_noise

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
    noisy = random_noise(silence, min_snr_db=-5.0, max_snr_db=5.0, rng=rng)
    assert not noisy.any()
    assert not np.shares_memory(noisy, silence)


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_drawn_is_applied(tone, dtype):
    waveform = tone.astype(dtype)
    noisy = random_noise(waveform, min_snr_db=3.0, max_snr_db=30.0, rng=np.random.default_rng(5))
    rng = np.random.default_rng(5)
    snr_db = rng.uniform(3.0, 30.0)
    np.testing.assert_array_equal(noisy, add_noise(waveform, rng.standard_normal(tone.shape), snr_db=snr_db))
    assert noisy.dtype == dtype
    np.testing.assert_array_equal(waveform, tone)  # the input is as it was
    other = random_noise(waveform, min_snr_db=3.0, max_snr_db=30.0, rng=rng)
    assert (other != noisy).mean() > 0.9


def test_ratios_stay_in_their_range(tone):
    draws = [
        _snr_db(tone, random_noise(tone, min_snr_db=5.0, max_snr_db=15.0, rng=np.random.default_rng([7, i])))
        for i in range(200)
    ]
    assert 5.0 <= min(draws) < 5.5  # 200 draws miss a twentieth of the range once in 30,000 times
    assert 14.5 < max(draws) <= 15.0


def test_the_noise_is_white(silence, rng):
    """Spectral flatness: the geometric over the arithmetic mean of power, here of averages over 100 frames."""
    click = silence.copy()
    click[0] = 1.0  # so that there is a power to compare with
    noise = random_noise(click, min_snr_db=0.0, max_snr_db=0.0, rng=rng) - click
    power = np.square(np.abs(np.fft.rfft(noise[:20000].reshape(100, 200)))).mean(axis=0)[1:-1]
    assert np.exp(np.log(power).mean()) / power.mean() > 0.98  # 1 - 1/200 is expected


def test_impossible_arguments_are_refused(tone, rng):
    with pytest.raises(ValueError, match=r"noise: expected the waveform's shape \(22050,\), got \(1,\)"):
        add_noise(tone, tone[:1], snr_db=0.0)
    with pytest.raises(ValueError, match="noise: expected a sound, got silence"):
        add_noise(tone, np.zeros_like(tone), snr_db=0.0)
    with pytest.raises(TypeError, match="waveform: expected float32 or float64 samples, got int16"):
        random_noise(np.zeros(9, np.int16), min_snr_db=0.0, max_snr_db=1.0, rng=rng)
    with pytest.raises(ValueError, match="min_snr_db and max_snr_db: expected a range"):
        random_noise(tone, min_snr_db=2.0, max_snr_db=1.0, rng=rng)
