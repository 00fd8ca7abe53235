from dataclasses import replace

import numpy as np
import pytest

from minser.audio import to_full_level
from minser.corpus.toy import synthesise
from minser.features import extract
from minser.recipes import Features

SETTINGS = Features(sr=22050, n_fft=1024, hop_length=256, n_mels=40, top_db=70.0)


def test_log_mel_lies_between_floor_and_zero(chirp):
    level = extract.log_mel(chirp, SETTINGS)
    assert level.shape == (40, 1 + len(chirp) // 256)
    assert level.max() == 0
    assert level.min() >= -70


def test_log_mel_equals_librosa(chirp):
    librosa = pytest.importorskip("librosa")
    power = librosa.feature.melspectrogram(y=chirp, sr=22050, n_fft=1024, hop_length=256, n_mels=40)
    expected = librosa.power_to_db(power, ref=np.max, top_db=70.0)
    # float32 powers near the floor, 1e-7 of the peak, are known to some 1e-2 dB
    np.testing.assert_allclose(extract.log_mel(chirp, SETTINGS), expected, atol=0.02)


@pytest.mark.parametrize("gain", [1e-3, 1.0])
def test_level_of_the_recording_does_not_matter(chirp, gain):
    expected = extract.network_input(chirp, SETTINGS)
    np.testing.assert_allclose(extract.network_input(chirp * np.float32(gain), SETTINGS), expected, atol=1e-3)


@pytest.mark.parametrize("share", [0.003, -0.1, 100.0])
@pytest.mark.parametrize("trim_top_db", [0.0, 30.0])
def test_a_constant_in_the_recording_does_not_matter(share, trim_top_db):
    settings = replace(SETTINGS, sr=16000, trim_top_db=trim_top_db)
    voice = synthesise(emotion=5, intensity=1, statement=1, repetition=1, actor=3).astype(np.float64)
    shifted = voice + share * np.abs(voice).max()
    # Decibels of float32 powers near the floor, divided by a deviation of some 15.
    np.testing.assert_allclose(
        extract.network_input(shifted, settings), extract.network_input(voice, settings), atol=1e-3
    )


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_what_is_prepared_begins_where_it_says(chirp, share):
    """Also where somebody has joined digital silence to a recording with a constant."""
    sound = np.float32(0.01) * (chirp + np.float32(share))
    waveform = np.concatenate([np.zeros(5000, np.float32), sound, np.zeros(9000, np.float32)])
    prepared, start = extract.prepare(waveform, replace(SETTINGS, trim_top_db=20.0))
    assert 4000 <= start <= 5000
    assert 4000 <= len(prepared) - len(chirp) + start - 1000 <= 6000
    np.testing.assert_array_equal(prepared, to_full_level(waveform[start : start + len(prepared)]))
    fixed, start = extract.prepare(waveform, replace(SETTINGS, clip_s=1.0))
    assert (len(fixed), start) == (22050, 0)


def test_standardised_and_float32(chirp):
    feature = extract.network_input(chirp.astype(np.float64), SETTINGS)
    assert feature.dtype == np.float32
    assert abs(feature.mean()) < 1e-5  # float32 rounding of values of order 1
    assert abs(feature.std() - 1) < 1e-5


TWO_CHANNELS = Features(sr=16000, clip_s=3.0, n_mels=32, channels=("log_mel", "mfcc + chroma + contrast"), top_db=80.0)


def test_two_channels_of_32_rows_and_94_frames(chirp):
    feature = extract.network_input(chirp, TWO_CHANNELS)
    assert feature.shape == (32, 94, 2)
    np.testing.assert_allclose(feature.mean(axis=(0, 1)), 0, atol=1e-5)  # float32 rounding of values of order 1
    np.testing.assert_allclose(feature.std(axis=(0, 1)), 1, atol=1e-5)


def test_the_second_channel_is_librosas_features_one_under_the_other():
    librosa = pytest.importorskip("librosa")
    voice = synthesise(emotion=3, intensity=1, statement=1, repetition=1, actor=4)
    waveform = librosa.util.fix_length(to_full_level(voice), size=48000)
    rows = [
        librosa.feature.mfcc(y=waveform, sr=16000, n_mfcc=13),
        librosa.feature.chroma_stft(y=waveform, sr=16000),
        librosa.feature.spectral_contrast(y=waveform, sr=16000),
    ]
    expected = extract.standardise(np.concatenate(rows))
    # decibels of float32 powers near the floor are known to some 1e-2; standardising divides by some 50
    np.testing.assert_allclose(extract.network_input(voice, TWO_CHANNELS)[..., 1], expected, atol=2e-4)


MOVING = Features(n_fft=1024, hop_length=256, n_mels=40, channels=("log_mel", "delta_log_mel", "delta_delta_log_mel"))


@pytest.mark.parametrize("n_frames", [3, 8, 9, 10, 60])
def test_slope_and_curvature_are_librosas_deltas(n_frames):
    librosa = pytest.importorskip("librosa")
    voice = synthesise(emotion=4, intensity=1, statement=1, repetition=1, actor=7)[: 256 * n_frames - 1]
    voice = to_full_level(voice)
    feature = extract.network_input(voice, MOVING)
    slope = librosa.feature.delta(extract.log_mel(voice, MOVING), mode="nearest")
    curvature = librosa.feature.delta(slope, mode="nearest")
    assert feature.shape == (40, n_frames, 3)
    # float32 decibels down to -80 are known to 1e-5; a standard deviation of the slopes may be 1 dB
    np.testing.assert_allclose(feature[..., 1], extract.standardise(slope), atol=1e-4)
    np.testing.assert_allclose(feature[..., 2], extract.standardise(curvature), atol=1e-3)  # as before, of 0.1 dB


def test_a_slope_beside_changes_nothing_in_the_other_channels(chirp):
    np.testing.assert_array_equal(extract.network_input(chirp, MOVING)[..., 0], alone(chirp, MOVING, "log_mel"))
    np.testing.assert_array_equal(extract.network_input(chirp, MOVING)[..., 1], alone(chirp, MOVING, "delta_log_mel"))


def alone(waveform, settings, channel):
    return extract.network_input(waveform, replace(settings, channels=(channel,)))


@pytest.mark.parametrize("part", ["mfcc", "chroma", "contrast"])
def test_every_part_has_a_slope_of_its_own_shape(chirp, part):
    assert alone(chirp, MOVING, f"delta_{part}").shape == alone(chirp, MOVING, part).shape
    together = alone(chirp, MOVING, f"{part} + delta_{part}")
    assert len(together) == 2 * len(alone(chirp, MOVING, part))


@pytest.mark.parametrize("n_frames", [1, 2])
def test_two_frames_have_a_slope_but_no_curvature_and_one_has_neither(chirp, n_frames):
    """Exactly: what rounding leaves of nothing would be blown up to unit variance."""
    feature = extract.network_input(chirp[: 256 * n_frames - 1], MOVING)
    assert feature.shape == (40, n_frames, 3)
    assert feature[..., 0].any()
    assert feature[..., 1].any() == (n_frames == 2)
    assert not feature[..., 2].any()


def test_silence_is_the_floor_of_levels_and_the_middle_of_slopes(chirp):
    feature = extract.network_input(chirp, MOVING)
    fill = extract.silence(feature, MOVING)
    assert fill.shape == (3,)
    assert fill.dtype == feature.dtype
    assert fill[0] == feature[..., 0].min()
    np.testing.assert_allclose(fill[1:], 0, atol=1e-5)  # standardised: float32 rounding of values of order 1


@pytest.mark.parametrize(
    ("channels", "is_floor"),
    [(("log_mel",), True), (("delta_log_mel",), False), (("mfcc + delta_chroma",), True), (("image",), True)],
)
def test_silence_of_one_channel(chirp, channels, is_floor):
    settings = replace(MOVING, channels=channels, image_size=64)
    feature = extract.network_input(chirp, settings)
    assert (extract.silence(feature, settings) == feature.min()).all() == is_floor


def test_silence_of_a_coloured_picture_is_a_colour(chirp):
    settings = Features(channels=("image",), image_size=64, colour_map="viridis")
    feature = extract.network_input(chirp, settings)
    np.testing.assert_array_equal(extract.silence(feature, settings), feature.min(axis=(0, 1)))


def test_channels_of_unlike_height_and_unknown_parts_are_refused(chirp):
    with pytest.raises(ValueError, match="same number of rows, got log_mel: 128, chroma: 12"):
        extract.network_input(chirp, Features(channels=("log_mel", "chroma")))
    with pytest.raises(ValueError, match=r"features\.channels must be one of log_mel, mfcc, chroma, contrast"):
        extract.network_input(chirp, Features(channels=("melody",)))
    with pytest.raises(ValueError, match=r"features\.channels must be one of log_mel, .* got 'melody'"):
        extract.network_input(chirp, Features(channels=("log_mel", "delta_melody")))


@pytest.mark.parametrize(("colour_map", "shape"), [("", (64, 64)), ("viridis", (64, 64, 3))])
def test_an_image_is_a_square_from_zero_to_one(chirp, colour_map, shape):
    settings = Features(channels=("image",), image_size=64, colour_map=colour_map)
    feature = extract.network_input(chirp, settings)
    assert feature.shape == shape
    assert feature.min() >= 0
    assert 0.9 < feature.max() <= 1


def test_integer_samples_are_refused():
    """The absolute value of -32768 in 16 bits is -32768: no peak to divide by."""
    loud = np.array([-32768, 100] * 2000, np.int16)
    with pytest.raises(TypeError, match="waveform: expected float32 or float64 samples, got int16"):
        extract.network_input(loud, SETTINGS)


def test_silence_becomes_zero(silence):
    assert not extract.network_input(silence, SETTINGS).any()
    assert not extract.network_input(silence, MOVING).any()


def test_trimming_cuts_the_silent_ends(tone, silence):
    padded = np.concatenate([silence, tone, silence])
    trimmed = extract.network_input(padded, Features(trim_top_db=30.0))
    assert trimmed.shape[1] <= extract.network_input(tone, Features()).shape[1] + 5  # frames half in the tone
