import numpy as np
import pytest

from minser.augment.gallery import augmented_spectrograms, augmented_waveforms

SR = 22050


def test_waveforms_are_changed_by_what_their_names_say(tone, rng):
    changed = augmented_waveforms(tone, sr=SR, rng=rng)
    original, noisy, softer, later, slower, higher = changed.values()
    assert original is tone
    noise = noisy - tone
    np.testing.assert_allclose(10 * np.log10(np.mean(tone**2) / np.mean(noise**2)), 10, atol=0.01)  # float32 sums
    np.testing.assert_allclose(softer, tone * 10 ** (-12 / 20), rtol=1e-6)
    np.testing.assert_array_equal(later[SR // 10 :], tone[: -(SR // 10)])
    assert not later[: SR // 10].any()
    assert slower.size == round(tone.size / 0.8)
    spectrum = np.abs(np.fft.rfft(higher * np.hanning(higher.size)))
    np.testing.assert_allclose(spectrum.argmax(), 440 * 2 ** (4 / 12), atol=2)  # bins of 1 Hz


def test_spectrograms_are_changed_by_what_their_names_say(rng):
    level, other = rng.uniform(-70, 0, size=(2, 12, 30))
    changed = augmented_spectrograms(level, other)
    assert list(changed)[1:3] == ["time mask: 5 frames", "frequency mask: 2 bands"]
    original, in_time, in_frequency, filtered, brighter, flatter, warped, slower, mixed = changed.values()
    assert original is level
    assert ((in_time == level.min()).all(axis=0)).sum() == 5
    assert ((in_frequency == level.min()).all(axis=1)).sum() == 2
    np.testing.assert_allclose(filtered - level, np.repeat(np.linspace(10, -10, 12)[:, np.newaxis], 30, axis=1))
    np.testing.assert_allclose(brighter, level + 10)
    np.testing.assert_allclose(flatter.std(), 0.6 * level.std())
    np.testing.assert_allclose(warped[6], level[5])  # bin 5 went to bin 6
    assert slower.shape == (12, 36)
    np.testing.assert_allclose(mixed, 0.6 * level + 0.4 * other)


def test_what_cannot_be_mixed_is_refused(rng):
    level = rng.uniform(-70, 0, size=(12, 30))
    with pytest.raises(TypeError, match="second: expected float32 or float64, got int64"):
        augmented_spectrograms(level, level.astype(int))
    with pytest.raises(ValueError, match="first and second: expected one shape"):
        augmented_spectrograms(level, level[:, :-1])
