"""The clips of a RAVDESS folder.

Comes in: the folder that the corpus was unpacked to. Goes out: a sorted list of `Clip`.
"""

import itertools
import re
from pathlib import Path

from minser.corpus.clip import SONG, SPEECH, Clip, parse_name

_AUDIO_ONLY = 3  # Clip.modality
_ENDINGS = (".wav", ".flac")
_ACTOR_FOLDER = re.compile(r"actor_[0-9]{2}", re.IGNORECASE)
_PART_FOLDERS = ("speech", "song", "audio_speech_actors_01-24", "audio_song_actors_01-24")
_LAYOUTS = "Actor_NN/, speech/Actor_NN/, song/Actor_NN/, Audio_[Speech|Song]_Actors_01-24/Actor_NN/"


def find_clips(root: str | Path, *, speech: bool = True, song: bool = False) -> list[Clip]:
    """List the clips of a corpus folder.

    Parameters
    ----------
    root : str or Path
        A folder that holds `Actor_NN` folders, itself or inside `speech`, `song` or the folders that bear the
        names of the two archives; upper and lower case are the same. Clips are WAV or FLAC files under
        RAVDESS's names.
    speech, song : bool
        Which of the two parts to list; at least one.

    Returns
    -------
    list of Clip
        Sorted by channel, actor and name, so that an index into the list means the same clip on every
        machine.

    Raises
    ------
    FileNotFoundError
        `root` is no folder, or a part that was asked for has no clip in it.
    ValueError
        A clip is there twice (say, as WAV and as FLAC), or neither part was asked for.
    """
    wanted = {SPEECH: speech, SONG: song}
    if not any(wanted.values()):
        raise ValueError("find_clips: at least one of speech and song must be True, got False for both")
    clips = [clip for clip in scan(root)[0] if wanted[clip.channel]]
    for channel, word in ((SPEECH, "speech"), (SONG, "song")):
        if wanted[channel] and not any(clip.channel == channel for clip in clips):
            raise FileNotFoundError(f"{root}: no {word} clips found there (looked for .wav and .flac in {_LAYOUTS})")
    for clip, following in itertools.pairwise(clips):
        if clip.name == following.name:
            raise ValueError(
                f"the clip {clip.name} is there twice: {clip.path} and {following.path}; remove one of them"
            )
    return clips


def scan(root: str | Path) -> tuple[list[Clip], list[Path]]:
    """List all that lies in the actor folders of a corpus: clips, and files that are none.

    Parameters
    ----------
    root : str or Path
        A folder, as for `find_clips`.

    Returns
    -------
    clips : list of Clip
        Speech and song, sorted by channel, actor, name and path; a clip that is there twice is listed twice.
    foreign : list of Path
        Visible files that are no WAV or FLAC file, that bear another name than RAVDESS's, or whose name says
        that they belong to a video. `find_clips` passes them over.

    Raises
    ------
    FileNotFoundError
        `root` is no folder.
    """
    root = Path(root)
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder, expected one that holds a corpus")
    parts = [root, *(folder for folder in _folders(root) if folder.name.lower() in _PART_FOLDERS)]
    actors = [folder for part in parts for folder in _folders(part) if _ACTOR_FOLDER.fullmatch(folder.name)]
    # Hidden files are left out: macOS puts a ._twin beside each file of an archive.
    files = [file for actor in actors for file in actor.iterdir() if file.is_file() and file.name[0] != "."]
    found = {file: _as_clip(file) for file in files}
    clips = sorted(filter(None, found.values()), key=lambda clip: (clip.channel, clip.actor, clip.name, clip.path))
    return clips, sorted(file for file, clip in found.items() if clip is None)


def _folders(folder: Path) -> list[Path]:
    """Return the folders in a folder."""
    return [entry for entry in folder.iterdir() if entry.is_dir()]


def _as_clip(file: Path) -> Clip | None:
    """Return the clip that a file is, or None where it is none."""
    if file.suffix.lower() not in _ENDINGS:
        return None
    try:
        clip = parse_name(file)
    except ValueError:
        return None
    return clip if clip.modality == _AUDIO_ONLY else None
