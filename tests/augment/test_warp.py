import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.augment import freq_warp, time_warp
from minser.features import band_centres, melspectrogram

DTYPES = [np.float32, np.float64]


@given(
    seed=st.integers(0, 99),
    n_bins=st.integers(1, 20),
    n_frames=st.integers(1, 30),
    channels=st.integers(0, 3),
    factor=st.floats(0.5, 2.0),
    dtype=st.sampled_from(DTYPES),
)
def test_it_is_numpys_interpolation_line_by_line(seed, n_bins, n_frames, channels, factor, dtype):
    shape = (n_bins, n_frames, channels) if channels else (n_bins, n_frames)
    feature = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    before = feature.copy()
    for warped, axis, size in [
        (freq_warp(feature, factor=factor), 0, n_bins),
        (time_warp(feature, factor=factor), 1, max(1, round(factor * n_frames))),
    ]:
        places = np.arange(size) / factor
        expected = np.apply_along_axis(lambda line: np.interp(places, np.arange(len(line)), line), axis, feature)  # noqa: B023 - called at once
        assert warped.dtype == dtype
        assert warped.shape == expected.shape
        np.testing.assert_allclose(warped, expected, atol=2e-6 if dtype == np.float32 else 1e-13)
    np.testing.assert_array_equal(feature, before)


def test_factor_one_changes_nothing(rng):
    feature = rng.standard_normal((5, 8, 2))
    for warped in (freq_warp(feature, factor=1.0), time_warp(feature, factor=1.0)):
        np.testing.assert_array_equal(warped, feature)
        assert not np.shares_memory(warped, feature)


def test_what_is_read_far_behind_the_axis_is_its_last_cell(rng):
    feature = rng.standard_normal((5, 8))
    warped = freq_warp(feature, factor=1e-30)  # reads bin 1e30, which no integer holds
    np.testing.assert_array_equal(warped, feature[[0, 4, 4, 4, 4]])


def test_on_a_frequency_axis_in_hertz_everything_moves_by_the_factor():
    bins = np.arange(100.0)
    formant = np.exp(-0.5 * ((bins - 40) / 2) ** 2)[:, np.newaxis]
    for factor in (0.9, 1.1):
        assert freq_warp(formant, factor=factor)[:, 0].argmax() == round(40 * factor)


@pytest.mark.parametrize(("from_hz", "percent"), [(500.0, 10.0), (3000.0, 24.0)])
def test_on_mel_bands_high_formants_move_by_more(from_hz, percent):
    """The figures of the docstring: an axis that carries its own frequencies shows which one is read where."""
    n_mels = 2000  # so many that the first band lies near 0 Hz
    centres_hz = band_centres(n_mels, fmin=0.0, fmax=11025.0)
    read_hz = freq_warp(centres_hz[:, np.newaxis], factor=1.1)[:, 0]
    to_hz = centres_hz[np.abs(read_hz - from_hz).argmin()]
    assert 100 * (to_hz / from_hz - 1) == pytest.approx(percent, abs=0.5)


def test_stretched_time_is_a_slower_sound(chirp):
    """A sweep twice as slow, by its own samples and by its feature."""
    t = np.arange(2 * len(chirp)) / 22050
    slow = 0.5 * np.sin(2 * np.pi * (100 * t + 3950 / 2 * t**2))
    peak_of_slow = melspectrogram(slow, n_mels=40, hop_length=512).argmax(axis=0)
    peak_of_warped = time_warp(melspectrogram(chirp, n_mels=40, hop_length=512), factor=2.0).argmax(axis=0)
    inside = slice(4, 80)
    assert np.abs(peak_of_slow[inside] - peak_of_warped[inside]).max() <= 1


@pytest.mark.parametrize("warp", [freq_warp, time_warp])
def test_impossible_arguments_are_refused(warp):
    feature = np.ones((3, 4))
    with pytest.raises(ValueError, match="feature: expected"):
        warp(feature[0], factor=1.0)
    with pytest.raises(ValueError, match="factor: expected a positive number, got 0"):
        warp(feature, factor=0)
