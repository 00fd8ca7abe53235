import numpy as np
import pytest

from minser.corpus.clip import EMOTIONS
from minser.corpus.toy.phones import FRAME_RATE, articulate
from minser.corpus.toy.prosody import contours, draw_prosody

NUMBER = {name: number for number, name in enumerate(EMOTIONS, 1)}


@pytest.fixture
def mouth(rng):
    return articulate(1, rate=1.0, stress_rate=0.7, slur_ms=60.0, rng=rng)


def melody(mouth, emotion, strength=1.0):
    rng = np.random.default_rng(0)
    return contours(mouth, draw_prosody(NUMBER[emotion], strength=strength, rng=rng), rng=rng)


@pytest.mark.parametrize("emotion", range(1, 9))
def test_strength_zero_is_neutral(rng, emotion):
    neutral = draw_prosody(1, strength=0.0, rng=rng)
    assert draw_prosody(emotion, strength=0.0, rng=rng) == pytest.approx(neutral, rel=1e-14, abs=0)


def test_strength_exaggerates():
    def distance(strength):
        manner = draw_prosody(NUMBER["fearful"], strength=strength, rng=np.random.default_rng(0))
        return np.array([manner["level_st"], manner["tremor_st"], manner["rate"] - 1, manner["breath"] - 0.06])

    assert np.all(distance(2.0) > 1.5 * distance(1.0))
    assert np.all(distance(1.0) > 0)


def test_quantities_that_multiply_stay_positive(rng):
    for number in NUMBER.values():
        manner = draw_prosody(number, strength=4.0, rng=rng)
        assert all(value > 0 for name, value in manner.items() if not name.endswith(("_st", "_db")))


def test_every_draw_differs(rng):
    assert draw_prosody(NUMBER["happy"], strength=1.0, rng=rng) != draw_prosody(NUMBER["happy"], strength=1.0, rng=rng)


def test_surprise_ends_high_and_disgust_low(mouth):
    for emotion, sign in (("surprised", 1), ("disgust", -1)):
        pitch_st, _ = melody(mouth, emotion)
        assert sign * (pitch_st[-1] - np.median(pitch_st)) > 2


def test_happy_syllables_rise_and_angry_ones_fall(mouth):
    inside = (mouth.stressed == 1) & (mouth.last == 0) & (np.abs(mouth.position - 0.5) < 0.25)
    steps = np.flatnonzero(inside[1:] & inside[:-1])
    for emotion, sign in (("happy", 1), ("angry", -1)):
        pitch_st, _ = melody(mouth, emotion)
        assert sign * np.diff(pitch_st)[steps].mean() > 0


def test_fear_trembles_at_6_5_to_8_5_hz(mouth):
    with_tremor, _ = melody(mouth, "fearful")
    # what is left is the tremor: a slow contour has nothing above 5 Hz
    spectrum = np.abs(np.fft.rfft(with_tremor * np.hanning(with_tremor.size), 4096))
    frequency_hz = np.fft.rfftfreq(4096, 1 / FRAME_RATE)
    fast = frequency_hz > 5
    assert 6 < frequency_hz[fast][spectrum[fast].argmax()] < 9


def test_pitch_stays_within_reach_of_a_throat(mouth):
    pitch_st, _ = melody(mouth, "surprised", strength=10.0)
    assert np.abs(pitch_st).max() <= 18


def test_anger_strikes_its_syllables(mouth):
    _, loudness_db = melody(mouth, "angry")
    early, late = (mouth.position > 0.1) & (mouth.position < 0.4), mouth.position > 0.7
    for stressed in (0, 1):
        here = mouth.stressed == stressed
        assert loudness_db[early & here].mean() > loudness_db[late & here].mean() + 2
