import numpy as np
import pytest

from minser.config import Features
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


def test_silence_becomes_zero(silence):
    assert not extract.network_input(silence, SETTINGS).any()


def test_trimming_cuts_the_silent_ends(tone, silence):
    padded = np.concatenate([silence, tone, silence])
    trimmed = extract.network_input(padded, Features(trim_top_db=30.0))
    assert trimmed.shape[1] <= extract.network_input(tone, Features()).shape[1] + 5  # frames half in the tone
