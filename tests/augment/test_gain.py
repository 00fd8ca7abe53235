import numpy as np
import pytest

from minser.augment import apply_gain


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("gain_db", "factor"), [(0.0, 1.0), (20.0, 10.0), (-40.0, 0.01), (6.0, 1.9952623)])
def test_decibels_are_factors(tone, dtype, gain_db, factor):
    waveform = tone.astype(dtype)
    changed = apply_gain(waveform, gain_db=gain_db)
    assert changed.dtype == dtype
    np.testing.assert_allclose(changed, factor * waveform, rtol=3e-7)  # float32 rounding, and the factor's eight digits
    assert not np.shares_memory(changed, waveform)


def test_impossible_arguments_are_refused(tone):
    with pytest.raises(ValueError, match="waveform: expected at least one sample"):
        apply_gain(tone[:0], gain_db=0.0)
