"""Which clips are shown."""

import numpy as np
import pytest

from minser import audio
from minser.corpus.clip import parse_name
from minser.corpus.survey import examples, measurements


def names(clips):
    return [clip.name for clip in clips]


def test_one_clip_of_each_emotion_strong_where_there_is_such_and_always_the_same_words():
    clips = [
        parse_name(name)
        for name in (
            "03-02-05-02-01-01-03",  # song
            "03-01-05-01-01-01-03",
            "03-01-05-02-01-02-03",
            "03-01-05-02-01-01-03",
            "03-01-01-01-01-01-03",
            "03-01-04-02-02-01-03",  # other words
            "03-01-02-01-01-01-04",  # another actor
        )
    ]
    assert names(examples.choose(clips)) == ["03-01-01-01-01-01-03", "03-01-05-02-01-01-03"]
    assert names(examples.choose(clips, actor=4)) == ["03-01-02-01-01-01-04"]
    assert names(examples.choose(clips[:1])) == ["03-02-05-02-01-01-03"]
    with pytest.raises(ValueError, match="actor: expected one of 3, 4, got 5"):
        examples.choose(clips, actor=5)


def test_an_example_knows_its_cuts_and_its_words(tmp_path):
    path = tmp_path / "03-01-04-02-02-01-12.wav"
    voice = 0.25 * np.sin(2 * np.pi * 300 * np.arange(measurements.SR) / measurements.SR)
    audio.save(path, np.concatenate([np.zeros(measurements.SR), voice, 0.05 * voice]), sr=measurements.SR)
    example = examples.load(parse_name(path))
    assert list(example.cuts_s) == [30, 25, 20]
    (start, end), (earlier, _), (_, cut) = example.cuts_s.values()
    assert start == pytest.approx(1, abs=0.08)  # a frame hears 46 ms ahead, and cuts are 23 ms apart
    assert end == pytest.approx(3)
    assert earlier == start
    assert cut == pytest.approx(end - 1, abs=0.08)  # 26 dB softer: kept at 30, cut off at 20
    assert example.spoken.size == round((end - start) * measurements.SR)
    assert example.peak == pytest.approx(0.25, abs=1e-3)
    assert example.name == "sad, strong: peak 0.25"
    assert example.sentence == 'Actor 12 (female, speech): "Dogs are sitting by the door"'
    np.testing.assert_array_equal(example.mel_power, measurements.mel_power(example.spoken))
