"""The published corpora of this field, whose files say in their names who speaks, and how.

Comes in: the folder that one of them was unpacked to, or one that holds several. Goes out: the clips.

Where the facts come from. EMO-DB: audEERING's data card (github.com/audeering/datasets) and emodb.bilderbar.info.
CREMA-D: README.md and LICENSE.txt of its repository. SAVEE: the catalogue of TensorFlow Datasets and the README in
github.com/robertjkeck2/EmoNet. TESS: the University of Toronto's description, in github.com/DagsHub/audio-datasets; its
misspelt file, as CREMA-D's, is reported by many who use it. RAVDESS: Livingstone and Russo (2018).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from minser.corpus import listing
from minser.corpus.clip import EMOTIONS, N_ACTORS
from minser.corpus.folders import Recording
from minser.system.words import counted


@dataclass(frozen=True)
class Corpus:
    """What is known of a corpus.

    Attributes
    ----------
    name : str
        What it is called.
    pattern : str
        Regular expression of the end of a path, without the file's ending, in upper or lower case. The groups
        ``speaker`` and ``emotion`` are codes.
    example : str
        A file of it.
    emotions : mapping of str to str
        For each code, in lower case, one of `EMOTIONS`, or a name that only this corpus has.
    speakers : mapping of str to str
        For each speaker "male", "female" or "unknown".
    n_clips : int
        How many clips were published; of EMO-DB in its first edition (the second has 816).
    licence, address, citation : str
        Its terms, where to get it, what to cite.
    misnamed : mapping of str to str
        Published files whose name breaks the rule, without ending, and what the name should be.
    """

    name: str
    pattern: str
    example: str
    emotions: Mapping[str, str]
    speakers: Mapping[str, str]
    n_clips: int
    licence: str
    address: str
    citation: str
    misnamed: Mapping[str, str] = field(default_factory=dict)


CORPORA = (
    Corpus(
        name="RAVDESS",
        pattern=r"(?<=actor_\d\d/)03-0[12]-(?P<emotion>\d\d)-0[12]-0[12]-0[12]-(?P<speaker>\d\d)",
        example="Actor_01/03-01-05-01-01-01-01.wav",
        emotions={f"{number:02d}": emotion for number, emotion in enumerate(EMOTIONS, 1)},
        speakers={f"{number:02d}": ("female", "male")[number % 2] for number in range(1, N_ACTORS + 1)},
        n_clips=2452,
        licence="CC BY-NC-SA 4.0: not for commercial use",
        address="https://zenodo.org/records/1188976",
        citation="Livingstone & Russo 2018 (PLoS ONE 13(5): e0196391)",
    ),
    Corpus(
        name="EMO-DB",
        pattern=r"(?P<speaker>\d\d)[ab]\d\d(?P<emotion>[a-z])[a-z]",
        example="wav/03a01Fa.wav",
        emotions={
            "n": "neutral",
            "f": "happy",
            "t": "sad",
            "w": "angry",
            "a": "fearful",
            "e": "disgust",
            "l": "boredom",
        },
        speakers={
            **dict.fromkeys(("03", "10", "11", "12", "15"), "male"),
            **dict.fromkeys(("08", "09", "13", "14", "16"), "female"),
        },
        n_clips=535,
        licence="CC0 1.0",
        address="http://emodb.bilderbar.info",
        citation="Burkhardt et al. 2005 (A database of German emotional speech, Interspeech)",
    ),
    Corpus(
        name="CREMA-D",
        pattern=r"(?P<speaker>\d{4})_[a-z]{3}_(?P<emotion>[a-z]{3})_(XX|LO|MD|HI)",
        example="AudioWAV/1001_DFA_ANG_XX.wav",
        emotions={"neu": "neutral", "hap": "happy", "sad": "sad", "ang": "angry", "fea": "fearful", "dis": "disgust"},
        speakers={str(number): "unknown" for number in range(1001, 1092)},
        n_clips=7442,
        licence="Open Database License 1.0",
        address="https://github.com/CheyneyComputerScience/CREMA-D",
        citation="Cao et al. 2014 (IEEE Transactions on Affective Computing 5(4): 377-390)",
        misnamed={"1040_ITH_SAD_X": "1040_ITH_SAD_XX"},
    ),
    Corpus(
        name="SAVEE",
        pattern=r"(?P<speaker>[a-z]{2})[_/](?P<emotion>[a-z]{1,2})\d\d",
        example="AudioData/DC/a01.wav",
        emotions={
            "n": "neutral",
            "h": "happy",
            "sa": "sad",
            "a": "angry",
            "f": "fearful",
            "d": "disgust",
            "su": "surprised",
        },
        speakers=dict.fromkeys(("DC", "JE", "JK", "KL"), "male"),
        n_clips=480,
        licence="given to those who register, for research",
        address="http://personal.ee.surrey.ac.uk/Personal/P.Jackson/SAVEE/",
        citation="Haq & Jackson 2009 (Speaker-dependent audio-visual emotion recognition, AVSP)",
    ),
    Corpus(
        name="TESS",
        pattern=r"(?P<speaker>[a-z]{3})_[^_/]+_(?P<emotion>[a-z]+)",
        example="OAF_angry/OAF_back_angry.wav",
        emotions={
            "neutral": "neutral",
            "happy": "happy",
            "sad": "sad",
            "angry": "angry",
            "fear": "fearful",
            "disgust": "disgust",
            "ps": "surprised",
        },
        speakers=dict.fromkeys(("OAF", "YAF"), "female"),
        n_clips=2800,
        licence="CC BY-NC-ND 4.0: not for commercial use",
        address="https://doi.org/10.5683/SP2/E8H2MF",
        citation="Pichora-Fuller & Dupuis 2020 (Toronto emotional speech set, Borealis)",
        misnamed={"OA_bite_neutral": "OAF_bite_neutral"},
    ),
)
"""The corpora that are known by their files' names. The pleasant surprise of TESS counts as surprised."""


class Told(NamedTuple):
    """What a file's name says: its corpus, its published name, the speaker, and the emotion in minser's words."""

    corpus: Corpus
    name: str
    speaker: str
    emotion: str


@dataclass(frozen=True)
class PublishedClip(Recording):
    """A clip of a published corpus.

    Attributes
    ----------
    corpus : str
        Name of its corpus.
    name : str
        Its published name, DC_a01 also where the file is ``DC/a01.wav``; after its corpus's if there are several.
    sex : str
        "male" or "female" of the speaker, "unknown" where the corpus does not say so.
    """

    corpus: str = ""
    name: str = ""
    sex: str = "unknown"

    channel_name = "speech"


def find_clips(root: Path, *, speech: bool = True, song: bool = False) -> tuple[list[PublishedClip], tuple[str, ...]]:
    """List the clips of the published corpora below a folder, and the names of their emotions.

    Parameters
    ----------
    root : Path
        The folder that a corpus was unpacked to, whatever folders it has, or one that holds several. Hidden files,
        caches and the embedded corpus are passed over.
    speech, song : bool
        Whether to list spoken and sung clips; RAVDESS alone has sung ones.

    Returns
    -------
    clips : list of PublishedClip
        Sorted by name; empty unless most sound files below `root` bear the names of a published corpus. Speakers are
        numbered from 1 over their sorted names, which begin with their corpus's if there are several.
    names : tuple of str
        The emotions that occur: those of `EMOTIONS` in their order, then others sorted.

    Raises
    ------
    ValueError
        If a sound file is none of the corpora's, a clip is there twice, or none is of the parts that are listed.
    """
    found, foreign = _scan(root)
    if len(found) <= len(foreign):
        return [], ()
    corpora = [corpus for corpus in CORPORA if any(told.corpus is corpus for told in found.values())]
    if foreign:
        known = " or ".join(f"{corpus.name}'s, such as {corpus.example}" for corpus in corpora)
        more = f"; {len(foreign)} files are so" if len(foreign) > 1 else ""
        raise ValueError(f"{foreign[0]}: expected a name like {known}, as most of {root} has: move it elsewhere{more}")
    heard = {path: told for path, told in found.items() if (song if told.name.startswith("03-02-") else speech)}
    if not heard:
        part = "spoken" if speech else "sung"
        raise ValueError(f"{root}: no {part} clips found, which data.speech and data.song ask for")
    emotions = {told.emotion for told in heard.values()}
    names = (*(name for name in EMOTIONS if name in emotions), *sorted(emotions.difference(EMOTIONS)))
    before = {corpus.name: f"{corpus.name} " if len(corpora) > 1 else "" for corpus in corpora}
    speakers = sorted({before[told.corpus.name] + told.speaker for told in heard.values()})
    clips: dict[str, PublishedClip] = {}
    for path, told in heard.items():
        corpus, prefix = told.corpus, before[told.corpus.name]
        clip = PublishedClip(
            path,
            label=names.index(told.emotion),
            emotion_name=told.emotion,
            actor=1 + speakers.index(prefix + told.speaker),
            speaker=prefix + told.speaker,
            corpus=corpus.name,
            name=prefix + told.name,
            sex=corpus.speakers[told.speaker],
        )
        if (twin := clips.setdefault(clip.name, clip)) is not clip:
            raise ValueError(f"the clip {clip.name} is there twice: {twin.path} and {path}; name the folder of one")
    return [clips[name] for name in sorted(clips)], names


def check_folders(root: Path) -> None:
    """Refuse own recordings of which a folder, which would be one label, holds a published corpus.

    Raises
    ------
    ValueError
        If most sounds of a folder bear the names of published corpora, which tell two emotions or more.
    """
    found, foreign = _scan(root)
    n_foreign = Counter(listing.place(file, root).partition("/")[0] for file in foreign)
    inside: dict[str, list[Told]] = defaultdict(list)
    for file, told in found.items():
        inside[listing.place(file, root).partition("/")[0]].append(told)
    for folder, clips in inside.items():
        if len({told.emotion for told in clips}) > 1 and len(clips) > n_foreign[folder]:
            raise ValueError(
                f"{root / folder}: expected sounds of one label, found {clips[0].corpus.name}, beside "
                f"{counted(len(foreign), 'file')} of another corpus: name the folder of one corpus, or say by "
                "data.label_pattern what the labels are"
            )


def sources(clips: Sequence[PublishedClip]) -> str:
    """Return the names of the corpora that clips are of, in the order of `CORPORA`."""
    names = {clip.corpus for clip in clips}
    return ", ".join(corpus.name for corpus in CORPORA if corpus.name in names)


def count(clips: Sequence[PublishedClip]) -> tuple[list[str], bool]:
    """Return a line for each corpus, how many of its published clips and speakers are there, and whether all are."""
    lines, is_complete = [], True
    for corpus in CORPORA:
        if own := [clip for clip in clips if clip.corpus == corpus.name]:
            n_speakers = len({clip.speaker for clip in own})
            found = f"{len(own)} of {corpus.n_clips} clips, {n_speakers} of {len(corpus.speakers)} speakers"
            lines.append(f"{corpus.name}: {found}; licence: {corpus.licence}")
            is_complete &= len(own) >= corpus.n_clips
    return lines, is_complete


def read_name(path: str) -> Told | None:
    """Return what the end of a path says, or None where it fits no corpus.

    Parameters
    ----------
    path : str
        With "/" between folders and without the file's ending.

    Examples
    --------
    >>> told = read_name("AudioData/DC/sa07")
    >>> told.corpus.name, told.name, told.speaker, told.emotion
    ('SAVEE', 'DC_sa07', 'DC', 'sad')
    """
    folder, _, stem = path.rpartition("/")
    for corpus in CORPORA:
        name = f"{folder}/{corpus.misnamed.get(stem, stem)}"
        if match := re.search(f"/({corpus.pattern})$", name, re.IGNORECASE):
            speaker, emotion = match["speaker"].upper(), corpus.emotions.get(match["emotion"].lower())
            if emotion and speaker in corpus.speakers:
                return Told(corpus, match[1].replace("/", "_"), speaker, emotion)
    return None


def _scan(root: Path) -> tuple[dict[Path, Told], list[Path]]:
    """Return what the names of all sound files below a folder say, and the files whose names say nothing."""
    sounds = sorted(file for file in listing.walk(root) if listing.is_sound(file) and not listing.is_hidden(file, root))
    told = {file: read_name(f"/{listing.place(file.with_suffix(''), root)}") for file in sounds}
    return {file: each for file, each in told.items() if each}, [file for file, each in told.items() if not each]
