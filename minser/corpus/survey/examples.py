"""One clip of each emotion, by one speaker with the same words: what can be shown side by side.

Comes in: a list of clips. Goes out: an `Example` for each that is chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minser import audio
from minser.corpus.clip import Clip
from minser.corpus.folders import Recording
from minser.corpus.survey import measurements

STATEMENTS = ("Kids are talking by the door", "Dogs are sitting by the door")
"""What is said, by number of the statement."""


@dataclass(frozen=True, eq=False)
class Example:
    """A clip and what its pictures need.

    Attributes
    ----------
    clip : Clip or Recording
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

    clip: Clip | Recording
    waveform: NDArray[np.float32]
    cuts_s: dict[int, tuple[float, float]]
    spoken: NDArray[np.floating]
    mel_power: NDArray[np.floating]
    peak: float

    @property
    def name(self) -> str:
        """Emotion, intensity if it is known, and peak, in words."""
        intensity = f", {self.clip.intensity_name}" if isinstance(self.clip, Clip) else ""
        return f"{self.clip.emotion_name}{intensity}: peak {self.peak:.2g}"

    @property
    def sentence(self) -> str:
        """Who says, or sings, what; of an own recording the speaker, if known."""
        clip = self.clip
        if isinstance(clip, Recording):
            return f"Speaker {clip.speaker}" if clip.speaker else "Own recordings"
        return f'Actor {clip.actor} ({clip.sex}, {clip.channel_name}): "{STATEMENTS[clip.statement - 1]}"'


def choose(clips: Sequence[Clip | Recording], *, actor: int | None = None) -> list[Clip | Recording]:
    """Choose a clip of each emotion.

    Parameters
    ----------
    clips : sequence of Clip or Recording
        One or more.
    actor : int, optional
        Who speaks; by default the actor with the lowest number.

    Returns
    -------
    list of Clip or Recording
        In the order of the emotions; of RAVDESS all of one channel (speech before song) and one statement, of strong
        intensity where there is such.

    Raises
    ------
    ValueError
        If there is no clip of that actor.
    """
    actors = sorted({clip.actor for clip in clips})
    own = sorted(
        (clip for clip in clips if clip.actor == (actors[0] if actor is None else actor)),
        key=_preference,
    )
    if not own:
        raise ValueError(f"actor: expected one of {', '.join(map(str, actors))}, got {actor}")
    alike = [clip for clip in own if _preference(clip)[:2] == _preference(own[0])[:2]]
    chosen = {clip.label: clip for clip in reversed(alike)}  # the first of each emotion
    return [chosen[emotion] for emotion in sorted(chosen)]


def _preference(clip: Clip | Recording) -> tuple[int, ...]:
    """Return what sorts the clips to be shown: channel and statement first, which all of them share."""
    if isinstance(clip, Recording):
        return (0, 0)
    return clip.channel, clip.statement, -clip.intensity, clip.repetition


def load(clip: Clip | Recording) -> Example:
    """Read and measure one clip.

    Parameters
    ----------
    clip : Clip or Recording
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
