"""How the embedded corpus acts: what each emotion does to pitch, loudness, rhythm and throat.

Comes in: an emotion, how strongly it is acted, the mouth's settings. Goes out: a way of speaking, and contours of
pitch and loudness every 5 ms.
"""

import numpy as np
from numpy.typing import NDArray

from minser.corpus.toy.phones import FRAME_RATE, Articulation, smooth

_PITCH_LIMIT_ST = 18.0  # a throat reaches about this far from its own pitch
_LOUDNESS_SMOOTH_MS = 30.0
_TREMOR_DB_PER_ST = 4.0  # the loudness trembles with the pitch

Prosody = dict[str, float]
"""A way of speaking, by `_TABLE`'s names: pitch in semitones (st), loudness in dB, time, and the state of the throat.

Quantities in st and dB add to the speaker's own, the others multiply it.
"""

# The directions are those of the literature.
# - Angry, happy, sad, fearful, disgust: Murray & Arnott 1993 (J. Acoust. Soc. Am. 93), table I. Anger: very much
#   higher, much wider, abrupt changes on stressed syllables, tense articulation. Happiness: much higher and wider,
#   smooth upward inflections. Sadness: slightly slower, lower and narrower, downward inflections, slurring. Fear: much
#   faster, very much higher, irregular voicing (here jitter, shimmer and a tremor), precise articulation. Disgust: very
#   much slower and lower, grumbled (here creak), wide downward terminal inflections.
# - Energy and spectral tilt (loud voices are bright): Banse & Scherer 1996 (J. Pers. Soc. Psychol. 70).
# - Surprised, a high pitch that ends in a steep rise: after Cahn 1990 (J. Am. Voice I/O Soc. 8). Calm, close to
#   neutral but lower, slower, softer and more even: after tenderness in Juslin & Laukka 2003 (Psychol. Bull. 129).
# The sizes are ours, for teaching: what happens in time (slopes, glides, tremor, accents) is exaggerated, and what an
# average over time keeps (pitch level, rate, tilt, breath) is less than in real acting, so that a classifier has to
# look at the course of events.
_TABLE = {
    #                  neutral  calm  happy   sad  angry  fearful disgust surprised
    "level_st":        (  0.0,  -1.0,   3.0,  -1.0,   4.0,   4.0,  -2.0,   4.0),
    "slope_st":        ( -3.0,  -2.0,  -2.0,  -4.0,  -3.0,   0.0,  -4.0,   3.0),  # change from first to last
    "accent_st":       (  2.0,   1.0,   5.0,   1.0,   6.0,   2.0,   2.0,   4.0),  # arch over stressed syllables
    "glide_st":        (  0.0,   0.0,   6.0,  -4.0,  -6.0,   0.0,  -3.0,   5.0),  # rise in each; below 0: fall
    "final_st":        ( -1.0,  -1.0,   2.0,  -3.0,  -2.0,   0.0,  -6.0,  11.0),  # rise in the last syllable
    "tremor_st":       (  0.0,   0.0,   0.0,   0.0,   0.0,   0.9,   0.0,   0.0),  # depth of the tremor
    "pitch_smooth_ms": ( 80.0, 120.0,  80.0, 120.0,  30.0,  50.0,  80.0,  60.0),  # small: the pitch jumps
    "slope_db":        ( -4.0,  -3.0,  -2.0,  -9.0,  -2.0,  -2.0,  -6.0,  -1.0),  # of loudness, likewise
    "accent_db":       (  3.0,   1.5,   6.0,   1.0,   8.0,   3.0,   3.0,   4.0),  # of stressed syllables
    "glide_db":        (  0.0,   0.0,   3.0,  -4.0, -12.0,   0.0,  -3.0,   3.0),  # below 0: struck, let go
    "rate":            ( 1.00,  0.92,  1.05,  0.90,  1.05,  1.18,  0.86,  1.02),
    "stress_rate":     ( 0.72,  0.72,  0.72,  0.68,  0.76,  0.80,  0.60,  0.72),  # of stressed syllables
    "slur_ms":         ( 60.0,  90.0,  60.0, 110.0,  40.0,  50.0,  70.0,  50.0),  # the mouth's transitions
    "open_quotient":   ( 0.60,  0.62,  0.60,  0.62,  0.57,  0.60,  0.58,  0.59),  # this and below: `voice.Voice`
    "tilt_db":         (  6.0,   7.5,   5.0,   7.5,   4.0,   5.5,   6.5,   5.0),
    "breath":          ( 0.06,  0.09,  0.06,  0.09,  0.06,  0.09,  0.06,  0.08),
    "jitter":          ( 0.01,  0.01,  0.01,  0.01, 0.015,  0.02, 0.015,  0.01),
    "shimmer":         ( 0.03,  0.03,  0.03,  0.03,  0.05,  0.06,  0.06,  0.03),
    "creak_db":        (  0.0,   0.0,   0.0,   0.0,   0.0,   0.0,   2.5,   0.0),
}  # fmt: skip


def draw_prosody(emotion: int, *, strength: float, rng: np.random.Generator) -> Prosody:
    """Draw a way in which an emotion is spoken: each time the speaker uses some means more and others less.

    Parameters
    ----------
    emotion : int
        1 to 8, as in RAVDESS's file names.
    strength : float
        Factor on the distance from neutral: 0 is neutral, 1 the table above, more is exaggerated.
    rng : numpy.random.Generator
        Draws a further factor for each quantity, 0.5 to 1.4.

    Returns
    -------
    Prosody
    """
    values = {}
    for name, row in _TABLE.items():
        neutral, acted = row[0], row[emotion - 1]
        distance = strength * rng.uniform(0.5, 1.4)
        if name.endswith(("_st", "_db")):
            values[name] = neutral + distance * (acted - neutral)
        else:
            values[name] = neutral * (acted / neutral) ** distance
    return values


def contours(
    mouth: Articulation, manner: Prosody, *, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw the melody and the dynamics of an utterance.

    Parameters
    ----------
    mouth : Articulation
        Says where the syllables are.
    manner : Prosody
        How they are spoken.
    rng : numpy.random.Generator
        Draws the tremor's phase and its rate, 6.5 to 8.5 Hz.

    Returns
    -------
    pitch_st : ndarray of float64, shape (n_frames,)
        Pitch in semitones above the speaker's own.
    loudness_db : ndarray of float64, shape (n_frames,)
        Loudness in dB, of no particular level.
    """
    n_frames = mouth.position.size
    progress = np.linspace(-0.5, 0.5, n_frames)
    arch = mouth.stressed * np.sin(np.pi * mouth.position)
    ramp = mouth.position - 0.5
    cycles = rng.uniform() + rng.uniform(6.5, 8.5) * np.arange(n_frames) / FRAME_RATE
    tremor_st = manner["tremor_st"] * np.sin(2 * np.pi * cycles)

    pitch_st = manner["level_st"] + manner["slope_st"] * progress
    pitch_st += manner["accent_st"] * arch + manner["glide_st"] * mouth.stressed * ramp
    pitch_st += manner["final_st"] * mouth.last * mouth.position
    pitch_st = smooth(pitch_st, manner["pitch_smooth_ms"]) + tremor_st

    loudness_db = manner["slope_db"] * progress + manner["accent_db"] * mouth.stressed + manner["glide_db"] * ramp
    loudness_db = smooth(loudness_db, _LOUDNESS_SMOOTH_MS) + _TREMOR_DB_PER_ST * tremor_st
    return _PITCH_LIMIT_ST * np.tanh(pitch_st / _PITCH_LIMIT_ST), loudness_db
