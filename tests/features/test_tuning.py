from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser import audio
from minser.features import chroma_stft, estimate_tuning

REFERENCE = Path(__file__).parents[1] / "reference" / "features.npz"


def chord(cents):
    """A major in three octaves, so many cents above A = 440 Hz, one second."""
    t = np.arange(22050) / 22050
    semitones = np.array([[-12], [-5], [0], [4], [7]]) + cents / 100
    return np.sin(2 * np.pi * 440 * 2 ** (semitones / 12) * t).sum(axis=0)


@pytest.mark.parametrize("cents", [-49, -30, -7, 0, 12, 45])
def test_the_tuning_of_a_chord_is_found(cents):
    found = estimate_tuning(chord(cents), n_fft=4096)
    np.testing.assert_allclose(found, cents / 100, atol=0.02)  # a parabola is not quite the window's main lobe


def test_every_clip_of_a_batch_has_its_own_tuning():
    batch = np.stack([chord(cents) for cents in (-30, 20)])
    assert estimate_tuning(batch).shape == (2,)
    np.testing.assert_array_equal(estimate_tuning(batch), [estimate_tuning(clip) for clip in batch])
    np.testing.assert_array_equal(chroma_stft(batch)[1], chroma_stft(batch[1]))


def test_silence_and_a_whistle_above_the_range_have_none(silence):
    assert estimate_tuning(silence) == 0
    assert estimate_tuning(np.sin(2 * np.pi * 9000 * np.arange(22050) / 22050), n_fft=512) == 0


def test_it_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        assert estimate_tuning(reference["waveform"], sr=8000) == pytest.approx(reference["tuning"])


@given(
    seed=st.integers(0, 99),
    n_samples=st.integers(3000, 9000),
    sr=st.sampled_from([8000, 16000, 22050]),
    n_fft=st.integers(500, 2100),
    resolution=st.sampled_from([0.01, 0.05]),
    bins_per_octave=st.sampled_from([12, 24]),
)
def test_the_tuning_estimate_equals_librosa(seed, n_samples, sr, n_fft, resolution, bins_per_octave):
    """In float64: near a tie of two bars, float32 rounding decides."""
    librosa = pytest.importorskip("librosa")
    waveform = np.random.default_rng(seed).standard_normal(n_samples)
    arguments = {"sr": sr, "n_fft": n_fft, "resolution": resolution, "bins_per_octave": bins_per_octave}
    expected = librosa.estimate_tuning(y=waveform, **arguments)
    assert estimate_tuning(waveform, **arguments) == pytest.approx(expected)


def test_real_speech_equals_librosa(ravdess):
    librosa = pytest.importorskip("librosa")
    for path in sorted((ravdess / "speech" / "Actor_03").iterdir())[::15]:
        waveform, sr = audio.load(path, sr=22050)
        waveform = waveform.astype(np.float64)
        assert estimate_tuning(waveform, sr=sr) == pytest.approx(librosa.estimate_tuning(y=waveform, sr=sr))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"resolution": 1}, "resolution: expected a share between 0 and 1, got 1"),
        ({"bins_per_octave": 0}, "bins_per_octave: expected 1 or more, got 0"),
        ({"sr": 0}, "sr: expected 1 or more, got 0"),
        ({"n_fft": 0}, "n_fft: expected 1 or more, got 0"),
    ],
)
def test_impossible_settings_are_refused(tone, settings, message):
    with pytest.raises(ValueError, match=message):
        estimate_tuning(tone, **{"hop_length": 512, **settings})
