"""File names of RAVDESS and what they say."""

from pathlib import Path

import pytest

from minser.corpus.clip import EMOTIONS, parse_name


def test_every_field_is_read_from_its_own_place():
    clip = parse_name("anywhere/03-02-06-01-02-01-12.flac")
    fields = (clip.modality, clip.channel, clip.emotion, clip.intensity, clip.statement, clip.repetition)
    assert fields == (3, 2, 6, 1, 2, 1)
    assert clip.actor == 12
    assert clip.path == Path("anywhere/03-02-06-01-02-01-12.flac")
    assert clip.name == "03-02-06-01-02-01-12"


def test_words_for_the_fields():
    sung, spoken = parse_name("03-02-06-01-02-01-12.wav"), parse_name("03-01-08-02-01-02-07.WAV")
    assert (sung.channel_name, sung.emotion_name, sung.intensity_name, sung.sex) == (
        "song",
        "fearful",
        "normal",
        "female",
    )
    assert (spoken.channel_name, spoken.emotion_name, spoken.intensity_name, spoken.sex) == (
        "speech",
        "surprised",
        "strong",
        "male",
    )


def test_labels_follow_ravdess_order():
    assert EMOTIONS == ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
    clips = [parse_name(f"03-01-{emotion:02d}-01-01-01-01.wav") for emotion in range(1, 9)]
    assert [clip.label for clip in clips] == list(range(8))
    assert tuple(clip.emotion_name for clip in clips) == EMOTIONS


@pytest.mark.parametrize(
    "name",
    [
        "talk.wav",
        "03-01-06-01-02-01.wav",
        "03-01-06-01-02-01-12-01.wav",
        "3-1-6-1-2-1-12.wav",
        "\N{ARABIC-INDIC DIGIT ZERO}3-01-06-01-02-01-12.wav",
    ],
)
def test_other_names_are_refused_and_named(name):
    with pytest.raises(ValueError, match=f"{name}: expected seven two-digit fields"):
        parse_name(name)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("04-01-06-01-02-01-12", "modality must be 01 to 03, got 04"),
        ("03-00-06-01-02-01-12", "channel must be 01 to 02, got 00"),
        ("03-01-09-01-02-01-12", "emotion must be 01 to 08, got 09"),
        ("03-01-06-03-02-01-12", "intensity must be 01 to 02, got 03"),
        ("03-01-06-01-03-01-12", "statement must be 01 to 02, got 03"),
        ("03-01-06-01-02-03-12", "repetition must be 01 to 02, got 03"),
        ("03-01-06-01-02-01-25", "actor must be 01 to 24, got 25"),
    ],
)
def test_numbers_that_ravdess_does_not_use_are_refused(name, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse_name(f"{name}.wav")
