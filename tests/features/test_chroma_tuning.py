from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser import audio
from minser.features import chroma_stft, stft
from minser.features.chroma import find_tuning

REFERENCE = Path(__file__).parents[1] / "reference" / "features.npz"


def tuning_of(waveform, *, sr=22050, n_fft=2048):
    """Find the tuning of one clip."""
    return find_tuning(np.abs(stft(waveform, n_fft=n_fft, hop_length=n_fft // 4)).T, sr=sr, n_fft=n_fft)


def chord(cents):
    """A major in three octaves, so many cents above A = 440 Hz, one second."""
    t = np.arange(22050) / 22050
    semitones = np.array([[-12], [-5], [0], [4], [7]]) + cents / 100
    return np.sin(2 * np.pi * 440 * 2 ** (semitones / 12) * t).sum(axis=0)


@pytest.mark.parametrize("cents", [-49, -30, -7, 0, 12, 45])
def test_the_tuning_of_a_chord_is_found(cents):
    found = tuning_of(chord(cents), n_fft=4096)
    np.testing.assert_allclose(found, cents / 100, atol=0.02)  # a parabola is not quite the window's main lobe


def test_every_clip_of_a_batch_has_its_own_tuning():
    batch = np.stack([chord(cents) for cents in (-30, 20)])
    np.testing.assert_array_equal(chroma_stft(batch)[1], chroma_stft(batch[1]))


def test_silence_and_a_whistle_above_the_range_have_none(silence):
    assert tuning_of(silence) == 0
    assert tuning_of(np.sin(2 * np.pi * 9000 * np.arange(22050) / 22050), n_fft=512) == 0


def test_it_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        assert tuning_of(reference["waveform"], sr=8000) == pytest.approx(reference["tuning"])


@given(
    seed=st.integers(0, 99),
    n_samples=st.integers(3000, 9000),
    sr=st.sampled_from([8000, 16000, 22050]),
    n_fft=st.integers(500, 2100),
)
def test_the_tuning_estimate_equals_librosa(seed, n_samples, sr, n_fft):
    """In float64: near a tie of two bars, float32 rounding decides."""
    librosa = pytest.importorskip("librosa")
    waveform = np.random.default_rng(seed).standard_normal(n_samples)
    arguments = {"sr": sr, "n_fft": n_fft}
    expected = librosa.estimate_tuning(y=waveform, **arguments)
    assert tuning_of(waveform, **arguments) == pytest.approx(expected)


def test_real_speech_equals_librosa(ravdess):
    librosa = pytest.importorskip("librosa")
    for path in sorted((ravdess / "speech" / "Actor_03").iterdir())[::15]:
        waveform, sr = audio.load(path, sr=22050)
        waveform = waveform.astype(np.float64)
        assert tuning_of(waveform, sr=sr) == pytest.approx(librosa.estimate_tuning(y=waveform, sr=sr))
