"""The tables of a survey, counted by hand."""

import json

import numpy as np
import pytest

from minser.corpus.clip import parse_name
from minser.corpus.survey import measurements, statistics


@pytest.fixture
def clips():
    """Two angry and one sad clip of speech by a man and a woman, and a sad song; listed out of order."""
    names = ["03-01-05-02-01-01-01", "03-01-05-01-01-01-02", "03-01-04-01-01-01-01", "03-02-04-01-01-01-02"]
    return [parse_name(name) for name in names]


@pytest.fixture
def table():
    table = np.zeros(4, dtype=measurements.TABLE)
    table["duration_s"] = [3, 5, 4, 6]
    table["kept_s"] = [[2, 1, 0.5], [4, 3, 1.5], [3, 2, 1], [3, 3, 3]]
    table["rms_db"] = [-20, -10, -40, -30]
    table["pitch_hz"] = [200, 400, 100, np.nan]
    table["spectrum_db"] = np.array([-10, -20, -30, -5])[:, np.newaxis]
    table["spectrum_db"][:2, 7] += 6
    return table


def test_clips_are_counted_by_each_word_and_by_channel(clips, table):
    assert statistics.summarise(clips, table)["counts"] == {
        "emotion": {"sad": {"speech": 1, "song": 1}, "angry": {"speech": 2}},
        "sex": {"male": {"speech": 2}, "female": {"song": 1, "speech": 1}},
        "intensity": {"normal": {"speech": 2, "song": 1}, "strong": {"speech": 1}},
        "channel": {"speech": {"speech": 3}, "song": {"song": 1}},
    }


def test_measurements_are_spread_by_channel_and_emotion(clips, table):
    level = statistics.summarise(clips, table)["rms_db"]
    assert list(level["speech"]) == ["sad", "angry"]  # RAVDESS's order
    assert level["speech"]["angry"] == pytest.approx(
        {"n": 2, "low": -19.5, "q1": -17.5, "median": -15, "q3": -12.5, "high": -10.5}
    )
    assert level["song"]["sad"]["median"] == -30


def test_clips_without_a_pitch_are_left_out(clips, table):
    pitch = statistics.summarise(clips, table)["pitch_hz"]
    assert {sex: {channel: list(part) for channel, part in channels.items()} for sex, channels in pitch.items()} == {
        "male": {"speech": ["sad", "angry"]},
        "female": {"speech": ["angry"]},
    }
    table["pitch_hz"] = np.nan
    assert statistics.summarise(clips, table)["pitch_hz"] == {}


def test_what_trimming_keeps(clips, table):
    tables = statistics.summarise(clips, table)
    assert tables["kept_s"]["speech"]["angry"] == {"whole clip": 4, "30 dB": 3, "25 dB": 2, "20 dB": 1}
    assert tables["kept_share"] == {
        "speech": pytest.approx({"30 dB": 9 / 12, "25 dB": 6 / 12, "20 dB": 3 / 12}),
        "song": pytest.approx({"30 dB": 0.5, "25 dB": 0.5, "20 dB": 0.5}),
    }


def test_spectra_and_the_distance_of_angry_from_sad(clips, table):
    tables = statistics.summarise(clips, table)
    assert tables["spectrum_db"]["speech"]["angry"]["median"][:2] == [-15, -15]
    assert tables["spectrum_db"]["speech"]["angry"]["q1"][0] == -17.5
    assert list(tables["angry_minus_sad"]) == ["speech"]  # nobody sings angrily
    distance = tables["angry_minus_sad"]["speech"]
    assert distance["bands_db"] == [15] * 7 + [21] + [15] * (measurements.N_MELS - 8)
    assert distance["mean_db"] == pytest.approx(15 + 6 / measurements.N_MELS)
    assert (distance["highest_db"], distance["highest_hz"]) == (21, tables["mel_centres_hz"][7])


def test_medians_are_written_in_lines(clips, table):
    tables = statistics.summarise(clips, table)
    _, sad, angry, sung = statistics.medians(tables, width=80)
    assert sad == "speech sad        1  4.00 s  -40.0 dBFS      0 Hz        100 Hz         -"
    assert angry == "speech angry      2  4.00 s  -15.0 dBFS      0 Hz        200 Hz    400 Hz"
    assert sung == "song sad          1  6.00 s  -30.0 dBFS      0 Hz             -         -"
    narrow = statistics.medians(tables, width=60)
    assert max(map(len, narrow)) <= 60
    assert narrow[5:7] == ["medians       pitch of men  of women", "speech sad          100 Hz         -"]


def test_everything_is_a_number_that_json_knows(clips, table):
    tables = statistics.summarise(clips, table)
    assert json.loads(json.dumps(tables, allow_nan=False)) == tables
