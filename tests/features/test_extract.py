import numpy as np
import pytest

from minser.config import Features
from minser.corpus.toy import synthesise
from minser.features import extract

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


def test_standardised_and_float32(chirp):
    feature = extract.network_input(chirp.astype(np.float64), SETTINGS)
    assert feature.dtype == np.float32
    assert abs(feature.mean()) < 1e-5  # float32 rounding of values of order 1
    assert abs(feature.std() - 1) < 1e-5


TWO_CHANNELS = Features(
    sr=16000, clip_s=3.0, n_mels=32, channels=("log_mel", "mfcc + chroma + contrast"), n_mfcc=13, top_db=80.0
)


def test_two_channels_of_32_rows_and_94_frames(chirp):
    feature = extract.network_input(chirp, TWO_CHANNELS)
    assert feature.shape == (32, 94, 2)
    np.testing.assert_allclose(feature.mean(axis=(0, 1)), 0, atol=1e-5)  # float32 rounding of values of order 1
    np.testing.assert_allclose(feature.std(axis=(0, 1)), 1, atol=1e-5)


def test_the_second_channel_is_librosas_features_one_under_the_other():
    librosa = pytest.importorskip("librosa")
    voice = synthesise(emotion=3, intensity=1, statement=1, repetition=1, actor=4)
    waveform = librosa.util.fix_length(voice / np.abs(voice).max(), size=48000)
    rows = [
        librosa.feature.mfcc(y=waveform, sr=16000, n_mfcc=13),
        librosa.feature.chroma_stft(y=waveform, sr=16000),
        librosa.feature.spectral_contrast(y=waveform, sr=16000),
    ]
    expected = extract.standardise(np.concatenate(rows))
    # decibels of float32 powers near the floor are known to some 1e-2; standardising divides by some 50
    np.testing.assert_allclose(extract.network_input(voice, TWO_CHANNELS)[..., 1], expected, atol=2e-4)


def test_channels_of_unlike_height_and_unknown_parts_are_refused(chirp):
    with pytest.raises(ValueError, match="same number of rows, got log_mel: 128, chroma: 12"):
        extract.network_input(chirp, Features(channels=("log_mel", "chroma")))
    with pytest.raises(ValueError, match=r"features\.channels must be one of log_mel, mfcc, chroma, contrast"):
        extract.network_input(chirp, Features(channels=("melody",)))


@pytest.mark.parametrize(("colour_map", "shape"), [("", (64, 64)), ("viridis", (64, 64, 3))])
def test_an_image_is_a_square_from_zero_to_one(chirp, colour_map, shape):
    settings = Features(channels=("image",), image_size=64, colour_map=colour_map)
    feature = extract.network_input(chirp, settings)
    assert feature.shape == shape
    assert feature.min() >= 0
    assert 0.9 < feature.max() <= 1


def test_silence_becomes_zero(silence):
    assert not extract.network_input(silence, SETTINGS).any()


def test_trimming_cuts_the_silent_ends(tone, silence):
    padded = np.concatenate([silence, tone, silence])
    trimmed = extract.network_input(padded, Features(trim_top_db=30.0))
    assert trimmed.shape[1] <= extract.network_input(tone, Features()).shape[1] + 5  # frames half in the tone
