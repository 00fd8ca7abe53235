import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import scipy.fft
from hypothesis import given
from hypothesis import strategies as st

from minser import audio
from minser.features import dct_matrix, delta, melspectrogram, mfcc, power_to_db
from tests.librosa_versions import of_each_clip

REFERENCE = Path(__file__).parents[1] / "reference" / "features.npz"


def assert_near(actual, expected, rounding):
    """Compare against the largest expected value."""
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=0, atol=rounding * np.abs(expected).max(initial=1e-30))


@pytest.mark.parametrize("n", [1, 2, 13, 128])
def test_the_orthonormal_transform_is_a_rotation(n):
    matrix = dct_matrix(n, n)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(n), atol=1e-14 * n)


def test_the_matrix_is_scipys_transform(rng):
    values = rng.standard_normal((40, 5))
    expected = scipy.fft.dct(values, axis=0, norm="ortho")[:13]
    np.testing.assert_allclose(dct_matrix(13, 40) @ values, expected, atol=1e-13)


def test_the_matrix_is_built_once_and_read_only():
    assert dct_matrix(13, 40) is dct_matrix(13, 40)
    assert not dct_matrix(13, 40).flags.writeable


def test_the_first_coefficient_is_the_level(chirp):
    level = power_to_db(melspectrogram(chirp, n_mels=40)).mean(axis=0)
    np.testing.assert_allclose(mfcc(chirp, n_mels=40, n_mfcc=1)[0], np.sqrt(40) * level, rtol=1e-5)  # float32


def test_gain_changes_the_first_coefficient_only(rng):
    waveform = rng.standard_normal(8000)
    change = mfcc(10 * waveform) - mfcc(waveform)
    np.testing.assert_allclose(change[0], 20 * np.sqrt(128), rtol=1e-9)
    np.testing.assert_allclose(change[1:], 0, atol=1e-9)


def test_it_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        arguments = {"sr": 8000, "n_fft": 512, "hop_length": 160, "win_length": 400, "pad_mode": "reflect"}
        # float32 rounding of sums over 40 bands of levels down to -100 dB
        assert_near(mfcc(reference["waveform"], n_mels=40, n_mfcc=13, **arguments), reference["mfcc"], 1e-5)
        assert_near(delta(reference["mfcc"]), reference["delta"], 1e-6)
        assert_near(delta(reference["mfcc"], mode="nearest"), reference["delta_nearest"], 1e-6)


@given(
    seed=st.integers(0, 99),
    n_samples=st.integers(500, 4000),
    n_fft=st.integers(256, 600),
    win_share=st.floats(0.3, 1.0),
    hop_length=st.integers(50, 700),
    center=st.booleans(),
    n_mels=st.integers(20, 64),
    n_mfcc=st.integers(1, 20),
    htk=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_it_equals_librosa(seed, n_samples, n_fft, win_share, hop_length, center, n_mels, n_mfcc, htk, dtype):
    librosa = pytest.importorskip("librosa")
    n_fft = min(n_fft, n_samples)
    loudness = np.array([[1.0], [1e-3]])
    waveform = (loudness * np.random.default_rng(seed).standard_normal((2, n_samples))).astype(dtype)
    arguments = {"sr": 8000, "n_fft": n_fft, "hop_length": hop_length, "center": center}
    arguments |= {"win_length": int(win_share * n_fft), "n_mels": n_mels, "n_mfcc": n_mfcc}
    with warnings.catch_warnings(action="ignore"):  # of empty filters
        ours = mfcc(waveform, mel_scale="htk" if htk else "slaney", **arguments)
        function = partial(librosa.feature.mfcc, htk=htk, dtype=dtype, **arguments)
        theirs = of_each_clip(librosa, lambda clips: function(y=clips), waveform)
    assert ours.dtype == dtype
    # Levels of -100 to 30 dB; a band may be 1e-3 of the peak, known to 1e-4 of itself in float32. Observed: 3e-6.
    assert_near(ours, theirs, 2e-5 if dtype == np.float32 else 1e-10)


def test_real_speech_equals_librosa(ravdess):
    librosa = pytest.importorskip("librosa")
    for path in sorted((ravdess / "speech" / "Actor_03").iterdir())[::15]:
        waveform, sr = audio.load(path, sr=22050)
        expected = librosa.feature.mfcc(y=waveform, sr=sr, n_mfcc=13)
        assert_near(mfcc(waveform, sr=sr, n_mfcc=13), expected, 1e-5)  # as above
        assert_near(delta(expected), librosa.feature.delta(expected), 2e-6)  # librosa fits the edges in float32


def test_the_slope_of_a_line_is_exact():
    feature = np.stack([3 * np.arange(30.0), 5 - 2 * np.arange(30.0)])
    np.testing.assert_allclose(delta(feature), np.repeat([[3.0], [-2.0]], 30, axis=1), rtol=1e-8)


def test_the_slope_is_furuis_weighted_difference(rng):
    feature = rng.standard_normal(40)
    expected = sum(n * (feature[20 + n] - feature[20 - n]) for n in range(1, 5)) / (2 * (1 + 4 + 9 + 16))
    np.testing.assert_allclose(delta(feature)[20], expected, rtol=1e-12)


@given(
    seed=st.integers(0, 99),
    n_frames=st.integers(9, 40),
    mode=st.sampled_from(["interp", "nearest"]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_deltas_equal_librosa(seed, n_frames, mode, dtype):
    librosa = pytest.importorskip("librosa")
    feature = np.random.default_rng(seed).standard_normal((2, 3, n_frames)).astype(dtype)
    before = feature.copy()
    ours, theirs = delta(feature, mode=mode), librosa.feature.delta(feature, mode=mode)
    assert ours.dtype == dtype
    assert_near(ours, theirs, 1e-5 if dtype == np.float32 else 1e-10)  # librosa fits the edges in float32
    np.testing.assert_array_equal(feature, before)


@pytest.mark.parametrize(
    ("function", "settings", "error", "message"),
    [
        (mfcc, {"n_mfcc": 129}, ValueError, "n_out: expected n_in=128 or less, got 129"),
        (mfcc, {"n_mfcc": 0}, ValueError, "n_out: expected 1 or more, got 0"),
        (delta, {"mode": "edge"}, ValueError, "mode: expected interp or nearest, got 'edge'"),
    ],
)
def test_impossible_settings_are_refused(function, settings, error, message):
    with pytest.raises(error, match=message):
        function(np.ones(900), **settings)


@pytest.mark.parametrize("feature", [np.zeros((3, 20), dtype=int), [0.0] * 20, np.array(1.0)])
def test_a_feature_is_a_float_array(feature):
    with pytest.raises(TypeError, match="feature: expected an array of real floats"):
        delta(feature)


@pytest.mark.parametrize(("mode", "n_frames"), [("interp", 8), ("nearest", 0)])
def test_a_slope_needs_frames(mode, n_frames):
    with pytest.raises(ValueError, match=f"feature: expected {9 if n_frames else 1} frames .* mode '{mode}', got"):
        delta(np.zeros((3, n_frames)), mode=mode)
