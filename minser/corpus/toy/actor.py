"""The synthetic actors of the embedded corpus.

Comes in: an actor's number and the corpus's seed. Goes out: what stays the same in all of that actor's clips.
"""

from dataclasses import dataclass

import numpy as np


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
