import numpy as np
import pytest

from minser import audio


def _tone(frequency: float, sr: int, dtype=np.float64) -> np.ndarray:
    """One second of a sine of amplitude 1."""
    return np.sin(2 * np.pi * frequency * np.arange(sr) / sr).astype(dtype)


def _middle(waveform: np.ndarray) -> np.ndarray:
    """Leave out the ends, where the filter sees the silence around the waveform."""
    return waveform[len(waveform) // 10 : -(len(waveform) // 10)]


@pytest.mark.parametrize(("orig_sr", "target_sr"), [(48000, 22050), (48000, 16000), (22050, 16000)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tones_above_the_new_band_are_90_db_down(orig_sr, target_sr, dtype):
    for frequency in np.linspace(target_sr / 2, orig_sr / 2 - 1, 7):
        alias = _middle(audio.resample(_tone(frequency, orig_sr, dtype), orig_sr=orig_sr, target_sr=target_sr))
        assert 20 * np.log10(np.abs(alias).max()) < -90


@pytest.mark.parametrize(
    ("orig_sr", "target_sr"),
    [(48000, 22050), (22050, 16000), (16000, 22050), (8000, 48000), pytest.param(44100, 22051, marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tones_in_the_band_stay_and_have_no_images(orig_sr, target_sr, dtype):
    for share in (0.01, 0.4, 0.9):
        frequency = share * min(orig_sr, target_sr) / 2
        resampled = audio.resample(_tone(frequency, orig_sr, dtype), orig_sr=orig_sr, target_sr=target_sr)
        assert resampled.dtype == dtype
        # 0.001 dB is a factor of 1.00012; an image at -90 dB would add 0.00003
        np.testing.assert_allclose(_middle(resampled), _middle(_tone(frequency, target_sr)), atol=1.2e-4)


@pytest.mark.parametrize("n_samples", [1, 2, 99, 100, 101, 4410])
@pytest.mark.parametrize(
    ("orig_sr", "target_sr", "up", "down"), [(44100, 22050, 1, 2), (16000, 22050, 441, 320), (3, 2, 2, 3)]
)
def test_the_length_is_rounded_up(n_samples, orig_sr, target_sr, up, down):
    resampled = audio.resample(np.ones(n_samples), orig_sr=orig_sr, target_sr=target_sr)
    assert resampled.shape == (-(-n_samples * up // down),)


def test_a_batch_is_resampled_clip_by_clip(rng):
    batch = rng.standard_normal((2, 3, 500))
    resampled = audio.resample(batch, orig_sr=3, target_sr=2)
    assert resampled.shape == (2, 3, 334)
    np.testing.assert_array_equal(resampled[1, 2], audio.resample(batch[1, 2], orig_sr=3, target_sr=2))


def test_equal_rates_give_a_copy(tone):
    copy = audio.resample(tone, orig_sr=22050, target_sr=22050)
    np.testing.assert_array_equal(copy, tone)
    assert not np.shares_memory(copy, tone)


def test_the_length_is_librosas():
    librosa = pytest.importorskip("librosa")
    for n_samples in (1, 100, 3001):
        waveform = np.zeros(n_samples)
        expected = librosa.resample(waveform, orig_sr=48000, target_sr=22050, res_type="polyphase")
        assert audio.resample(waveform, orig_sr=48000, target_sr=22050).shape == expected.shape


def test_a_second_stays_a_second_and_gets_a_sample_too_many_in_librosa():
    """48000 / 22050 is rounded up as a float, and with it librosa's length; whole numbers are not rounded."""
    librosa = pytest.importorskip("librosa")
    second = np.zeros(22050)
    assert audio.resample(second, orig_sr=22050, target_sr=48000).size == 48000
    assert librosa.resample(second, orig_sr=22050, target_sr=48000).size == 48001


@pytest.mark.parametrize(
    ("orig_sr", "target_sr", "error", "message"),
    [
        (0, 8000, ValueError, "orig_sr: expected 1 or more, got 0"),
        (8000, -1, ValueError, "target_sr: expected 1 or more, got -1"),
        (44100, 22050.5, TypeError, r"target_sr: expected an integer, got 22050\.5"),
        (192001, 16000, ValueError, "orig_sr=192001, target_sr=16000: .* got 16000 / 192001"),
    ],
)
def test_rates_that_do_not_work_are_refused(tone, orig_sr, target_sr, error, message):
    with pytest.raises(error, match=message):
        audio.resample(tone, orig_sr=orig_sr, target_sr=target_sr)
