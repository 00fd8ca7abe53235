from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser import audio
from minser.augment import time_stretch
from minser.augment.stretch import places_to_read
from minser.features import istft, stft
from minser.kernels.vocoder import phase_vocoder
from tests.librosa_versions import silence_warnings, since_1, stretch_before_silence

REFERENCE = Path(__file__).parents[1] / "reference" / "augment.npz"
SR = 22050
SHORT = np.zeros(9000)  # room for the odd sounds below
CLICK, ONE_SAMPLE, FULL_SCALE = SHORT.copy(), np.array([0.7]), np.where(np.arange(9000) // 50 % 2, 1.0, -1.0)
CLICK[4321] = 1.0
ODD_SOUNDS = {"silence": SHORT, "click": CLICK, "one sample": ONE_SAMPLE, "full scale": FULL_SCALE}


def _assert_near(actual: np.ndarray, expected: np.ndarray, share_of_peak: float) -> None:
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=0, atol=share_of_peak * np.abs(expected).max(initial=1e-9))


# Of the peak. float64: librosa's phases grow, in 0.11 to 1e5 radians, so their roundings are 1e-11, and add up over the
# frames.
# float32: spectra, their inverses and samples are rounded, each by 6e-8, and many frames overlap in sums.
TOLERANCE = {np.float32: 5e-6, np.float64: 1e-8}


@given(
    seed=st.integers(0, 99),
    n_samples=st.integers(1, 12000),
    rate=st.floats(0.5, 2.0),
    n_fft=st.sampled_from([256, 400, 2048]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_it_equals_librosa(seed, n_samples, rate, n_fft, dtype):
    pytest.importorskip("librosa")
    waveform = np.random.default_rng(seed).standard_normal(n_samples).astype(dtype)
    if round(n_samples / rate) == 0:
        return  # librosa returns no sample
    stretched = time_stretch(waveform, rate=rate, n_fft=n_fft, hop_length=n_fft // 4)
    assert stretched.dtype == dtype
    _assert_near(stretched, stretch_before_silence(waveform, rate=rate, n_fft=n_fft), TOLERANCE[dtype])


@pytest.mark.parametrize("rate", [0.5, 0.83, 1.0, 1.21, 2.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_equals_librosa_on_real_clips(ravdess, rate, dtype):
    clips = sorted(ravdess.rglob("03-01-*.*"))[::500]
    assert len(clips) > 1
    for path in clips:
        waveform = audio.load(path, sr=SR)[0].astype(dtype)
        _assert_near(time_stretch(waveform, rate=rate), stretch_before_silence(waveform, rate=rate), TOLERANCE[dtype])


@pytest.mark.slow
def test_places_are_librosas_and_lie_before_the_end():
    """230 * 0.7 is rounded up to 161: such a place is the last number below."""
    rates = [*np.arange(1, 101) / 50, *np.random.default_rng(0).uniform(0.25, 4.0, 100)]
    n_rounded_up = 0
    for n_frames in range(1, 401):
        for rate in map(float, rates):
            places, librosas = places_to_read(n_frames, rate), np.arange(0, n_frames, rate, dtype=np.float64)
            is_last = librosas >= n_frames
            n_rounded_up += is_last.sum()
            assert np.array_equal(places[~is_last], librosas[~is_last])
            assert np.array_equal(places[is_last], np.full(is_last.sum(), np.nextafter(n_frames, 0)))
    assert n_rounded_up > 20


@pytest.mark.parametrize("n_samples", [160 * 512, 160 * 512 + 300, 20 * 512, 41 * 512, 83 * 512 + 511])
@pytest.mark.parametrize("rate", [0.7, 1.4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_equals_librosa_where_a_place_is_rounded_up_to_the_end(rng, n_samples, rate, dtype):
    librosa = pytest.importorskip("librosa")
    assert np.arange(0, 1 + n_samples // 512, rate)[-1] == 1 + n_samples // 512
    waveform = rng.standard_normal(n_samples).astype(dtype)
    if since_1(librosa):
        with silence_warnings(), pytest.raises(librosa.ParameterError, match="t_out values must be in the range"):
            librosa.effects.time_stretch(waveform, rate=rate)
    _assert_near(time_stretch(waveform, rate=rate), stretch_before_silence(waveform, rate=rate), TOLERANCE[dtype])
    assert not time_stretch(np.zeros(n_samples, dtype), rate=rate).any()


@pytest.mark.parametrize("name", ODD_SOUNDS)
@pytest.mark.parametrize("rate", [0.6, 1.0, 1.7])
def test_it_equals_librosa_on_odd_sounds(name, rate):
    waveform = ODD_SOUNDS[name]
    _assert_near(time_stretch(waveform, rate=rate), stretch_before_silence(waveform, rate=rate), 1e-8)


@pytest.mark.parametrize("rate", [0.6, 1.7])
def test_it_equals_librosa_on_a_constant_but_for_its_ends(rate):
    """Inside, all frequencies but the lowest are rounding errors; what phase they have shows at the clip's edges."""
    constant = np.full(20000, 0.8)
    actual, expected = time_stretch(constant, rate=rate), stretch_before_silence(constant, rate=rate)
    inside = slice(2 * 2048, len(expected) - 2 * 2048)
    _assert_near(actual[inside], expected[inside], 1e-8)


def test_float32_is_float64_rounded_and_librosas_is_not():
    """librosa 0.11 counts whole turns: 512 pi n radians after n frames, too many for 24 bits. 1.0 adds roundings up."""
    librosa = pytest.importorskip("librosa")
    waveform = (0.1 * np.random.default_rng(0).standard_normal(3 * SR)).astype(np.float32)
    with silence_warnings():
        single, double = (librosa.effects.time_stretch(waveform.astype(kind), rate=0.8) for kind in ("f4", "f8"))
    peak = np.abs(double).max()
    least, most = (1e-6, 1e-5) if since_1(librosa) else (5e-3, 0.05)
    assert least * peak < np.abs(single - double).max() < most * peak
    exact = time_stretch(waveform.astype(np.float64), rate=0.8)
    _assert_near(exact, stretch_before_silence(waveform, rate=0.8), TOLERANCE[np.float64])
    assert np.abs(time_stretch(waveform, rate=0.8) - exact).max() < 5e-7 * peak


@given(seed=st.integers(0, 99), n_samples=st.integers(512, 9000), rate=st.floats(0.3, 3.0))
def test_librosas_own_end_is_extrapolated_since_1(seed, n_samples, rate):
    """Behind the last frame its magnitudes go on as from the last but one to the last, and its phases stand still."""
    librosa = pytest.importorskip("librosa")
    waveform = np.random.default_rng(seed).standard_normal(n_samples)
    frames = stft(waveform, n_fft=512, hop_length=128).T
    places, last = places_to_read(len(frames), rate), len(frames) - 1
    stretched = phase_vocoder(frames, places)
    if since_1(librosa):
        behind = places > last
        before_last, at_last = np.abs(frames[-2:])
        magnitude = at_last + (places[behind, np.newaxis] - last) * (at_last - before_last)
        stretched[behind] = magnitude * np.exp(1j * np.angle(stretched[places >= last][:1]))
    expected = istft(stretched.T, n_fft=512, hop_length=128, length=round(n_samples / rate))
    with silence_warnings():
        theirs = librosa.effects.time_stretch(waveform, rate=rate, n_fft=512)
    _assert_near(theirs, expected, TOLERANCE[np.float64])


@pytest.mark.parametrize(("n_samples", "n_nan"), [(1, 1), (511, 639), (512, 0)])
def test_one_frame_is_stretched_as_by_librosa_0_11(rng, n_samples, n_nan):
    """From one frame nothing can be extrapolated: all that librosa 1.0 makes of it is NaN."""
    librosa = pytest.importorskip("librosa")
    waveform = rng.standard_normal(n_samples)
    with silence_warnings():
        theirs = librosa.effects.time_stretch(waveform, rate=0.8)
    assert np.isnan(theirs).sum() == (n_nan if since_1(librosa) else 0)
    _assert_near(time_stretch(waveform, rate=0.8), stretch_before_silence(waveform, rate=0.8), TOLERANCE[np.float64])


@pytest.mark.parametrize("rate", [0.7, 1.4])
def test_quiet_frequencies_keep_their_phase_until_they_are_loud(chirp, rate):
    """A sweep reaches each frequency late: a transform in float32 would have lost its phase by then."""
    exact = time_stretch(chirp.astype(np.float64), rate=rate)
    _assert_near(time_stretch(chirp, rate=rate), exact, TOLERANCE[np.float32])


def test_it_equals_the_stored_reference():
    with np.load(REFERENCE) as reference:
        for rate in (0.7, 1.3):
            _assert_near(
                time_stretch(reference["waveform"], rate=rate), reference[f"stretched_{rate}"], TOLERANCE[np.float32]
            )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rate_one_changes_nothing(chirp, dtype):
    waveform = chirp.astype(dtype)
    unchanged = time_stretch(waveform, rate=1.0)
    assert unchanged.dtype == dtype
    assert unchanged.shape == waveform.shape
    covered = 1 + (len(waveform) // 512) * 512  # librosa's frames, and ours, end with the last whole hop
    np.testing.assert_allclose(unchanged[:covered], waveform[:covered], atol=2e-6 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("rate", [0.5, 0.8, 1.25, 2.0])
def test_a_tone_keeps_its_frequency_and_its_level(tone, rate):
    stretched = time_stretch(tone, rate=rate)
    assert stretched.shape == (round(len(tone) / rate),)
    inside = stretched[3000:-3000].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(inside * np.hanning(len(inside)), 2**19))
    assert spectrum.argmax() * SR / 2**19 == pytest.approx(440.0, abs=0.05)  # a bin of the padded transform: 0.04 Hz
    # The bins of one peak drift apart in phase, which costs level (Laroche & Dolson 1999): here up to 13 %.
    assert 0.85 * 0.5 < np.sqrt(2 * np.mean(inside**2)) < 1.01 * 0.5


def test_speech_events_move_in_time():
    bursts = np.zeros(2 * SR)
    for start in (0.4, 1.2):
        first = int(start * SR)
        bursts[first : first + 4000] = np.sin(2 * np.pi * 500 * np.arange(4000) / SR)
    slow = time_stretch(bursts, rate=0.5)
    loud = np.flatnonzero(np.abs(slow) > 0.3) / SR
    middle = 4000 / SR / 2
    for start in (0.4, 1.2):
        burst = loud[np.abs(loud - 2 * (start + middle)) < 0.5]
        assert burst.mean() == pytest.approx(2 * (start + middle), abs=0.03)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_batch_is_stretched_clip_by_clip(rng, dtype):
    batch = rng.standard_normal((2, 3, 5000)).astype(dtype)
    before = batch.copy()
    stretched = time_stretch(batch, rate=1.3)
    assert stretched.shape == (2, 3, 3846)
    for index in np.ndindex(2, 3):
        np.testing.assert_array_equal(stretched[index], time_stretch(batch[index], rate=1.3))
    np.testing.assert_array_equal(batch, before)


def test_one_sample_stays_one():
    for rate in (0.9, 1.0, 5.0):
        assert time_stretch(np.array([0.5]), rate=rate).shape == (1,)


def test_impossible_arguments_are_refused(tone):
    with pytest.raises(ValueError, match=r"rate: expected a positive number, got -0\.5"):
        time_stretch(tone, rate=-0.5)
    with pytest.raises(TypeError, match="waveform: expected float32 or float64 samples, got int16"):
        time_stretch(np.zeros(9, np.int16), rate=1.0)
