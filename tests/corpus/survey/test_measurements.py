"""Clips of known length, level, frequency and pitch are measured as such."""

import numpy as np
import pytest

from minser import audio
from minser.corpus.clip import parse_name
from minser.corpus.survey import measurements

SR = measurements.SR


@pytest.fixture
def measure(tmp_path):
    """Return a function that measures a waveform."""

    def measure(waveform, sr=SR):
        path = tmp_path / "03-01-01-01-01-01-01.wav"
        audio.save(path, waveform, sr=sr)
        return measurements.measure_corpus([parse_name(path)])[0]

    return measure


def sine(hz, *, seconds, amplitude=0.5, sr=SR):
    return amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * sr)) / sr)


def test_a_tone_has_its_length_level_centroid_and_pitch(measure):
    row = measure(sine(440, seconds=1.5))
    assert row["duration_s"] == 1.5
    np.testing.assert_array_equal(row["kept_s"], 1.5)
    np.testing.assert_allclose(row["rms_db"], 20 * np.log10(0.5 / np.sqrt(2)), atol=0.01)  # 16 bits
    np.testing.assert_allclose(row["centroid_hz"], 440, rtol=0.02)  # rounding to 16 bits is noise up to 11 kHz
    np.testing.assert_allclose(row["pitch_hz"], 440, rtol=1e-3)
    nearest = np.abs(measurements.mel_centres() - 440).argmin()
    assert abs(row["spectrum_db"].argmax() - nearest) <= 1


def test_another_sample_rate_changes_nothing(measure):
    row = measure(sine(200, seconds=1, sr=16000), sr=16000)
    np.testing.assert_allclose(row["duration_s"], 1, atol=1 / SR)
    np.testing.assert_allclose(row["pitch_hz"], 200, rtol=1e-3)


def test_only_the_spoken_part_is_measured_and_a_stricter_threshold_keeps_less(measure):
    silence, quiet = np.zeros(SR), sine(600, seconds=0.5, amplitude=0.5 * 10 ** (-27 / 20))
    row = measure(np.concatenate([silence, quiet, sine(300, seconds=2), silence]))
    np.testing.assert_allclose(row["duration_s"], 4.5)
    # a frame of 2048 samples hears 46 ms before and behind its centre, and cuts fall on centres, 23 ms apart
    np.testing.assert_allclose(row["kept_s"], [2.5, 2.0, 2.0], atol=0.17)
    assert row["kept_s"][0] > row["kept_s"][1] >= row["kept_s"][2]
    np.testing.assert_allclose(row["pitch_hz"], 300, rtol=1e-3)
    power = 0.125 * (2 + 0.5 * 10 ** (-27 / 10)) / row["kept_s"][0]
    np.testing.assert_allclose(row["rms_db"], 10 * np.log10(power), atol=0.01)


def test_silence_has_no_pitch_and_stays_whole(measure):
    row = measure(np.zeros(SR))
    np.testing.assert_array_equal(row["kept_s"], 1.0)
    np.testing.assert_allclose(row["rms_db"], -100)
    assert row["centroid_hz"] == 0
    assert np.isnan(row["pitch_hz"])
    np.testing.assert_allclose(row["spectrum_db"], -100)


def test_noise_has_no_pitch(measure, rng):
    assert np.isnan(measure(0.1 * rng.standard_normal(SR))["pitch_hz"])


def test_rows_are_in_the_order_of_the_clips_and_a_damaged_one_is_named(tmp_path):
    clips = []
    for actor in range(1, 7):
        clips.append(parse_name(tmp_path / f"03-01-01-01-01-01-{actor:02d}.wav"))
        audio.save(clips[-1].path, sine(300, seconds=0.1 * actor), sr=SR)
    np.testing.assert_allclose(measurements.measure_corpus(clips)["duration_s"], 0.1 * np.arange(1, 7))
    clips[3].path.write_bytes(b"no sound")
    with pytest.raises(ValueError, match=r"03-01-01-01-01-01-04\.wav"):
        measurements.measure_corpus(clips)
