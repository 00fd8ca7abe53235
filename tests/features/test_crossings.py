from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minser import audio
from minser.features import zero_crossing_rate

REFERENCE = Path(__file__).parents[1] / "reference" / "features.npz"


def test_a_square_wave_crosses_twice_in_a_period():
    square = np.where(np.arange(4000) // 25 % 2, -1.0, 1.0)  # a change every 25 samples
    rate = zero_crossing_rate(square, frame_length=1000, hop_length=250, center=False)
    assert rate.shape == (1, 13)
    np.testing.assert_array_equal(rate, 39 / 1000)  # changes inside 1000 samples that start at a change


def test_a_tone_crosses_twice_in_a_period(tone):
    np.testing.assert_allclose(zero_crossing_rate(tone)[0, 3:-3], 2 * 440 / 22050, atol=1 / 2048)  # one crossing


@pytest.mark.parametrize("waveform", [np.zeros(3000), np.ones(3000), -np.ones(1), np.full(3000, -1e-11)])
def test_what_has_one_sign_never_crosses(waveform):
    assert not zero_crossing_rate(waveform).any()


def test_small_samples_count_as_zero():
    waveform = 0.1 * (-1.0) ** np.arange(3000)
    assert not zero_crossing_rate(waveform, threshold=0.1).any()
    assert zero_crossing_rate(waveform, threshold=0.09)[0, 2] == 2047 / 2048


def test_it_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        rate = zero_crossing_rate(reference["waveform"], frame_length=400, hop_length=160)
        np.testing.assert_allclose(rate, reference["zero_crossing_rate"], rtol=1e-7)  # stored in float64


@given(
    seed=st.integers(0, 99),
    n_samples=st.integers(1, 3000),
    frame_length=st.integers(1, 600),
    hop_length=st.integers(1, 700),
    center=st.booleans(),
    threshold=st.sampled_from([1e-10, 0.3, 0.0]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_it_equals_librosa(seed, n_samples, frame_length, hop_length, center, threshold, dtype):
    librosa = pytest.importorskip("librosa")
    assume(center or n_samples >= frame_length)
    waveform = np.random.default_rng(seed).standard_normal((2, n_samples)).astype(dtype)
    arguments = {"frame_length": frame_length, "hop_length": hop_length, "center": center, "threshold": threshold}
    rate = zero_crossing_rate(waveform, **arguments)
    assert rate.dtype == dtype
    expected = librosa.feature.zero_crossing_rate(waveform, **arguments)
    np.testing.assert_allclose(rate, expected, rtol=np.finfo(dtype).eps)  # counts are exact, their ratio is rounded


def test_real_speech_equals_librosa(ravdess):
    librosa = pytest.importorskip("librosa")
    for path in sorted((ravdess / "speech" / "Actor_03").iterdir())[::15]:
        waveform, _ = audio.load(path, sr=22050)
        expected = librosa.feature.zero_crossing_rate(waveform)
        np.testing.assert_allclose(zero_crossing_rate(waveform), expected, rtol=1e-7)  # rounded to float32


@pytest.mark.parametrize("settings", [{"frame_length": 0}, {"hop_length": 0}, {"frame_length": 200, "center": False}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ValueError, match="expected"):
        zero_crossing_rate(np.ones(100), **settings)
