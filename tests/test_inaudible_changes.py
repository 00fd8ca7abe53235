"""What nobody hears changes no answer of the network that comes with minser."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import soundfile

from minser import audio
from minser.corpus import toy
from minser.recognizer import Recognizer

Change = Callable[[np.ndarray, int], tuple[np.ndarray, int]]


def silence(seconds: float, sr: int) -> np.ndarray:
    return np.zeros(round(seconds * sr), np.float32)


def constant(share: float) -> Change:
    return lambda waveform, sr: (waveform + np.float32(share) * np.abs(waveform).max(), sr)


def gain(factor: float) -> Change:
    return lambda waveform, sr: (np.float32(factor) * waveform, sr)


def trailing(seconds: float) -> Change:
    return lambda waveform, sr: (np.concatenate([waveform, silence(seconds, sr)]), sr)


def leading(seconds: float) -> Change:
    return lambda waveform, sr: (np.concatenate([silence(seconds, sr), waveform]), sr)


def rate(new: int) -> Change:
    return lambda waveform, sr: (audio.resample(waveform, orig_sr=sr, target_sr=new), new)


def stored_as(subtype: str) -> Change:
    def store(waveform: np.ndarray, sr: int) -> tuple[np.ndarray, int]:
        content = io.BytesIO()
        soundfile.write(content, waveform, sr, format="WAV", subtype=subtype)
        content.seek(0)
        return soundfile.read(content, dtype="float32")

    return store


EXACT: dict[str, Change] = {
    **{f"gain {factor}": gain(factor) for factor in (1e-3, 0.3, 20)},
    "polarity": gain(-1),
    **{f"constant {share}": constant(share) for share in (0.003, 0.1, -0.1)},
    **{f"stored as {subtype}": stored_as(subtype) for subtype in ("PCM_16", "PCM_24", "PCM_32", "FLOAT")},
    **{f"{new} Hz": rate(new) for new in (44100, 48000)},
    **{f"silence of {seconds} s after it": trailing(seconds) for seconds in (0.1, 3, 5, 30)},
    "silence of 30 s after it, and a constant": lambda waveform, sr: constant(0.05)(*trailing(30)(waveform, sr)),
}
LEADING_S = (0.01, 0.1, 1, 2, 5, 10, 60)


@pytest.fixture(scope="module")
def listener() -> Recognizer:
    return Recognizer.load()


def largest_move(listener: Recognizer, clips: list[tuple[np.ndarray, int]], change: Change) -> tuple[float, float]:
    """Return how far a probability moves at most, and the share of clips whose answer stays."""
    before = np.array([listener.predict(waveform, sr=sr) for waveform, sr in clips])
    changed = [change(waveform, sr) for waveform, sr in clips]
    after = np.array([listener.predict(waveform, sr=sr) for waveform, sr in changed])
    return float(np.abs(after - before).max()), float((after.argmax(axis=1) == before.argmax(axis=1)).mean())


@pytest.fixture(scope="module")
def voices() -> list[tuple[np.ndarray, int]]:
    """Return synthetic voices at full level, so that 16 bits hold them well."""
    clips = [toy.synthesise(emotion=n, intensity=1, statement=1, repetition=1, actor=n) for n in (1, 3, 5, 8)]
    return [((0.9 * audio.to_full_level(clip)).astype(np.float32), toy.TOY_SR) for clip in clips]


@pytest.mark.parametrize("name", EXACT)
def test_of_synthetic_voices(listener, voices, name):
    assert largest_move(listener, voices, EXACT[name])[0] < 1e-3


@pytest.fixture(scope="module")
def clips(ravdess) -> list[tuple[np.ndarray, int]]:
    """Return clips of all speakers: loud ones and the quietest, some that end in the middle of a sound."""
    files = sorted((ravdess / "speech").rglob("*.flac"))
    return [audio.load(files[i]) for i in np.random.default_rng(0).choice(len(files), 60, replace=False)]


@pytest.mark.slow
@pytest.mark.parametrize("name", EXACT)
def test_of_real_clips(listener, clips, name):
    assert largest_move(listener, clips, EXACT[name])[0] < 1e-3


@pytest.mark.slow
def test_silence_after_any_real_clip(listener, ravdess):
    """One in a hundred ends in the middle of a sound."""
    files = sorted((ravdess / "speech").rglob("*.flac"))[::2]
    assert largest_move(listener, [audio.load(file) for file in files], trailing(1))[0] < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("seconds", LEADING_S)
def test_silence_before_a_clip_moves_its_frames_but_hardly_an_answer(listener, clips, seconds):
    assert largest_move(listener, clips, leading(seconds))[1] >= 0.98


def test_a_constant_is_no_reason_for_a_note(listener, voices):
    for waveform, sr in voices:
        notes = listener.answer(waveform, sr=sr).notes
        assert listener.answer(*constant(0.1)(waveform, sr)[:1], sr=sr).notes == notes
