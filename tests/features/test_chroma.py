import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minser import audio
from minser.features import chroma, chroma_stft, stft

REFERENCE = Path(__file__).parents[1] / "reference" / "features.npz"
A = 9  # counted from C
# Sums of some hundred float32 powers, in another order; observed: 1.5e-6. librosa's filters are always float32.
ROUNDING = 1e-5


def notes(*midi, sr=22050, seconds=1.0, cents=0.0):
    """Sines at MIDI pitches; 69 is A = 440 Hz."""
    t = np.arange(int(seconds * sr)) / sr
    return sum(np.sin(2 * np.pi * 440 * 2 ** ((pitch + cents / 100 - 69) / 12) * t) for pitch in midi)


@pytest.mark.parametrize("octave", [-1, 0, 1, 2])
@pytest.mark.parametrize("pitch", range(12))
def test_a_note_lights_up_its_class_in_every_octave(pitch, octave):
    found = chroma_stft(notes(60 + 12 * octave + pitch), tuning=0.0, n_fft=4096)[:, 3:-3]
    assert (found.argmax(axis=0) == pitch).all()
    np.testing.assert_allclose(found.max(axis=0), 1)


def test_a440_is_a(tone):
    found = chroma_stft(tone, tuning=0.0)[:, 3:-3]
    assert (found.argmax(axis=0) == A).all()
    assert np.delete(found, A, axis=0).max() < 0.5


def test_tuned_chroma_does_not_care_how_the_instrument_is_tuned():
    settings = {"n_fft": 8192}
    found = chroma_stft(notes(69, 76, cents=40), tuning=0.4, **settings)[:, 10:-10]
    np.testing.assert_allclose(found, chroma_stft(notes(69, 76), tuning=0.0, **settings)[:, 10:-10], atol=0.05)


def test_silence_has_no_class(silence):
    assert not chroma_stft(silence).any()


def test_chroma_is_filters_times_power(rng):
    waveform = rng.standard_normal(4000)
    power = np.abs(stft(waveform, n_fft=400, hop_length=130)) ** 2
    expected = chroma.pitch_class_filters(8000, 400, 0.1, np.dtype(np.float64)) @ power
    found = chroma_stft(waveform, sr=8000, n_fft=400, hop_length=130, tuning=0.1)
    np.testing.assert_allclose(found, expected / expected.max(axis=0), rtol=1e-12)


def test_the_filters_are_built_once_and_read_only():
    filters = chroma.pitch_class_filters(8000, 400, 0.0, np.dtype(np.float32))
    assert chroma.pitch_class_filters(8000, 400, 0.0, np.dtype(np.float32)) is filters
    assert not filters.flags.writeable


def test_it_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        filters = chroma.pitch_class_filters(8000, 400, 0.2, np.dtype(np.float32))
        np.testing.assert_allclose(filters, reference["chroma_filters"], rtol=1e-6, atol=1e-12)  # rounded to float32
        arguments = {"sr": 8000, "n_fft": 512, "hop_length": 160, "win_length": 400, "pad_mode": "reflect"}
        found = chroma_stft(reference["waveform"], tuning=0.2, **arguments)
        np.testing.assert_allclose(found, reference["chroma"], rtol=ROUNDING, atol=1e-6)


@given(
    sr=st.sampled_from([8000, 16000, 22050]),
    n_fft=st.integers(16, 2100),
    tuning=st.floats(-0.5, 0.5),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_filters_equal_librosa(sr, n_fft, tuning, dtype):
    librosa = pytest.importorskip("librosa")
    rounding = 1e-6 if dtype == np.float32 else 1e-9  # exp(-x^2 / 2) down to 1e-30 multiplies the rounding of x
    filters = chroma.pitch_class_filters(sr, n_fft, tuning, np.dtype(dtype))
    expected = librosa.filters.chroma(sr=sr, n_fft=n_fft, tuning=tuning, dtype=dtype)
    assert filters.dtype == dtype
    np.testing.assert_allclose(filters, expected, rtol=rounding, atol=1e-12)


@given(
    seed=st.integers(0, 99),
    n_samples=st.integers(1, 4000),
    sr=st.sampled_from([8000, 16000, 22050]),
    n_fft=st.integers(64, 1200),
    win_share=st.floats(0.3, 1.0),
    hop_length=st.integers(20, 700),
    center=st.booleans(),
    tuning=st.floats(-0.5, 0.49),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_chroma_at_a_given_tuning_equals_librosa(
    seed, n_samples, sr, n_fft, win_share, hop_length, center, tuning, dtype
):
    librosa = pytest.importorskip("librosa")
    assume(center or n_samples >= n_fft)
    waveform = np.random.default_rng(seed).standard_normal((2, n_samples)).astype(dtype)
    arguments = {"sr": sr, "n_fft": n_fft, "win_length": int(win_share * n_fft), "hop_length": hop_length}
    arguments |= {"center": center, "tuning": tuning}
    with warnings.catch_warnings(action="ignore"):  # of clips shorter than a frame
        expected = librosa.feature.chroma_stft(y=waveform, **arguments)
    ours = chroma_stft(waveform, **arguments)
    assert ours.dtype == dtype
    np.testing.assert_allclose(ours, expected, rtol=ROUNDING, atol=1e-6 * expected.max())


def test_real_speech_equals_librosa(ravdess):
    librosa = pytest.importorskip("librosa")
    for path in sorted((ravdess / "speech" / "Actor_03").iterdir())[::15]:
        waveform, sr = audio.load(path, sr=22050)
        expected = librosa.feature.chroma_stft(y=waveform, sr=sr, tuning=0.13)
        np.testing.assert_allclose(chroma_stft(waveform, sr=sr, tuning=0.13), expected, rtol=ROUNDING, atol=1e-6)
        waveform = waveform.astype(np.float64)  # now the tuning is estimated, and rounding must not decide a tie
        expected = librosa.feature.chroma_stft(y=waveform, sr=sr)
        np.testing.assert_allclose(chroma_stft(waveform, sr=sr), expected, rtol=ROUNDING, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"sr": 0}, ValueError, "sr: expected 1 or more, got 0"),
        ({"n_fft": 2048.0}, TypeError, "n_fft: expected an integer"),
    ],
)
def test_impossible_settings_are_refused(tone, settings, error, message):
    with pytest.raises(error, match=message):
        chroma_stft(tone, tuning=0.0, **settings)
