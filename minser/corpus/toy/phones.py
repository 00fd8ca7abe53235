"""What the embedded corpus says: a table of speech sounds, two statements, and their course in time.

Comes in: the number of a statement, a speaking rate, a generator. Goes out: the mouth's settings every 5 ms
(`Articulation`), still without pitch and loudness.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d

FRAME_RATE = 200
"""Settings per second: Klatt's synthesiser, too, is steered every 5 ms."""

_VOICING_MS, _NOISE_MS = 25.0, 10.0  # widths of the transitions: noise is switched faster than the vocal folds
_END_FRAMES = 4


class Phone(NamedTuple):
    """One speech sound of an adult male speaker; amplitudes are relative to a vowel's voicing."""

    f1_hz: float
    f2_hz: float
    f3_hz: float
    duration_ms: float
    voicing: float = 1.0
    aspiration: float = 0.0  # noise at the glottis, shaped by the formants
    frication: float = 0.0  # noise at the teeth or the tongue, shaped by one resonance of its own
    noise_hz: float = 4000.0  # that resonance
    closure_ms: float = 0.0  # a stop: the mouth is shut before the sound
    closure_voicing: float = 0.0


# Formants of vowels: Peterson & Barney 1952 (J. Acoust. Soc. Am. 24), table II, men. Formants of consonants: after
# Klatt 1980 (J. Acoust. Soc. Am. 67), table III; "ng" has those of "g". All else is set by ear and eye.
PHONES = {
    "ih": Phone(390, 1990, 2550, 50),
    "iy": Phone(270, 2290, 3010, 40),
    "ah": Phone(640, 1190, 2390, 40),
    "aa": Phone(730, 1090, 2440, 70),
    "ao": Phone(570, 840, 2410, 80),
    "r": Phone(310, 1060, 1380, 45, voicing=0.8),
    "ng": Phone(200, 1990, 2850, 50, voicing=0.35),
    "dh": Phone(270, 1290, 2540, 25, voicing=0.5, frication=0.05, noise_hz=5800),
    "z": Phone(240, 1390, 2530, 45, voicing=0.25, frication=0.2, noise_hz=5200),
    "s": Phone(320, 1390, 2530, 60, voicing=0, frication=0.4, noise_hz=5200),
    "b": Phone(200, 1100, 2150, 10, 0.6, frication=0.1, noise_hz=1100, closure_ms=30, closure_voicing=0.15),
    "d": Phone(200, 1600, 2600, 10, 0.6, frication=0.3, noise_hz=4200, closure_ms=30, closure_voicing=0.15),
    "g": Phone(200, 1990, 2850, 15, 0.6, frication=0.25, noise_hz=2100, closure_ms=30, closure_voicing=0.15),
    "t": Phone(400, 1600, 2600, 25, 0, aspiration=0.15, frication=0.4, noise_hz=4500, closure_ms=35),
    "k": Phone(300, 1990, 2850, 30, 0, aspiration=0.2, frication=0.4, noise_hz=2100, closure_ms=35),
}

# Syllables of RAVDESS's two statements; a capital letter marks the stressed ones.
STATEMENTS = {
    1: ("K ih d z", "aa r", "T ao", "k ih ng", "b aa iy", "dh ah", "D ao r"),  # kids are talking by the door
    2: ("D ao g z", "aa r", "S ih", "t ih ng", "b aa iy", "dh ah", "D ao r"),  # dogs are sitting by the door
}


@dataclass(frozen=True)
class Articulation:
    """The mouth's settings, one column for each 5 ms."""

    formant_hz: NDArray[np.float64]  # (3, n_frames), of an adult male speaker
    voicing: NDArray[np.float64]  # (n_frames,), as are the others
    aspiration: NDArray[np.float64]
    frication: NDArray[np.float64]
    noise_hz: NDArray[np.float64]
    position: NDArray[np.float64]  # from 0 at the start of a syllable to 1 at its end
    stressed: NDArray[np.float64]  # 1 in a stressed syllable, else 0
    last: NDArray[np.float64]  # 1 in the last syllable, else 0


def articulate(
    statement: int, *, rate: float, stress_rate: float, slur_ms: float, rng: np.random.Generator
) -> Articulation:
    """Lay a statement's sounds out in time and let the mouth glide from one to the next.

    Parameters
    ----------
    statement : int
        1 (kids) or 2 (dogs).
    rate : float
        Speaking rate as a multiple of the table's.
    stress_rate : float
        Further factor in stressed syllables; below 1 they are drawn out.
    slur_ms : float
        Width of the formants' transitions in milliseconds.
    rng : numpy.random.Generator
        Draws the unevenness of the rhythm: up to 10 % in each sound's duration.

    Returns
    -------
    Articulation

    Raises
    ------
    KeyError
        If there is no such statement.
    """
    rows: list[tuple[float, ...]] = []  # frames, syllable, then the mouth's settings
    for number, syllable in enumerate(STATEMENTS[statement]):
        frames_per_ms = FRAME_RATE / 1000 / (rate * (stress_rate if syllable[0].isupper() else 1.0))
        for phone in (PHONES[symbol] for symbol in syllable.lower().split()):
            stretch = frames_per_ms * rng.uniform(0.9, 1.1)
            shape = (phone.f1_hz, phone.f2_hz, phone.f3_hz, phone.noise_hz)
            closed, opened = round(stretch * phone.closure_ms), max(1, round(stretch * phone.duration_ms))
            rows += [
                (closed, number, *shape, phone.closure_voicing, 0.0, 0.0),
                (opened, number, *shape, phone.voicing, phone.aspiration, phone.frication),
            ]
    rows.append((_END_FRAMES, number, *shape, 0.0, 0.0, 0.0))  # the last sound dies away

    table = np.array(rows)
    tracks = np.repeat(table[:, 1:].T, table[:, 0].astype(int), axis=1)  # (8, n_frames)
    syllables = tracks[0].astype(int)
    sizes = np.bincount(syllables)  # (n_syllables,)
    starts = np.cumsum(sizes) - sizes
    is_stressed = np.array([syllable[0].isupper() for syllable in STATEMENTS[statement]], dtype=np.float64)
    return Articulation(
        formant_hz=smooth(tracks[1:4], slur_ms),
        voicing=smooth(tracks[5], _VOICING_MS),
        aspiration=smooth(tracks[6], _NOISE_MS),
        frication=smooth(tracks[7], _NOISE_MS),
        noise_hz=tracks[4],
        position=(np.arange(syllables.size) - starts[syllables]) / sizes[syllables],
        stressed=is_stressed[syllables],
        last=(syllables == sizes.size - 1).astype(np.float64),
    )


def smooth(track: NDArray[np.float64], width_ms: float) -> NDArray[np.float64]:
    """Average along the last axis under a Hann window of the given full width; the edges are held.

    Parameters
    ----------
    track : ndarray, shape (..., n_frames)
        Values every 5 ms.
    width_ms : float
        Width in milliseconds.

    Returns
    -------
    ndarray of float64, shape (..., n_frames)
    """
    n_taps = 2 * round(width_ms / 2000 * FRAME_RATE) + 1
    window = np.hanning(n_taps + 2)[1:-1]
    return np.asarray(convolve1d(track, window / window.sum(), axis=-1, mode="nearest"))
