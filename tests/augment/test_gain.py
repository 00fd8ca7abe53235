import numpy as np
import pytest

from minser.augment import apply_gain, random_gain


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("gain_db", "factor"), [(0.0, 1.0), (20.0, 10.0), (-40.0, 0.01), (6.0, 1.9952623)])
def test_decibels_are_factors(tone, dtype, gain_db, factor):
    waveform = tone.astype(dtype)
    changed = apply_gain(waveform, gain_db=gain_db)
    assert changed.dtype == dtype
    np.testing.assert_allclose(changed, factor * waveform, rtol=3e-7)  # float32 rounding, and the factor's eight digits
    assert not np.shares_memory(changed, waveform)


def test_what_is_drawn_is_applied_and_stays_in_its_range(tone):
    gains_db = []
    for seed in range(200):
        changed = random_gain(tone, min_gain_db=-12.0, max_gain_db=6.0, rng=np.random.default_rng(seed))
        gain_db = np.random.default_rng(seed).uniform(-12.0, 6.0)
        np.testing.assert_array_equal(changed, apply_gain(tone, gain_db=gain_db))
        gains_db.append(gain_db)
    assert min(gains_db) < -11.0  # 200 draws miss an eighteenth of the range once in 90,000 times
    assert max(gains_db) > 5.0


def test_impossible_arguments_are_refused(tone, rng):
    with pytest.raises(ValueError, match="min_gain_db and max_gain_db: expected a range"):
        random_gain(tone, min_gain_db=2.0, max_gain_db=1.0, rng=rng)
    with pytest.raises(ValueError, match="waveform: expected at least one sample"):
        apply_gain(tone[:0], gain_db=0.0)
