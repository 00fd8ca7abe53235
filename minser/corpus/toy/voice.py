"""A speaking machine: glottal pulses and noise, shaped by a vocal tract of formants (Fant 1960, Klatt 1980).

Comes in: the mouth's settings, pitch and loudness every 5 ms, and a throat. Goes out: a waveform. Beside it lies what
stays the same in all clips of an actor, drawn by number and seed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minser.corpus.toy.phones import FRAME_RATE, Articulation
from minser.kernels.voice import resonate, smooth

# The formants above the third lie where a uniform tube of 17.5 cm, closed at one end, has them (Fant 1960).
_UPPER_FORMANTS_HZ = (3500.0, 4500.0, 5500.0)
_BANDWIDTHS_HZ = (70.0, 90.0, 150.0, 200.0, 250.0, 300.0)
_HISS_BANDWIDTH_HZ = 1500.0
_TILT_HZ = 3000.0


@dataclass(frozen=True)
class Voice:
    """What a throat is like at the moment of speaking."""

    tract_scale: float  # formants against those of an adult male: a shorter tract has higher ones
    open_quotient: float  # share of each period in which the glottis is open; large is soft
    tilt_db: float  # how far a low-pass lowers 3 kHz against 0 Hz; at least 0
    breath: float  # noise while the glottis is open
    jitter: float  # standard deviation of the periods, relative to their mean
    shimmer: float  # standard deviation of the pulses' heights, relative to their mean
    creak_db: float  # every second pulse is weaker by this


@dataclass(frozen=True)
class Actor:
    """A synthetic speaker: what stays the same in all of their clips."""

    pitch_hz: float
    tract_scale: float  # formants against those of an average man
    rate: float
    expression: float  # how far this actor exaggerates
    tilt_db: float
    breath: float
    roughness: float


def draw_actor(number: int, *, seed: int = 0) -> Actor:
    """Draw a speaker; women's pitch and formants lie above men's as in Peterson & Barney 1952, table II.

    Parameters
    ----------
    number : int
        1 to 24; odd numbers are men.
    seed : int
        The corpus's seed.

    Returns
    -------
    Actor
    """
    rng = np.random.default_rng([seed, number])
    is_male = number % 2 == 1
    return Actor(
        pitch_hz=(118 if is_male else 205) * 2 ** (rng.uniform(-4, 4) / 12),
        tract_scale=(1.0 if is_male else 1.16) * rng.uniform(0.93, 1.07),
        rate=rng.uniform(0.9, 1.1),
        expression=rng.uniform(0.85, 1.15),
        tilt_db=rng.uniform(-3, 5),
        breath=rng.uniform(0.3, 2.5),
        roughness=rng.uniform(0.6, 1.6),
    )


def speak(
    mouth: Articulation,
    pitch_hz: NDArray[np.float64],
    loudness_db: NDArray[np.float64],
    voice: Voice,
    *,
    sr: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Synthesise one utterance.

    Voiced and aspirated sound pass through a cascade of six formants, the noise of consonants beside it through one
    resonance, as in Klatt 1980 (J. Acoust. Soc. Am. 67, figure 6).

    Parameters
    ----------
    mouth : Articulation
        The mouth's settings, n_frames of 5 ms.
    pitch_hz, loudness_db : ndarray, shape (n_frames,)
        Fundamental frequency, and loudness in dB.
    voice : Voice
        The throat.
    sr : int
        Sample rate in Hz, a multiple of 200.
    rng : numpy.random.Generator
        Draws jitter, shimmer and noise.

    Returns
    -------
    ndarray of float64, shape (n_frames * sr // 200,)
        The waveform, of no particular level.
    """
    n_frames, hop_length = mouth.voicing.size, sr // FRAME_RATE
    frames = np.arange(n_frames * hop_length) / hop_length  # (n_samples,)

    def per_sample(track: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(frames, np.arange(n_frames), track)

    def per_frame(values: tuple[float, ...]) -> NDArray[np.float64]:
        return np.repeat(np.array(values)[:, None], n_frames, axis=1)

    pulses, flow = glottal_pulses(per_sample(pitch_hz), voice, sr=sr, rng=rng)
    glottal_noise, mouth_noise = rng.standard_normal((2, frames.size))
    voiced = _tilt(pulses, voice.tilt_db, sr=sr) + voice.breath * flow * glottal_noise
    throat = per_sample(mouth.voicing) * voiced + per_sample(mouth.aspiration) * glottal_noise

    formant_hz = voice.tract_scale * np.concatenate([mouth.formant_hz, per_frame(_UPPER_FORMANTS_HZ)])  # (6, n_frames)
    loudness = per_sample(10 ** (loudness_db / 20))
    speech = resonate(loudness * throat, formant_hz, per_frame(_BANDWIDTHS_HZ), sr=sr, hop_length=hop_length)
    hiss = loudness * per_sample(mouth.frication) * mouth_noise
    return speech + resonate(hiss, mouth.noise_hz[None], per_frame((_HISS_BANDWIDTH_HZ,)), sr=sr, hop_length=hop_length)


def glottal_pulses(
    pitch_hz: NDArray[np.float64], voice: Voice, *, sr: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Make a train of glottal pulses, each with a length and a height of its own.

    While the glottis opens the flow rises as ``3 t^2 - 2 t^3``, while it closes it falls as ``1 - t^2`` (Rosenberg
    1971, J. Acoust. Soc. Am. 49, pulse B); opening takes twice as long as closing. What leaves the lips is the
    flow's derivative.

    Parameters
    ----------
    pitch_hz : ndarray, shape (n_samples,)
        Fundamental frequency.
    voice : Voice
        Gives open quotient, jitter, shimmer and creak.
    sr : int
        Sample rate in Hz.
    rng : numpy.random.Generator
        Draws jitter and shimmer.

    Returns
    -------
    derivative : ndarray of float64, shape (n_samples,)
        The flow's derivative, by the time as a share of the period.
    flow : ndarray of float64, shape (n_samples,)
        The flow, from 0 to about 1.
    """
    phase = np.cumsum(pitch_hz) / sr  # in mean periods
    n_pulses = int(2 * phase[-1]) + 2  # twice as many as needed: pulses shortened by jitter must reach the end too
    lengths = np.clip(1 + voice.jitter * rng.standard_normal(n_pulses), 0.6, 1.4)
    heights = 1 + voice.shimmer * rng.standard_normal(n_pulses)
    heights[1::2] *= 10 ** (-voice.creak_db / 20)
    starts = np.cumsum(lengths) - lengths
    pulse = np.searchsorted(starts, phase, side="right") - 1  # (n_samples,): the pulse that sounds
    time = (phase - starts[pulse]) / lengths[pulse]  # 0 to 1 within the period

    opening, closing = voice.open_quotient * 2 / 3, voice.open_quotient / 3
    rise = np.minimum(time / opening, 1)
    fall = np.maximum((time - opening) / closing, 0)
    is_open = heights[pulse] * (time < voice.open_quotient)
    flow = is_open * (3 * rise**2 - 2 * rise**3 - fall**2)
    derivative = is_open * (6 * rise * (1 - rise) / opening - 2 * fall / closing)
    return derivative, flow


def _tilt(source: NDArray[np.float64], tilt_db: float, *, sr: int) -> NDArray[np.float64]:
    """Lower high frequencies by a one-pole low-pass that takes `tilt_db` from 3 kHz and nothing from 0 Hz."""
    if tilt_db <= 0:
        return source
    # |H(w)|^2 = (1 - p)^2 / (1 - 2 p cos w + p^2) = g, solved for the pole p that lies inside the unit circle.
    gain = 10 ** (-tilt_db / 10)
    half = (1 - gain * np.cos(2 * np.pi * _TILT_HZ / sr)) / (1 - gain)
    pole = half - np.sqrt(half**2 - 1)
    return smooth(source, pole=pole)
