"""One clip of RAVDESS and what its file name says.

Comes in: a path such as ``Actor_12/03-01-06-01-02-01-12.wav``. Goes out: a `Clip` with the seven fields of the name,
and the words for them.

The names are those of Livingstone and Russo (2018), PLoS ONE 13(5): e0196391, Table 2.
"""

import re
from dataclasses import dataclass
from pathlib import Path

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
"""The eight classes in RAVDESS's order; a clip's label is its emotion's place in this tuple."""

SPEECH, SONG = 1, 2
"""Values of `Clip.channel`."""

N_ACTORS = 24

_HIGHEST = {
    "modality": 3,
    "channel": 2,
    "emotion": len(EMOTIONS),
    "intensity": 2,
    "statement": 2,
    "repetition": 2,
    "actor": N_ACTORS,
}
_NAME = re.compile("-".join(["([0-9]{2})"] * len(_HIGHEST)))


@dataclass(frozen=True)
class Clip:
    """One sound file and the seven fields of its name, numbered from 1 as RAVDESS numbers them.

    Attributes
    ----------
    path : Path
        The sound file.
    modality : int
        1 sound and picture, 2 picture, 3 sound.
    channel : int
        1 speech, 2 song.
    emotion : int
        1 to 8, in the order of `EMOTIONS`.
    intensity : int
        1 normal, 2 strong; neutral clips have no strong version.
    statement : int
        1 "Kids are talking by the door", 2 "Dogs are sitting by the door".
    repetition : int
        1 or 2.
    actor : int
        1 to 24; odd numbers are men, even numbers women.
    """

    path: Path
    modality: int
    channel: int
    emotion: int
    intensity: int
    statement: int
    repetition: int
    actor: int

    @property
    def name(self) -> str:
        """The file's name without its ending: the same for a WAV file and its FLAC copy."""
        return self.path.stem

    @property
    def label(self) -> int:
        """Class number, 0 to 7: the emotion's place in `EMOTIONS`."""
        return self.emotion - 1

    @property
    def emotion_name(self) -> str:
        """The emotion as a word of `EMOTIONS`."""
        return EMOTIONS[self.label]

    @property
    def channel_name(self) -> str:
        """``"speech"`` or ``"song"``."""
        return ("speech", "song")[self.channel - 1]

    @property
    def intensity_name(self) -> str:
        """``"normal"`` or ``"strong"``."""
        return ("normal", "strong")[self.intensity - 1]

    @property
    def sex(self) -> str:
        """``"male"`` or ``"female"``, of the actor."""
        return "male" if self.actor % 2 else "female"


def parse_name(path: str | Path) -> Clip:
    """Read the seven fields of a RAVDESS file name.

    Parameters
    ----------
    path : str or Path
        A file; only its name is read, so it need not exist. The folder and the ending do not matter.

    Returns
    -------
    Clip

    Raises
    ------
    ValueError
        The name is not seven two-digit fields joined by "-", or a field has a number that RAVDESS does not
        use.

    Examples
    --------
    >>> clip = parse_name("Actor_12/03-01-06-01-02-01-12.wav")
    >>> clip.emotion_name, clip.channel_name, clip.sex
    ('fearful', 'speech', 'female')
    """
    path = Path(path)
    match = _NAME.fullmatch(path.stem)
    if match is None:
        raise ValueError(f"{path}: expected seven two-digit fields such as 03-01-06-01-02-01-12, got {path.stem!r}")
    values = [int(field) for field in match.groups()]
    for (field, highest), value in zip(_HIGHEST.items(), values, strict=True):
        if not 1 <= value <= highest:
            raise ValueError(f"{path}: the field {field} must be 01 to {highest:02d}, got {value:02d}")
    return Clip(path, *values)
