import warnings
from pathlib import Path

import numpy as np
import pytest
import scipy.fft
from hypothesis import given
from hypothesis import strategies as st

from minser import audio
from minser.features import dct_matrix, delta, melspectrogram, mfcc, power_to_db

REFERENCE = Path(__file__).parents[1] / "reference" / "features.npz"


def assert_near(actual, expected, rounding):
    """Compare against the largest expected value."""
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=0, atol=rounding * np.abs(expected).max(initial=1e-30))


@pytest.mark.parametrize("n", [1, 2, 13, 128])
def test_the_orthonormal_transform_is_a_rotation(n):
    matrix = dct_matrix(n, n)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(n), atol=1e-14 * n)


@pytest.mark.parametrize("norm", ["ortho", None])
def test_the_matrix_is_scipys_transform(norm, rng):
    values = rng.standard_normal((40, 5))
    expected = scipy.fft.dct(values, axis=0, norm=norm)[:13]
    np.testing.assert_allclose(dct_matrix(13, 40, norm=norm) @ values, expected, atol=1e-13)


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


def test_liftering_lifts_the_middle(chirp):
    ratio = mfcc(chirp, n_mfcc=13, lifter=22) / mfcc(chirp, n_mfcc=13)
    expected = 1 + 11 * np.sin(np.pi * np.arange(1, 14) / 22)
    np.testing.assert_allclose(np.median(ratio, axis=1), expected, rtol=1e-4)  # of float32 numbers down to 1e-2


def test_it_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        arguments = {"sr": 8000, "n_fft": 400, "hop_length": 160, "n_mels": 40, "n_mfcc": 13, "lifter": 22}
        # float32 rounding of sums over 40 bands of levels down to -100 dB
        assert_near(mfcc(reference["waveform"], **arguments), reference["mfcc"], 1e-5)
        assert_near(delta(reference["mfcc"]), reference["delta"], 1e-6)
        assert_near(delta(reference["mfcc"], width=7, order=2, mode="nearest"), reference["delta_2"], 1e-6)


@given(
    seed=st.integers(0, 99),
    n_samples=st.integers(500, 4000),
    n_fft=st.integers(256, 600),
    hop_length=st.integers(50, 700),
    center=st.booleans(),
    power=st.sampled_from([1.0, 2.0]),
    n_mels=st.integers(20, 64),
    n_mfcc=st.integers(1, 20),
    norm=st.sampled_from(["ortho", None]),
    lifter=st.sampled_from([0, 22, 5.5]),
    htk=st.booleans(),
    mel_norm=st.sampled_from(["slaney", None]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_it_equals_librosa(
    seed, n_samples, n_fft, hop_length, center, power, n_mels, n_mfcc, norm, lifter, htk, mel_norm, dtype
):
    librosa = pytest.importorskip("librosa")
    n_fft = min(n_fft, n_samples)
    waveform = np.random.default_rng(seed).standard_normal((2, n_samples)).astype(dtype)
    arguments = {"sr": 8000, "n_fft": n_fft, "hop_length": hop_length, "center": center, "power": power}
    arguments |= {"n_mels": n_mels, "n_mfcc": n_mfcc, "norm": norm, "lifter": lifter, "mel_norm": mel_norm}
    with warnings.catch_warnings(action="ignore"):  # of empty filters
        ours = mfcc(waveform, mel_scale="htk" if htk else "slaney", **arguments)
        theirs = np.stack([librosa.feature.mfcc(y=clip, htk=htk, dtype=dtype, **arguments) for clip in waveform])
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


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_derivative_of_a_polynomial_is_exact(order):
    t = np.arange(30.0)
    feature = np.stack([t**order, 5 - 2 * t**order])
    factorial = [1, 1, 2, 6][order]
    expected = np.repeat([[factorial], [-2.0 * factorial]], 30, axis=1)
    np.testing.assert_allclose(delta(feature, order=order), expected, rtol=1e-8)  # cancels values up to 3e4


def test_the_slope_is_furuis_weighted_difference(rng):
    feature = rng.standard_normal(40)
    expected = sum(n * (feature[20 + n] - feature[20 - n]) for n in range(1, 5)) / (2 * (1 + 4 + 9 + 16))
    np.testing.assert_allclose(delta(feature)[20], expected, rtol=1e-12)


@given(
    seed=st.integers(0, 99),
    n_frames=st.integers(11, 40),
    width=st.sampled_from([5, 7, 9, 11]),
    order=st.integers(1, 3),
    axis=st.sampled_from([-1, 0, 1]),
    mode=st.sampled_from(["interp", "nearest", "mirror", "constant", "wrap"]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_deltas_equal_librosa(seed, n_frames, width, order, axis, mode, dtype):
    librosa = pytest.importorskip("librosa")
    feature = np.random.default_rng(seed).standard_normal((n_frames, n_frames + 1, n_frames + 2)).astype(dtype)
    before = feature.copy()
    ours = delta(feature, width=width, order=order, axis=axis, mode=mode)
    theirs = librosa.feature.delta(feature, width=width, order=order, axis=axis, mode=mode)
    assert ours.dtype == dtype
    assert_near(ours, theirs, 1e-5 if dtype == np.float32 else 1e-10)  # librosa fits the edges in float32
    np.testing.assert_array_equal(feature, before)


@pytest.mark.parametrize(
    ("function", "settings", "error", "message"),
    [
        (mfcc, {"n_mfcc": 129}, ValueError, "n_out: expected n_in=128 or less, got 129"),
        (mfcc, {"n_mfcc": 0}, ValueError, "n_out: expected 1 or more, got 0"),
        (mfcc, {"lifter": -1}, ValueError, "lifter: expected 0 or more, got -1"),
        (mfcc, {"norm": "backward"}, ValueError, "norm: expected 'ortho' or None, got 'backward'"),
        (mfcc, {"mel_norm": "area"}, ValueError, "norm: expected 'slaney', None or a positive number"),
        (delta, {"width": 8}, ValueError, "width: expected an odd number of 3 or more, above order=1, got 8"),
        (delta, {"width": 3, "order": 3}, ValueError, "above order=3, got 3"),
        (delta, {"order": 0}, ValueError, "order: expected 1 or more, got 0"),
        (delta, {"mode": "edge"}, ValueError, "mode: expected one of interp, nearest, .* got 'edge'"),
        (delta, {"width": 901, "axis": 0}, ValueError, "feature: expected 901 frames .* mode 'interp', got 900"),
    ],
)
def test_impossible_settings_are_refused(function, settings, error, message):
    with pytest.raises(error, match=message):
        function(np.ones(900), **settings)


@pytest.mark.parametrize("feature", [np.zeros((3, 20), dtype=int), [0.0] * 20, np.array(1.0)])
def test_a_feature_is_a_float_array(feature):
    with pytest.raises(TypeError, match="feature: expected an array of real floats"):
        delta(feature)
