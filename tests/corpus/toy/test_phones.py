import numpy as np
import pytest

from minser.corpus.toy.phones import FRAME_RATE, PHONES, STATEMENTS, articulate, smooth


def say(statement=1, *, rate=1.0, stress_rate=0.7, slur_ms=60.0):
    return articulate(statement, rate=rate, stress_rate=stress_rate, slur_ms=slur_ms, rng=np.random.default_rng(0))


@pytest.mark.parametrize("statement", [1, 2])
def test_every_track_has_a_value_for_every_frame(statement):
    mouth = say(statement)
    n_frames = mouth.voicing.size
    assert 0.8 * FRAME_RATE < n_frames < 1.8 * FRAME_RATE
    assert mouth.formant_hz.shape == (3, n_frames)
    for track in (mouth.aspiration, mouth.frication, mouth.noise_hz, mouth.position, mouth.stressed, mouth.last):
        assert track.shape == (n_frames,)


def test_each_syllable_runs_from_0_to_1_and_three_of_seven_are_stressed():
    mouth = say()
    starts = np.flatnonzero(np.diff(mouth.position, prepend=1) < 0)
    assert len(starts) == len(STATEMENTS[1]) == 7
    np.testing.assert_array_equal(mouth.position[starts], 0)
    np.testing.assert_array_equal(mouth.stressed[starts], [1, 0, 1, 0, 0, 0, 1])
    np.testing.assert_array_equal(mouth.last[starts], [0, 0, 0, 0, 0, 0, 1])
    assert mouth.position.max() < 1


def test_rate_shortens_everything_and_stress_rate_stressed_syllables_only():
    normal, fast, drawn = say(), say(rate=1.5), say(stress_rate=0.4)
    # 5 %: lengths are rounded to frames of 5 ms
    assert fast.voicing.size == pytest.approx(normal.voicing.size / 1.5, rel=0.05)
    assert drawn.stressed.sum() == pytest.approx(normal.stressed.sum() * 0.7 / 0.4, rel=0.05)
    assert np.sum(1 - drawn.stressed) == np.sum(1 - normal.stressed)


def test_the_mouth_reaches_a_long_vowel_and_glides_between_sounds():
    crisp, slurred = say(rate=0.3, slur_ms=20), say(rate=0.3, slur_ms=200)
    distance = np.abs(crisp.formant_hz - np.array(PHONES["aa"][:3])[:, None]).max(axis=0)
    assert distance.min() < 1e-9  # "are" is held longer than the window is wide
    assert np.abs(np.diff(slurred.formant_hz)).max() < 0.2 * np.abs(np.diff(crisp.formant_hz)).max()


def test_voiceless_sounds_have_noise_and_no_voice():
    mouth = say(2, rate=0.3)
    hissing = mouth.frication > 0.39  # s and t
    assert hissing.any()
    assert mouth.voicing[hissing].min() == 0
    assert mouth.voicing[-1] == 0


def test_smooth_keeps_constants_and_sums_a_step_up():
    np.testing.assert_allclose(smooth(np.full((2, 30), 3.0), 50), 3.0, rtol=1e-14)
    step = smooth(np.repeat([0.0, 1.0], 20), 50)
    assert np.all(np.diff(step) >= 0)
    assert np.count_nonzero((step > 0) & (step < 1)) == 10  # 50 ms


def test_unknown_statement_is_refused():
    with pytest.raises(KeyError):
        say(3)
