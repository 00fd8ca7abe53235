import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minser import audio
from minser.features import spectral_bandwidth, spectral_centroid, spectral_rolloff, stft

REFERENCE = Path(__file__).parents[1] / "reference" / "features.npz"
ALL = [spectral_centroid, spectral_bandwidth, spectral_rolloff]
# Both sum some thousand float32 magnitudes, in another order; observed: 6e-7.
ROUNDING = {np.float32: 1e-5, np.float64: 1e-12}


def assert_same_bin(actual, expected, bin_hz):
    """Compare rolloffs: where the share is reached within a rounding of a bin's end, either bin is right."""
    difference = np.abs(actual - expected)
    assert difference.max() <= 1.001 * bin_hz
    assert (difference > 0.5 * bin_hz).mean() <= 0.01


def test_a_tone_lies_at_its_frequency(tone):
    inside = slice(3, -3)  # frames that see no edge of the clip
    centroid = spectral_centroid(tone)[0, inside]
    np.testing.assert_allclose(centroid, 440, atol=1)  # a Hann window's side lobes reach up to 11 kHz
    assert spectral_bandwidth(tone)[0, inside].max() < 30
    np.testing.assert_allclose(spectral_rolloff(tone)[0, inside], 440, atol=2 * 22050 / 2048)  # the window's main lobe


def test_two_equal_bins_have_mean_and_deviation():
    """Cosines on bins 10 and 30 with a rectangular window: centroid 20, deviation 10 (bins are 100 Hz apart)."""
    t = np.arange(2000) / 80
    waveform = np.cos(2 * np.pi * 10 * t) + np.cos(2 * np.pi * 30 * t)
    settings = {"sr": 8000, "n_fft": 80, "hop_length": 80, "window": "rectangular", "center": False}
    np.testing.assert_allclose(spectral_centroid(waveform, **settings), 2000, rtol=1e-10)
    np.testing.assert_allclose(spectral_bandwidth(waveform, **settings), 1000, rtol=1e-10)
    np.testing.assert_allclose(spectral_bandwidth(waveform, p=1, **settings), 1000, rtol=1e-10)
    np.testing.assert_allclose(spectral_bandwidth(waveform, norm=False, p=1, **settings), 80 * 1000, rtol=1e-10)
    assert (spectral_rolloff(waveform, roll_percent=0.4, **settings) == 1000).all()
    assert (spectral_rolloff(waveform, roll_percent=0.6, **settings) == 3000).all()


def test_bandwidth_keeps_its_digits_when_the_spread_is_small():
    """A mean of squares minus a squared mean would lose them: 10 kHz against a few hertz, in float32."""
    t = np.arange(22050) / 22050
    waveform = np.sin(2 * np.pi * 10000 * t).astype(np.float32)
    exact = spectral_bandwidth(waveform.astype(np.float64))[0, 3:-3]
    np.testing.assert_allclose(spectral_bandwidth(waveform)[0, 3:-3], exact, rtol=0.1)  # of 1000 bins of rounding dust


@pytest.mark.parametrize("feature", ALL)
def test_silence_lies_at_zero(feature, silence):
    assert not feature(silence).any()


def test_they_equal_the_stored_reference():
    with np.load(REFERENCE) as reference:
        arguments = {"sr": 8000, "n_fft": 400, "hop_length": 160}
        waveform = reference["waveform"]
        for feature, name in ((spectral_centroid, "centroid"), (spectral_bandwidth, "bandwidth")):
            np.testing.assert_allclose(feature(waveform, **arguments), reference[name], rtol=1e-5, atol=1e-2)
        assert_same_bin(spectral_rolloff(waveform, **arguments), reference["rolloff"], 20)


@given(
    seed=st.integers(0, 99),
    n_samples=st.integers(1, 4000),
    sr=st.sampled_from([8000, 16000, 22050]),
    n_fft=st.integers(16, 600),
    win_share=st.floats(0.3, 1.0),
    hop_length=st.integers(20, 700),
    window=st.sampled_from(["hann", "hamming"]),
    center=st.booleans(),
    norm=st.booleans(),
    p=st.sampled_from([1.0, 2.0, 3.0]),
    roll_percent=st.floats(0.1, 0.95),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_they_equal_librosa(
    seed, n_samples, sr, n_fft, win_share, hop_length, window, center, norm, p, roll_percent, dtype
):
    librosa = pytest.importorskip("librosa")
    assume(center or n_samples >= n_fft)
    waveform = np.random.default_rng(seed).standard_normal((2, n_samples)).astype(dtype)
    arguments = {"sr": sr, "n_fft": n_fft, "hop_length": hop_length, "win_length": int(win_share * n_fft)}
    arguments |= {"window": window, "center": center}
    theirs = librosa.feature
    with warnings.catch_warnings(action="ignore"):  # of clips shorter than a frame
        centroid = theirs.spectral_centroid(y=waveform, **arguments)
        bandwidth = theirs.spectral_bandwidth(y=waveform, norm=norm, p=p, **arguments)
        rolloff = theirs.spectral_rolloff(y=waveform, roll_percent=roll_percent, **arguments)
    np.testing.assert_allclose(spectral_centroid(waveform, **arguments), centroid, rtol=ROUNDING[dtype])
    ours = spectral_bandwidth(waveform, norm=norm, p=p, **arguments)
    np.testing.assert_allclose(ours, bandwidth, rtol=ROUNDING[dtype])
    ours = spectral_rolloff(waveform, roll_percent=roll_percent, **arguments)
    assert_same_bin(ours, rolloff, sr / n_fft)


def test_real_speech_equals_librosa(ravdess):
    librosa = pytest.importorskip("librosa")
    for path in sorted((ravdess / "speech" / "Actor_03").iterdir())[::15]:
        waveform, sr = audio.load(path, sr=22050)
        theirs = librosa.feature
        loud = audio.rms(waveform) > 1e-4  # in digital silence both weigh the dust of the transform
        for ours, expected in (
            (spectral_centroid(waveform, sr=sr), theirs.spectral_centroid(y=waveform, sr=sr)),
            (spectral_bandwidth(waveform, sr=sr), theirs.spectral_bandwidth(y=waveform, sr=sr)),
        ):
            np.testing.assert_allclose(ours[loud], expected[loud], rtol=1e-5)
        ours, expected = spectral_rolloff(waveform, sr=sr), theirs.spectral_rolloff(y=waveform, sr=sr)
        assert_same_bin(ours[loud], expected[loud], sr / 2048)


def test_a_share_of_one_half_splits_the_magnitudes(rng):
    waveform = rng.standard_normal(3000)
    magnitude = np.abs(stft(waveform, n_fft=128, hop_length=500))
    rolloff = spectral_rolloff(waveform, sr=128, n_fft=128, hop_length=500, roll_percent=0.5)[0].astype(int)
    for t, k in enumerate(rolloff):
        assert magnitude[:k, t].sum() < 0.5 * magnitude[:, t].sum() <= magnitude[: k + 1, t].sum()


@pytest.mark.parametrize(
    ("feature", "settings", "message"),
    [
        (spectral_rolloff, {"roll_percent": 85}, "roll_percent: expected a share between 0 and 1, got 85"),
        (spectral_rolloff, {"roll_percent": 0}, "roll_percent: expected a share"),
        (spectral_bandwidth, {"p": 0}, "p: expected a positive number, got 0"),
        (spectral_centroid, {"hop_length": 0}, "hop_length: expected 1 or more"),
        (spectral_centroid, {"pad_mode": "wrap"}, "pad_mode: expected one of"),
        (spectral_centroid, {"n_fft": 101, "center": False}, r"waveform: expected 101 samples or more \(one frame\)"),
    ],
)
def test_impossible_settings_are_refused(feature, settings, message):
    with pytest.raises(ValueError, match=message):
        feature(np.ones(100), **{"n_fft": 64, **settings})
