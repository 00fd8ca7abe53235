import dataclasses

import numpy as np
import pytest
from scipy.signal import find_peaks

from minser.corpus.toy.phones import PHONES, Articulation
from minser.corpus.toy.voice import Voice, glottal_pulses, speak

SR = 16000
STEADY = Voice(tract_scale=1.0, open_quotient=0.6, tilt_db=0.0, breath=0.0, jitter=0.0, shimmer=0.0, creak_db=0.0)


def sustain(symbol, voice, *, pitch_hz, n_frames=100, frication=0.0, noise_hz=4000.0):
    """Half a second of one sound that does not change."""
    phone = PHONES[symbol]
    mouth = Articulation(
        formant_hz=np.tile(np.array(phone[:3])[:, None], n_frames),
        voicing=np.full(n_frames, 1.0 - (frication > 0)),
        frication=np.full(n_frames, frication),
        noise_hz=np.full(n_frames, noise_hz),
        **dict.fromkeys(("aspiration", "position", "stressed", "last"), np.zeros(n_frames)),
    )
    contour = np.full(n_frames, float(pitch_hz))
    return speak(mouth, contour, np.zeros(n_frames), voice, sr=SR, rng=np.random.default_rng(0))


def spectrum_db(waveform):
    return 20 * np.log10(
        np.abs(np.fft.rfft(waveform[SR // 4 : SR // 2] * np.hanning(SR // 4), SR)) + 1e-12
    )  # 1 Hz a bin


@pytest.mark.parametrize("tract_scale", [1.0, 1.16])
@pytest.mark.parametrize("symbol", ["ih", "ah", "aa", "ao"])
def test_a_sustained_vowel_has_its_formants(symbol, tract_scale):
    # A pulse every 50 ms: far apart, so that the spectrum of one pulse, not of harmonics, is seen.
    voice = dataclasses.replace(STEADY, tract_scale=tract_scale, open_quotient=0.05)
    waveform = sustain(symbol, voice, pitch_hz=20)
    envelope = np.convolve(spectrum_db(waveform), np.ones(41) / 41, mode="same")
    peaks, _ = find_peaks(envelope[:4000])
    for formant_hz in tract_scale * np.array(PHONES[symbol][:3]):
        # the source's slope and the neighbours move a peak by less than half a bandwidth, or 4 %
        assert np.abs(peaks - formant_hz).min() < max(45, 0.04 * formant_hz)


def test_pulses_come_at_the_pitch_and_repeat_exactly(rng):
    derivative, flow = glottal_pulses(np.full(SR, 125.0), STEADY, sr=SR, rng=rng)
    np.testing.assert_allclose(derivative[128:], derivative[:-128], atol=1e-9)  # 125 Hz: 128 samples
    assert len(find_peaks(flow)[0]) == 125
    assert flow.min() >= 0
    assert flow.max() == pytest.approx(1, abs=1e-3)


def test_derivative_is_the_flow_derivative(rng):
    pitch_hz = 100.0
    derivative, flow = glottal_pulses(np.full(SR, pitch_hz), STEADY, sr=SR, rng=rng)
    # The glottis shuts with a jump of the derivative: at these samples a difference quotient means nothing.
    smooth = np.abs(np.diff(derivative, n=2)) < 0.5
    slope = (flow[2:] - flow[:-2]) / 2 * SR / pitch_hz
    assert smooth.mean() > 0.97
    np.testing.assert_allclose(
        slope[smooth], derivative[1:-1][smooth], atol=0.1
    )  # of 10; the slope has a kink at opening


def test_glottis_is_open_for_its_quotient(rng):
    for open_quotient in (0.4, 0.7):
        voice = dataclasses.replace(STEADY, open_quotient=open_quotient)
        _, flow = glottal_pulses(np.full(SR, 100.0), voice, sr=SR, rng=rng)
        assert np.mean(flow > 0) == pytest.approx(open_quotient, abs=0.01)  # a sample of 160


def test_jitter_and_shimmer_have_the_size_that_they_say(rng):
    voice = dataclasses.replace(STEADY, jitter=0.05, shimmer=0.1)
    _, flow = glottal_pulses(np.full(10 * SR, 100.0), voice, sr=SR, rng=rng)
    periods = np.diff(np.flatnonzero(np.diff(flow > 0, prepend=0) == 1))
    heights = flow[find_peaks(flow)[0]]
    # 1000 pulses: the standard error of a standard deviation is 2 %, and samples round the periods
    assert np.std(periods) / np.mean(periods) == pytest.approx(0.05, rel=0.15)
    assert np.std(heights) / np.mean(heights) == pytest.approx(0.1, rel=0.15)


def test_creak_weakens_every_second_pulse(rng):
    voice = dataclasses.replace(STEADY, creak_db=6.0)
    _, flow = glottal_pulses(np.full(SR, 100.0), voice, sr=SR, rng=rng)
    heights = flow[find_peaks(flow)[0]]
    np.testing.assert_allclose(heights[1::2] / heights[::2], 10 ** (-6 / 20), rtol=1e-3)


def test_tilt_is_measured_at_3_khz():
    level = spectrum_db(sustain("ah", STEADY, pitch_hz=100))
    tilted = spectrum_db(sustain("ah", dataclasses.replace(STEADY, tilt_db=12.0), pitch_hz=100))
    assert (level - tilted)[3000] == pytest.approx(12, abs=0.2)
    assert (level - tilted)[100] < 0.2


def test_a_fricative_is_noise_at_its_place():
    waveform = sustain("s", STEADY, pitch_hz=100, frication=1.0, noise_hz=5200.0)
    envelope = np.convolve(spectrum_db(waveform), np.ones(801) / 801, mode="same")
    assert 4500 < envelope.argmax() < 5900  # noise, seen through a resonance of 1500 Hz
