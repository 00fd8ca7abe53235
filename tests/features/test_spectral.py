import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minser import audio
from minser.features import spectral_centroid

REFERENCE = Path(__file__).parents[1] / "reference" / "features.npz"
# Both sum some thousand float32 magnitudes, in another order; observed: 6e-7.
ROUNDING = {np.float32: 1e-5, np.float64: 1e-12}


def test_a_tone_lies_at_its_frequency(tone):
    inside = slice(3, -3)  # frames that see no edge of the clip
    centroid = spectral_centroid(tone)[0, inside]
    np.testing.assert_allclose(centroid, 440, atol=1)  # a Hann window's side lobes reach up to 11 kHz


def test_two_equal_bins_have_their_mean():
    """Cosines on bins 10 and 30 with a rectangular window: centroid 20 (bins are 100 Hz apart)."""
    t = np.arange(2000) / 80
    waveform = np.cos(2 * np.pi * 10 * t) + np.cos(2 * np.pi * 30 * t)
    settings = {"sr": 8000, "n_fft": 80, "hop_length": 80, "window": "rectangular", "center": False}
    np.testing.assert_allclose(spectral_centroid(waveform, **settings), 2000, rtol=1e-10)


def test_silence_lies_at_zero(silence):
    assert not spectral_centroid(silence).any()


def test_it_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        arguments = {"sr": 8000, "n_fft": 512, "hop_length": 160, "win_length": 400, "pad_mode": "reflect"}
        waveform = reference["waveform"]
        centroid = spectral_centroid(waveform, **arguments)
        np.testing.assert_allclose(centroid, reference["centroid"], rtol=1e-5, atol=1e-2)


@given(
    seed=st.integers(0, 99),
    n_samples=st.integers(1, 4000),
    sr=st.sampled_from([8000, 16000, 22050]),
    n_fft=st.integers(16, 600),
    win_share=st.floats(0.3, 1.0),
    hop_length=st.integers(20, 700),
    window=st.sampled_from(["hann", "hamming"]),
    center=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_it_equals_librosa(seed, n_samples, sr, n_fft, win_share, hop_length, window, center, dtype):
    librosa = pytest.importorskip("librosa")
    assume(center or n_samples >= n_fft)
    waveform = np.random.default_rng(seed).standard_normal((2, n_samples)).astype(dtype)
    arguments = {"sr": sr, "n_fft": n_fft, "hop_length": hop_length, "win_length": int(win_share * n_fft)}
    arguments |= {"window": window, "center": center}
    with warnings.catch_warnings(action="ignore"):  # of clips shorter than a frame
        centroid = librosa.feature.spectral_centroid(y=waveform, **arguments)
    np.testing.assert_allclose(spectral_centroid(waveform, **arguments), centroid, rtol=ROUNDING[dtype])


def test_real_speech_equals_librosa(ravdess):
    librosa = pytest.importorskip("librosa")
    for path in sorted((ravdess / "speech" / "Actor_03").iterdir())[::15]:
        waveform, sr = audio.load(path, sr=22050)
        loud = audio.rms(waveform) > 1e-4  # in digital silence it weighs the dust of the transform
        expected = librosa.feature.spectral_centroid(y=waveform, sr=sr)
        np.testing.assert_allclose(spectral_centroid(waveform, sr=sr)[loud], expected[loud], rtol=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hop_length": 0}, "hop_length: expected 1 or more"),
        ({"pad_mode": "wrap"}, "pad_mode: expected one of"),
        ({"n_fft": 101, "center": False}, r"waveform: expected 101 samples or more \(one frame\)"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        spectral_centroid(np.ones(100), **{"n_fft": 64, **settings})
