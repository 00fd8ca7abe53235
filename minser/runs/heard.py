"""What a network was trained on, and whether another network that starts from it would be tested on the same.

A score is worth what its test part knows nothing of, and weights know the clips that they were trained on. So a run
keeps ``trained_on.json``, a list of its own training part and of those that its first weights had seen before:

    source     what the corpus was, as `Dataset.source`
    clips      their names
    audio      digests of their features, which tell the same audio under another name
    speakers   numbers of RAVDESS's actors, names of other speakers

Comes in: a dataset, run folders. Goes out: the list, or an error.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from minser.corpus.clip import Clip
from minser.corpus.dataset import IMAGES, Dataset
from minser.corpus.folders import Recording
from minser.corpus.spelling import composed, likeness
from minser.corpus.splits.leaks import SPEAKERS
from minser.system import json_file

TRAINED_ON = "trained_on.json"
_COMMON = ("RAVDESS", "synthetic voices", IMAGES)  # corpora that everybody may have
_SHAPE = [{"source": str, "clips": [str], "audio": [str], "speakers": [(int, str)]}]


Part = dict[str, Any]
"""What one training heard: the fields of the file."""


def training_parts(dataset: Dataset, first: Path | None) -> list[Part]:
    """Return what a network that trains on a dataset will have heard.

    Parameters
    ----------
    dataset : Dataset
        Its training part comes first.
    first : Path or None
        Run folder of the weights that it starts from, if it does.
    """
    clips = [dataset.clips[i] for i in dataset.split.train]
    own = {
        "source": dataset.source,
        "clips": sorted({clip.name for clip in clips}),
        "audio": sorted({dataset.features.digests[i] for i in dataset.split.train}),
        "speakers": sorted({_speaker(clip) for clip in clips}),
    }
    return [own, *(read_parts(first) if first else [])]


def without_own_names(part: Part) -> Part:
    """Return what may be given to others: of own recordings the digests alone."""
    return part if part["source"] in _COMMON else {**part, "clips": [], "speakers": []}


def to_text(parts: Iterable[Part]) -> str:
    """Return the text of ``trained_on.json``."""
    return json.dumps(list(parts), indent=0) + "\n"


def read_parts(run: Path) -> list[Part]:
    """Return what a run's network has heard.

    Raises
    ------
    OSError, ValueError
        If the list is not there or damaged.
    """
    return list(
        json_file.read(run / TRAINED_ON, _SHAPE, problem="damaged, and with it what the network was trained on")
    )


def check_unseen(run: Path, dataset: Dataset) -> None:
    """Refuse to start from a run that was trained on what is now held out.

    These are the clips of the validation and test parts and, where the split keeps speakers apart, who speaks in them.
    Names and speakers are compared within a corpus; images may be of any. A speaker in another spelling is the same
    (`likeness`). What the new training part has heard too, because the split puts copies there and says so, is no news.

    Raises
    ------
    OSError, ValueError
        If it was, or its list is not there or damaged.
    """
    split, (own,) = dataset.split, training_parts(dataset, None)
    for part in read_parts(run):
        shared = set(part["source"].split(", ")).intersection(dataset.source.split(", "))
        if shared and part["source"] != dataset.source and split.holds_out:
            raise ValueError(
                f"{run} was trained on {part['source']}, where names are others than in {dataset.source}: "
                "start from a run on the same corpora"
            )
        is_same_corpus = part["source"] == dataset.source or IMAGES in (part["source"], dataset.source)
        clips = set(map(composed, part["clips"])).difference(own["clips"]) if is_same_corpus else set()
        speakers = set(map(_alike, part["speakers"])) if is_same_corpus and SPEAKERS not in split.shares else set()
        audio = set(part["audio"]).difference(own["audio"])
        for i in np.union1d(split.val, split.test):
            clip = dataset.clips[i]
            is_known = clip.name in clips or dataset.features.digests[i] in audio
            if is_known or _alike(_speaker(clip)) in speakers:
                what = clip.name if is_known else f"the speaker of {clip.name}"
                raise ValueError(
                    f"{run} was trained on {what}, which {split.name} holds out: start from a run on the same parts"
                )


def _speaker(clip: Clip | Recording) -> int | str:
    """Return who speaks: of own recordings the name, because numbers are counted anew in every folder."""
    return clip.speaker if isinstance(clip, Recording) else clip.actor


def _alike(speaker: int | str) -> int | str:
    """Return what a speaker is compared by: another folder may spell their name in another way."""
    return likeness(speaker) if isinstance(speaker, str) else speaker
