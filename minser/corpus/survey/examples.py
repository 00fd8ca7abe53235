"""One clip of each emotion, by one speaker with the same words: what can be shown side by side.

Comes in: a list of clips. Goes out: an `Example` for each that is chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minser import audio
from minser.corpus.clip import Clip
from minser.corpus.survey import measurements

STATEMENTS = ("Kids are talking by the door", "Dogs are sitting by the door")
"""What is said, by number of the statement."""


@dataclass(frozen=True, eq=False)
class Example:
    """A clip and what its pictures need.

    Attributes
    ----------
    clip : Clip
        Which clip.
    waveform : ndarray of float32, shape (n_samples,)
        The whole clip at `survey.SR`.
    cuts_s : dict
        For each threshold of `survey.TOP_DBS`: start and end in seconds of what trimming keeps.
    spoken : ndarray of float32, shape (n_spoken,)
        What the first threshold keeps.
    mel_power : ndarray of float32, shape (survey.N_MELS, n_frames)
        Mel spectrogram of the spoken part.
    peak : float
        Largest absolute value of the spoken part.
    """

    clip: Clip
    waveform: NDArray[np.float32]
    cuts_s: dict[int, tuple[float, float]]
    spoken: NDArray[np.floating]
    mel_power: NDArray[np.floating]
    peak: float

    @property
    def name(self) -> str:
        """Emotion, intensity and peak, in words."""
        return f"{self.clip.emotion_name}, {self.clip.intensity_name}: peak {self.peak:.2g}"

    @property
    def sentence(self) -> str:
        """Who says, or sings, what."""
        clip = self.clip
        return f'Actor {clip.actor} ({clip.sex}, {clip.channel_name}): "{STATEMENTS[clip.statement - 1]}"'


def choose(clips: Sequence[Clip], *, actor: int | None = None) -> list[Clip]:
    """Choose a clip of each emotion.

    Parameters
    ----------
    clips : sequence of Clip
        One or more.
    actor : int, optional
        Who speaks; by default the actor with the lowest number.

    Returns
    -------
    list of Clip
        In the order of the emotions, all of one channel (speech before song) and one statement; of strong intensity
        where there is such.

    Raises
    ------
    ValueError
        If there is no clip of that actor.
    """
    actors = sorted({clip.actor for clip in clips})
    own = sorted(
        (clip for clip in clips if clip.actor == (actors[0] if actor is None else actor)),
        key=lambda clip: (clip.channel, clip.statement, -clip.intensity, clip.repetition),
    )
    if not own:
        raise ValueError(f"actor: expected one of {', '.join(map(str, actors))}, got {actor}")
    alike = [clip for clip in own if (clip.channel, clip.statement) == (own[0].channel, own[0].statement)]
    chosen = {clip.emotion: clip for clip in reversed(alike)}  # the first of each emotion
    return [chosen[emotion] for emotion in sorted(chosen)]


def load(clip: Clip) -> Example:
    """Read and measure one clip.

    Parameters
    ----------
    clip : Clip
        Which.

    Returns
    -------
    Example

    Raises
    ------
    OSError, ValueError
        It cannot be read; the message names it.
    """
    waveform, _ = audio.load(clip.path, sr=measurements.SR)
    cuts = [audio.trim_silence(waveform, top_db=top_db)[1] for top_db in measurements.TOP_DBS]
    spoken = waveform[slice(*cuts[0])]
    return Example(
        clip=clip,
        waveform=waveform,
        cuts_s={
            top_db: (a / measurements.SR, b / measurements.SR)
            for top_db, (a, b) in zip(measurements.TOP_DBS, cuts, strict=True)
        },
        spoken=spoken,
        mel_power=measurements.mel_power(spoken),
        peak=float(np.abs(spoken).max()),
    )
