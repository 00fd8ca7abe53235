from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minser import audio
from tests.librosa_versions import of_each_clip

REFERENCE = Path(__file__).parents[1] / "reference" / "sound.npz"
drawn = settings(max_examples=40, deadline=None, derandomize=True)


def _levels(seed: int, shape: tuple[int, ...], dtype=np.float32) -> np.ndarray:
    """Draw positive values over 14 decades, a zero among them."""
    values = 10.0 ** np.random.default_rng(seed).uniform(-12, 2, size=shape)
    values.flat[0] = 0.0
    return values.astype(dtype)


def test_frames_are_a_view_of_the_waveform(rng):
    waveform = rng.standard_normal((2, 50))
    frames = audio.frame(waveform, frame_length=7, hop_length=5)
    assert frames.shape == (2, 7, 9)
    assert np.shares_memory(frames, waveform)
    assert not frames.flags.writeable
    for t in range(9):
        np.testing.assert_array_equal(frames[..., t], waveform[:, 5 * t : 5 * t + 7])


@pytest.mark.parametrize(
    ("frame_length", "hop_length", "message"),
    [
        (0, 1, "frame_length: expected 1 or more"),
        (4, 0, "hop_length: expected 1 or more"),
        (11, 1, r"waveform: expected 11 samples or more \(one frame\), got 10"),
    ],
)
def test_impossible_frames_are_refused(frame_length, hop_length, message):
    with pytest.raises(ValueError, match=message):
        audio.frame(np.zeros(10), frame_length=frame_length, hop_length=hop_length)


def test_rms_of_a_sine_is_its_amplitude_over_root_two(tone):
    loudness = audio.rms(tone, frame_length=2205, hop_length=441)[0, 5:-5]  # 44 whole periods, ends left out
    np.testing.assert_allclose(loudness, 0.5 / np.sqrt(2), rtol=1e-5)  # float32 mean of 2205 values


def test_rms_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        loudness = audio.rms(reference["waveform"], frame_length=512, hop_length=128)
        np.testing.assert_allclose(loudness, reference["rms"], rtol=1e-6)  # float32 rounding


@drawn
@given(
    seed=st.integers(0, 99),
    n_samples=st.integers(1, 3000),
    frame_length=st.integers(1, 600),
    hop_length=st.integers(1, 700),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_rms_equals_librosa(seed, n_samples, frame_length, hop_length, dtype):
    librosa = pytest.importorskip("librosa")
    waveform = np.random.default_rng(seed).standard_normal((2, n_samples)).astype(dtype)
    loudness = audio.rms(waveform, frame_length=frame_length, hop_length=hop_length)
    expected = librosa.feature.rms(y=waveform, frame_length=frame_length, hop_length=hop_length, dtype=dtype)
    assert loudness.dtype == dtype
    np.testing.assert_allclose(loudness, expected, rtol=10 * np.finfo(dtype).eps)  # sums of up to 600, in another order


def test_decibels_of_powers_of_ten():
    power = np.array([100.0, 1.0, 0.1, 1e-10, 0.0])
    np.testing.assert_allclose(audio.power_to_db(power, top_db=None), [20, 0, -10, -100, -100], atol=1e-12)
    np.testing.assert_allclose(audio.power_to_db(power), [20, 0, -10, -60, -60], atol=1e-12)
    np.testing.assert_allclose(audio.power_to_db(power, ref=10.0), [10, -10, -20, -70, -70], atol=1e-12)
    np.testing.assert_allclose(audio.power_to_db(power, ref=np.max), [0, -20, -30, -80, -80], atol=1e-12)
    amplitude = np.sqrt(power)
    np.testing.assert_allclose(audio.amplitude_to_db(amplitude), audio.power_to_db(power), atol=1e-12)


@pytest.mark.parametrize("to_db", [audio.power_to_db, audio.amplitude_to_db])
@pytest.mark.parametrize("ref", [1.0, 0.5, np.max, np.median])
@pytest.mark.parametrize("top_db", [80.0, 30.0, None])
def test_each_clip_of_a_batch_has_its_own_peak(to_db, ref, top_db):
    batch = _levels(0, (2, 3, 8, 5)) * np.geomspace(1e-4, 1e4, 6, dtype=np.float32).reshape(2, 3, 1, 1)
    together = to_db(batch, ref=ref, top_db=top_db)
    for i, j in np.ndindex(2, 3):
        np.testing.assert_array_equal(together[i, j], to_db(batch[i, j], ref=ref, top_db=top_db))


@pytest.mark.parametrize("to_db", [audio.power_to_db, audio.amplitude_to_db])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_decibels_keep_dtype_and_input(to_db, dtype):
    levels = _levels(0, (4, 5), dtype)
    before = levels.copy()
    assert to_db(levels, ref=np.max).dtype == dtype
    np.testing.assert_array_equal(levels, before)


def test_power_to_db_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        log_mel = audio.power_to_db(reference["mel"], ref=np.max)
        np.testing.assert_allclose(log_mel, reference["log_mel"], atol=2e-5)  # float32 rounding at -80 dB


@drawn
@given(
    seed=st.integers(0, 99),
    shape=st.sampled_from([(1,), (40,), (1, 1), (6, 9), (3, 6, 9)]),
    ref=st.sampled_from([1.0, 0.01, 30.0, np.max, np.mean]),
    amin=st.sampled_from([1e-10, 1e-5, 1.0]),
    top_db=st.sampled_from([None, 0.0, 20.0, 80.0]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_decibels_equal_librosa(seed, shape, ref, amin, top_db, dtype):
    librosa = pytest.importorskip("librosa")
    levels = _levels(seed, shape, dtype)
    atol = 5e-5 if dtype == np.float32 else 1e-12  # a few roundings of numbers up to 240
    for ours, theirs in [
        (audio.power_to_db, librosa.power_to_db),
        (audio.amplitude_to_db, librosa.amplitude_to_db),
    ]:
        theirs = partial(theirs, ref=ref, amin=amin, top_db=top_db)
        expected = theirs(levels) if levels.ndim <= 2 else of_each_clip(librosa, theirs, levels)
        np.testing.assert_allclose(ours(levels, ref=ref, amin=amin, top_db=top_db), expected, atol=atol)


@pytest.mark.parametrize(
    ("levels", "settings", "error", "message"),
    [
        (np.ones(3, dtype=np.complex64), {}, TypeError, "power: expected an array of real floats"),
        (np.ones(3, dtype=int), {}, TypeError, "power: expected an array of real floats, got int64"),
        ([1.0], {}, TypeError, "power: expected an array of real floats"),
        (np.ones(3), {"amin": 0.0}, ValueError, "amin: expected a positive number, got 0.0"),
        (np.ones(3), {"top_db": -1.0}, ValueError, "top_db: expected 0 or more decibels"),
    ],
)
def test_what_has_no_decibels_is_refused(levels, settings, error, message):
    with pytest.raises(error, match=message):
        audio.power_to_db(levels, **settings)
