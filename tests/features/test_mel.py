import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minser import audio
from minser.features import blocks, mel_filterbank, melspectrogram, power_to_db, stft

REFERENCE = Path(__file__).parents[1] / "reference" / "sound.npz"
drawn = settings(max_examples=60, deadline=None, derandomize=True)
band_limits = st.one_of(
    st.just((0.0, None)),
    st.tuples(st.integers(0, 3000), st.integers(3100, 4000)),
)


def test_filters_are_triangles_between_neighbouring_centres():
    """At 1 Hz per bin and htk's scale, rebuilt by interpolation through (low, 0), (centre, 2 / width), (high, 0)."""
    filters = mel_filterbank(sr=8000, n_fft=8000, n_mels=10, mel_scale="htk", dtype=np.float64)
    corners = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 4000 / 700), 12) / 2595) - 1)
    for i, weights in enumerate(filters):
        expected = np.interp(np.arange(4001), corners[i : i + 3], [0, 2 / (corners[i + 2] - corners[i]), 0])
        np.testing.assert_allclose(weights, expected, atol=1e-10)


def test_slaneys_norm_gives_every_filter_area_one():
    filters = mel_filterbank(sr=16000, n_fft=16000, n_mels=20, dtype=np.float64)
    np.testing.assert_allclose(filters.sum(axis=1), 1.0, rtol=1e-4)  # a sum at 1 Hz for the integral


def test_filters_equal_the_stored_reference():
    with np.load(REFERENCE) as reference:
        slaney = mel_filterbank(sr=8000, n_fft=400, n_mels=24)
        htk = mel_filterbank(sr=8000, n_fft=400, n_mels=24, fmin=100, fmax=3500, mel_scale="htk")
        # float32 rounding, in librosa twice; at the foot of a triangle against its height
        np.testing.assert_allclose(slaney, reference["filters_slaney"], rtol=3e-7, atol=1e-9)
        np.testing.assert_allclose(htk, reference["filters_htk"], rtol=3e-7, atol=1e-7)


@drawn
@given(
    sr=st.sampled_from([8000, 16000, 22050, 48000]),
    n_fft=st.integers(16, 2100),
    n_mels=st.integers(1, 140),
    limits=band_limits,
    htk=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_filters_equal_librosa(sr, n_fft, n_mels, limits, htk, dtype):
    librosa = pytest.importorskip("librosa")
    arguments = {"sr": sr, "n_fft": n_fft, "n_mels": n_mels, "dtype": dtype}
    arguments |= {"fmin": limits[0], "fmax": limits[1]}
    with warnings.catch_warnings(action="ignore"):  # of empty filters
        filters = mel_filterbank(mel_scale="htk" if htk else "slaney", **arguments)
        expected = librosa.filters.mel(htk=htk, **arguments)
    assert filters.dtype == dtype
    eps = np.finfo(dtype).eps
    # At its foot a triangle is a difference of near-equal frequencies; minser takes 1e-10 for zero there.
    np.testing.assert_allclose(filters, expected, rtol=4 * eps, atol=max(4 * eps, 1e-10) * max(expected.max(), 1e-3))


def test_the_filters_are_built_once_and_read_only():
    filters = mel_filterbank(sr=8000, n_fft=400, n_mels=24)
    assert mel_filterbank(sr=8000, n_fft=400, n_mels=24) is filters
    assert not filters.flags.writeable


def test_a_bin_on_a_corner_counts_as_outside():
    """The last filter ends at the last bin, where rounding may leave 1e-16: that is nothing."""
    with pytest.warns(UserWarning, match="stay empty"):
        filters = mel_filterbank(sr=48000, n_fft=28, n_mels=113)
    assert not filters[-1].any()


def test_empty_filters_are_announced():
    with pytest.warns(UserWarning, match=r"\d+ of 100 mel filters lie between two bins of n_fft=200"):
        filters = mel_filterbank(sr=22050, n_fft=200, n_mels=100)
    empty = ~filters.any(axis=1)
    assert empty.any()
    waveform = np.random.default_rng(0).standard_normal(900).astype(np.float32)
    mel = melspectrogram(waveform, n_fft=200, hop_length=100, n_mels=100)
    assert not mel[empty].any()
    assert mel[~empty].all()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"fmax": 4001.0}, ValueError, r"0 <= fmin < fmax <= sr / 2 = 4000\.0, got fmin=0\.0, fmax=4001"),
        ({"fmin": 3000.0, "fmax": 3000.0}, ValueError, r"got fmin=3000\.0, fmax=3000\.0"),
        ({"fmin": -1.0}, ValueError, "got fmin=-1"),
        ({"fmin": float("nan")}, ValueError, "got fmin=nan"),
        ({"n_mels": 0}, ValueError, "n_mels: expected 1 or more, got 0"),
        ({"n_mels": 24.0}, TypeError, "n_mels: expected an integer"),
        ({"sr": 0}, ValueError, "sr: expected 1 or more, got 0"),
        ({"mel_scale": "bark"}, ValueError, "mel_scale: expected one of slaney, htk, got 'bark'"),
        ({"dtype": np.int32}, TypeError, "dtype: expected float32 or float64, got int32"),
    ],
)
def test_impossible_filters_are_refused(settings, error, message):
    arguments = {"sr": 8000, "n_fft": 400, "n_mels": 24, **settings}
    with pytest.raises(error, match=message):
        mel_filterbank(**arguments)
    if "dtype" not in settings:  # a spectrogram takes it from the waveform
        with pytest.raises(error, match=message):
            melspectrogram(np.zeros(900), hop_length=100, **arguments)


@pytest.mark.parametrize("n_mels", [1, 16, 40])
def test_it_is_filters_times_power(n_mels):
    """The readable twin: the whole spectrogram, one dense matrix product."""
    waveform = np.random.default_rng(0).standard_normal((3, 4000))
    arguments = {"n_fft": 400, "hop_length": 130, "win_length": 300, "window": "hamming"}
    mel = melspectrogram(waveform, sr=8000, n_mels=n_mels, fmin=80.0, **arguments)
    filters = mel_filterbank(sr=8000, n_fft=400, n_mels=n_mels, fmin=80.0, dtype=np.float64)
    np.testing.assert_allclose(mel, filters @ np.abs(stft(waveform, **arguments)) ** 2, rtol=1e-12)


def test_it_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        mel = melspectrogram(reference["waveform"], sr=8000, n_fft=400, hop_length=160, n_mels=24)
        # float32 rounding of each spectrum's peak; the pauses are 80 dB down
        np.testing.assert_allclose(mel, reference["mel"], rtol=1e-5)
        log_mel = power_to_db(mel, ref=np.max)
        np.testing.assert_allclose(log_mel, reference["log_mel"], atol=1e-4)


@drawn
@given(
    seed=st.integers(0, 99),
    n_samples=st.integers(600, 4000),
    n_fft=st.integers(64, 600),
    win_share=st.floats(0.3, 1.0),
    hop_length=st.integers(1, 700),
    center=st.booleans(),
    n_mels=st.integers(1, 64),
    limits=band_limits,
    htk=st.booleans(),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_it_equals_librosa(seed, n_samples, n_fft, win_share, hop_length, center, n_mels, limits, htk, dtype):
    librosa = pytest.importorskip("librosa")
    waveform = np.random.default_rng(seed).standard_normal((2, n_samples)).astype(dtype)
    arguments = {"sr": 8000, "n_fft": n_fft, "hop_length": hop_length, "center": center}
    arguments |= {"win_length": int(win_share * n_fft), "n_mels": n_mels}
    arguments |= {"fmin": limits[0], "fmax": limits[1]}
    with warnings.catch_warnings(action="ignore"):  # of empty filters
        mel = melspectrogram(waveform, mel_scale="htk" if htk else "slaney", **arguments)
        expected = librosa.feature.melspectrogram(y=waveform, htk=htk, dtype=dtype, **arguments)
    assert mel.dtype == dtype
    assert mel.shape == expected.shape
    rounding = 1e-5 if dtype == np.float32 else 1e-9  # a filter may hold one bin, far below the spectrum's peak
    np.testing.assert_allclose(mel, expected, rtol=rounding, atol=rounding * expected.max())


def test_log_mel_of_real_speech_equals_librosa(ravdess):
    librosa = pytest.importorskip("librosa")
    path = sorted((ravdess / "speech" / "Actor_03").iterdir())[7]
    waveform, sr = audio.load(path)
    ours = power_to_db(melspectrogram(waveform, sr=sr), ref=np.max)
    theirs = librosa.power_to_db(librosa.feature.melspectrogram(y=waveform, sr=sr), ref=np.max)
    # At -80 dB a bin is 1e-4 of the largest, and float32 rounds that one to 1e-7: some 1e-3 of the bin.
    np.testing.assert_allclose(ours, theirs, atol=0.01)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_batch_is_transformed_clip_by_clip(dtype):
    batch = np.random.default_rng(0).standard_normal((2, 3, 3000)).astype(dtype)
    before = batch.copy()
    mel = melspectrogram(batch, n_mels=40)
    assert mel.shape == (2, 3, 40, 6)
    assert mel.dtype == dtype
    for i, j in np.ndindex(2, 3):
        np.testing.assert_array_equal(mel[i, j], melspectrogram(batch[i, j], n_mels=40))
    np.testing.assert_array_equal(batch, before)


def test_the_size_of_the_blocks_changes_nothing(monkeypatch):
    waveform = np.random.default_rng(0).standard_normal(6000)
    at_once = melspectrogram(waveform, n_fft=512, hop_length=100, n_mels=40)
    monkeypatch.setattr(blocks, "_BLOCK_SAMPLES", 7 * 512)
    in_blocks = melspectrogram(waveform, n_fft=512, hop_length=100, n_mels=40)
    np.testing.assert_allclose(in_blocks, at_once, rtol=1e-12)
