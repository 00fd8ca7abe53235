from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minser import audio

REFERENCE = Path(__file__).parents[1] / "reference" / "sound.npz"


def _speech_between_pauses(seed: int, n_before: int, n_speech: int, n_after: int, floor: float) -> np.ndarray:
    """Draw noise whose two ends are fainter than its middle by the factor `floor`."""
    loudness = np.repeat([floor, 0.3, floor], [n_before, n_speech, n_after])
    return (loudness * np.random.default_rng(seed).standard_normal(loudness.size)).astype(np.float32)


def test_the_pauses_go_and_the_speech_stays():
    waveform = _speech_between_pauses(0, 8000, 9000, 7000, floor=1e-4)
    trimmed, (start, end) = audio.trim_silence(waveform, top_db=40)
    np.testing.assert_array_equal(trimmed, waveform[start:end])
    # A frame of 2048 samples that touches speech is audible: up to half a frame and a hop of pause stays.
    assert 8000 - 1536 <= start <= 8000
    assert 17000 <= end <= 17000 + 1536
    assert trimmed.dtype == np.float32


def test_silence_stays_whole(silence):
    trimmed, span = audio.trim_silence(silence)
    assert span == (0, silence.size)
    assert trimmed.size == silence.size


def test_the_result_is_a_view_and_plain_integers(tone):
    trimmed, (start, end) = audio.trim_silence(tone)
    assert np.shares_memory(trimmed, tone)
    assert type(start) is int
    assert type(end) is int


def test_it_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        _, span = audio.trim_silence(reference["waveform"], top_db=25, frame_length=512, hop_length=128)
        assert span == tuple(reference["trim"])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 99),
    lengths=st.tuples(st.integers(0, 4000), st.integers(1, 4000), st.integers(0, 4000)),
    floor=st.sampled_from([0.0, 1e-7, 1e-3, 0.05]),
    top_db=st.sampled_from([10.0, 25.0, 60.0]),
    frame_length=st.sampled_from([1, 255, 512, 2048]),
    hop_length=st.sampled_from([1, 100, 512, 3000]),
)
def test_it_equals_librosa(seed, lengths, floor, top_db, frame_length, hop_length):
    librosa = pytest.importorskip("librosa")
    waveform = _speech_between_pauses(seed, *lengths, floor=floor)
    lengths = {"frame_length": frame_length, "hop_length": hop_length}
    trimmed, span = audio.trim_silence(waveform, top_db=top_db, **lengths)
    expected, expected_span = librosa.effects.trim(waveform, top_db=top_db, **lengths)
    assert span == tuple(expected_span)
    np.testing.assert_array_equal(trimmed, expected)


def test_it_equals_librosa_on_real_clips(ravdess):
    librosa = pytest.importorskip("librosa")
    paths = sorted((ravdess / "speech").glob("Actor_0[12]/*"))[::8]
    assert paths
    for path in paths:
        waveform, _ = audio.load(path)
        for top_db in (25, 60):
            _, span = audio.trim_silence(waveform, top_db=top_db)
            assert span == tuple(librosa.effects.trim(waveform, top_db=top_db)[1])


@pytest.mark.parametrize(
    ("waveform", "top_db", "error", "message"),
    [
        (np.zeros((2, 9)), 60, ValueError, r"one clip .* got shape \(2, 9\)"),
        (np.zeros(0), 60, ValueError, "at least one sample"),
        (np.zeros(9, dtype=np.int16), 60, TypeError, "got int16"),
        (np.zeros(9), 0, ValueError, "top_db: expected a positive number of decibels, got 0"),
    ],
)
def test_what_cannot_be_trimmed_is_refused(waveform, top_db, error, message):
    with pytest.raises(error, match=message):
        audio.trim_silence(waveform, top_db=top_db)
