from pathlib import Path

import numpy as np
import pytest
import scipy.fft
from hypothesis import given
from hypothesis import strategies as st

from minser import audio
from minser.augment import pitch_shift
from minser.augment.pitch import fft_lengths
from tests.librosa_versions import silence_warnings, since_1, stretch_before_silence

REFERENCE = Path(__file__).parents[1] / "reference" / "augment.npz"
SR = 22050


def _difference_in_the_band(actual: np.ndarray, expected: np.ndarray, n_semitones: float) -> float:
    """Return the largest difference, as a share of the peak, up to 90 % of the band that both resamplers keep.

    There soxr's filter begins to fall; ours has its edge at the band's end. Where a clip ends in the middle of a sound,
    the two ring differently, so the first and last 500 samples are left out.
    """
    spectrum = np.fft.rfft(actual - expected)
    spectrum[int(0.9 * min(1.0, 2 ** (n_semitones / 12)) * len(spectrum)) :] = 0
    return np.abs(np.fft.irfft(spectrum, len(expected))[500:-500]).max() / np.abs(expected).max()


@pytest.mark.parametrize("n_semitones", [-12.0, -4.0, -0.37, 0.5, 1.0, 2.0, 7.0, 12.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_tone_moves_by_the_interval(tone, n_semitones, dtype):
    shifted = pitch_shift(tone.astype(dtype), n_semitones=n_semitones)
    assert shifted.dtype == dtype
    assert shifted.shape == tone.shape
    inside = shifted[3000:-3000].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(inside * np.hanning(len(inside)), 2**20))
    frequency = spectrum.argmax() * SR / 2**20  # bins are 0.02 Hz apart: 0.1 cent at 440 Hz
    assert 1200 * np.log2(frequency / 440) == pytest.approx(100 * n_semitones, abs=1.5)
    assert 0.85 * 0.5 < np.sqrt(2 * np.mean(inside**2)) < 1.01 * 0.5  # the stretch costs level, as its test says


@pytest.mark.parametrize("n_semitones", [-7.0, -0.4, 1.0, 5.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_equals_librosas_stretch_and_resampling_on_real_clips(ravdess, n_semitones, dtype):
    librosa = pytest.importorskip("librosa")
    rate = 2 ** (-n_semitones / 12)
    for path in sorted(ravdess.rglob("03-01-*.*"))[::500]:
        waveform = audio.load(path, sr=SR)[0].astype(dtype)
        stretched = stretch_before_silence(waveform, rate=rate)
        n_before, n_after = fft_lengths(len(stretched) + 1024, ratio=rate)  # to compare at the same pitch to the digit
        resampled = librosa.resample(stretched, orig_sr=n_before, target_sr=n_after)
        expected = librosa.util.fix_length(resampled, size=len(waveform))
        shifted = pitch_shift(waveform, n_semitones=n_semitones)
        assert shifted.dtype == dtype
        assert _difference_in_the_band(shifted, expected, n_semitones) < 3e-4  # the ripple of soxr's filter


def test_an_octave_equals_librosa(chirp):
    """The ratio 2 is met exactly, so librosa's whole function can be compared; 1.0's but for its extrapolated end."""
    librosa = pytest.importorskip("librosa")
    for n_semitones in (-12, 12):
        with silence_warnings():
            expected = librosa.effects.pitch_shift(chirp.astype(np.float64), sr=SR, n_steps=n_semitones)
        if since_1(librosa):
            stretched = stretch_before_silence(chirp, rate=2 ** (-n_semitones / 12))
            whole = expected
            expected = librosa.resample(stretched, orig_sr=SR * 2 ** (n_semitones / 12), target_sr=SR)
            expected = librosa.util.fix_length(expected, size=len(chirp))
            np.testing.assert_allclose(whole[:-500], expected[:-500], rtol=0, atol=1e-12)
        assert _difference_in_the_band(pitch_shift(chirp, n_semitones=n_semitones), expected, n_semitones) < 1e-4


def test_it_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        for n_semitones in (-12, 12):
            shifted = pitch_shift(reference["waveform"], n_semitones=n_semitones)
            expected = reference[f"shifted_{n_semitones}"]
            assert _difference_in_the_band(shifted, expected, n_semitones) < 1e-4


def test_nothing_folds_back():
    """An octave up, half of the band has no place: a tone there must vanish, not come back as another."""
    high = np.sin(2 * np.pi * 8000 * np.arange(SR) / SR)
    shifted = pitch_shift(high, n_semitones=12)
    assert np.abs(shifted[3000:-3000]).max() < 1e-3  # 60 dB down


def test_no_interval_changes_nothing(chirp):
    unchanged = pitch_shift(chirp, n_semitones=0.0)
    covered = 1 + (len(chirp) // 512) * 512  # as in time_stretch
    # The loud end rings at half the sample rate, which is removed; elsewhere, rounding of two transforms
    np.testing.assert_allclose(unchanged[:covered], chirp[:covered], atol=1e-4)


@pytest.mark.parametrize("n_samples", [1, 2, 700, 5000])
@pytest.mark.parametrize("n_semitones", [-24.0, 0.3, 24.0])
def test_every_clip_keeps_its_length(rng, n_samples, n_semitones):
    waveform = rng.standard_normal((2, n_samples))
    before = waveform.copy()
    shifted = pitch_shift(waveform, n_semitones=n_semitones)
    assert shifted.shape == waveform.shape
    assert np.isfinite(shifted).all()
    np.testing.assert_allclose(shifted[1], pitch_shift(waveform[1], n_semitones=n_semitones), atol=1e-12)
    np.testing.assert_array_equal(waveform, before)


@pytest.mark.parametrize("rate", [0.7, 1.4])
def test_it_holds_where_a_place_of_the_stretch_is_rounded_up_to_the_end(rng, rate):
    n_semitones = -12 * np.log2(rate)
    assert np.arange(0, 161, 2.0 ** (-n_semitones / 12))[-1] == 161
    whole = rng.standard_normal(160 * 512)
    shifted = pitch_shift(whole, n_semitones=n_semitones)
    longer = pitch_shift(np.pad(whole, (0, 512)), n_semitones=n_semitones)  # one frame more, and no such place
    assert shifted.shape == whole.shape
    np.testing.assert_allclose(shifted[:-4096], longer[: whole.size - 4096], atol=0.02)  # resampled in another length


def test_silence_stays_silence(silence):
    assert not pitch_shift(silence, n_semitones=3.0).any()


@given(n_samples=st.integers(1, 200_000), n_semitones=st.floats(-24.0, 24.0))
def test_the_pitch_is_off_by_two_cents_at_most(n_samples, n_semitones):
    rate = 2 ** (-n_semitones / 12)
    least = round(n_samples / rate) + 1024
    first, second = fft_lengths(least, ratio=rate)
    assert least <= first <= 1.25 * least
    assert second == scipy.fft.next_fast_len(second)
    if n_samples >= 3000:
        assert abs(1200 * np.log2(first * rate / second)) < (1.5 if n_samples >= SR else 2.0)


def test_impossible_arguments_are_refused(tone):
    with pytest.raises(ValueError, match="n_semitones: expected -24 to 24, got 100"):
        pitch_shift(tone, n_semitones=100)
    with pytest.raises(ValueError, match="n_semitones: expected -24 to 24, got nan"):
        pitch_shift(tone, n_semitones=np.nan)
    with pytest.raises(ValueError, match="waveform: expected finite samples"):
        pitch_shift(np.array([np.inf]), n_semitones=1.0)
