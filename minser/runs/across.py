"""A network on a corpus that it never heard: how much of what it learned is about emotion, and not about its corpus.

The clips are those whose emotion the network knows. It may still answer with an emotion that they do not have: such an
answer is wrong, and counts so. To leave these clips out would be kind, and would score a network by what it got right.

Comes in: a run folder and the folder of a corpus. Goes out: predictions, scores and the page that shows them.
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minser.corpus.dataset import IMAGES, OWN, Dataset, load_dataset
from minser.corpus.spelling import likeness
from minser.evaluation import report
from minser.evaluation.predictions import Predictions
from minser.evaluation.table import confusion_table
from minser.recipes import Augment, Recipe
from minser.runs import build, heard, run_folder
from minser.system import columns
from minser.system.atomic import write_atomic
from minser.system.words import counted


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """What a network said about another corpus.

    Attributes
    ----------
    table : Predictions
        Of the clips whose emotion it knows; the classes are the network's.
    scores : dict
        From `evaluation.report.score_predictions`, and ``left_out``: for each emotion that the network does not know
        the number of clips.
    heading : str
        Which network, and which corpus.
    """

    table: Predictions
    scores: dict[str, Any]
    heading: str

    def text(self, *, width: int = columns.ANY) -> str:
        """Return the page, for a window of so many columns."""
        return "\n".join([report.text(self.scores, self.heading, width=width), *confusions(self.scores, width=width)])


def confusions(scores: Mapping[str, Any], *, width: int) -> list[str]:
    """Return the lines that show what was left out, which answers no clip has, and the table of confusions.

    `scores` has ``left_out``, ``confusion``, and ``per_class`` in the order of the classes; of several networks
    ``seeds``.
    """
    of_all = f", each once for {counted(n_seeds, 'seed')}" if (n_seeds := len(scores.get("seeds", ()))) > 1 else ""
    confusion, names = np.array(scores["confusion"]), list(scores["per_class"])
    answers, clips = confusion.sum(axis=0), confusion.sum(axis=1)
    strange = {name: int(answers[i]) for i, name in enumerate(names) if answers[i] and not clips[i]}
    told = [
        f"left out, because the network does not know their emotion: {_listed(scores['left_out'])}",
        f"answers that no clip here has, counted as wrong: {_listed(strange)}{of_all if strange else ''}",
    ]
    return [
        *(columns.folded(line, columns=width) for line in told),
        "",
        f"true emotion by answer, in clips{of_all}:",
        "",
        confusion_table(confusion, names, width=width),
    ]


def load_whole(recipe: Recipe, root: Path) -> Dataset:
    """Return all clips of a corpus as a recipe's network sees them; its split and augmentation count for nothing.

    Raises
    ------
    OSError, ValueError
        If the corpus is bad.
    """
    whole = dataclasses.replace(
        recipe,
        augment=Augment(),
        data=dataclasses.replace(recipe.data, split="all"),
        training=dataclasses.replace(recipe.training, select="last", schedule="constant"),
    )
    return load_dataset(whole, root)


def unheard(run: Path, recipe: Recipe, root: Path) -> Dataset | None:
    """Return a corpus as a run's network sees it, or None where the run was trained on this corpus.

    Parameters
    ----------
    run : Path
        Run folder.
    recipe : Recipe
        Of the run; its `data` says which clips of the corpus are meant and who speaks, its split counts for nothing.
    root : Path
        Folder of the corpus.

    Raises
    ------
    OSError, ValueError
        If the corpus or the run are bad, or `check_unheard` refuses the corpus.
    """
    if not (run / heard.TRAINED_ON).is_file():
        return None  # nothing tells what it has heard
    dataset, parts = load_whole(recipe, root), heard.read_parts(run)
    own = parts[0]["source"]  # those that follow are of its first weights
    if IMAGES in (own, dataset.source) or (own == dataset.source and (own != OWN or _known(parts, dataset))):
        return None
    check_unheard(parts, dataset, f"{run} was trained on")
    return dataset


def check_unheard(parts: Iterable[heard.Part], dataset: Dataset, told: str) -> None:
    """Refuse a corpus of which a network has heard clips, or other clips of the same published corpus.

    Parameters
    ----------
    parts : iterable of Part
        What the network has heard: ``source`` and ``audio`` of each.
    dataset : Dataset
        The corpus.
    told : str
        How the error begins: who has heard it.

    Raises
    ------
    ValueError
        If it has.
    """
    parts = list(parts)
    if known := _known(parts, dataset):
        raise ValueError(
            f"{told} {counted(len(known), 'clip')} of {dataset.root}, such as {known[0]}: name another corpus"
        )
    here = dataset.source.split(", ")
    if same := {name for part in parts for name in part["source"].split(", ") if name != OWN}.intersection(here):
        raise ValueError(f"{told} clips of {min(same)}, and {dataset.root} holds more of it: name another corpus")


def _known(parts: Iterable[heard.Part], dataset: Dataset) -> list[str]:
    """Return the names of the clips whose audio is in some parts."""
    audio = {digest for part in parts for digest in part["audio"]}
    return [clip.name for clip, digest in zip(dataset.clips, dataset.features.digests, strict=True) if digest in audio]


def shared_labels(names: Sequence[str], dataset: Dataset, who: object) -> NDArray[np.intp]:
    """Return for each clip of a corpus its emotion's place among `names`, those of a network; -1 if it is not there.

    Raises
    ------
    ValueError
        If none is there; the error begins with `who`.
    """
    places = {likeness(name): place for place, name in enumerate(names)}
    labels = np.array([places.get(likeness(clip.emotion_name), -1) for clip in dataset.clips])
    if not (labels >= 0).any():
        raise ValueError(
            f"{who} knows {', '.join(names)}; {dataset.root} has {', '.join(dataset.names)}: no emotion is in both"
        )
    return labels


def predict(run: Path, recipe: Recipe, dataset: Dataset) -> tuple[Predictions, dict[str, int], int]:
    """Return what a run's best network says of the clips whose emotion it knows, how many others there are, its epoch.

    Raises
    ------
    OSError, ValueError
        If there is no whole network, or it knows no emotion of the corpus.
    """
    model, epoch, names, temperature = run_folder.load_model(run, recipe)
    labels = shared_labels(names, dataset, run)
    known = dataclasses.replace(dataset, names=names, labels=labels)
    table = build.predict_clips(recipe, known, model, np.flatnonzero(labels >= 0), temperature=temperature)
    left_out = Counter(clip.emotion_name for clip, label in zip(dataset.clips, labels, strict=True) if label < 0)
    return table, dict(left_out), epoch


def score(run: Path, recipe: Recipe, dataset: Dataset) -> Elsewhere:
    """Score a run's best network on the clips of a dataset whose emotion it knows.

    Raises
    ------
    OSError, ValueError
        As `predict`.
    """
    table, left_out, epoch = predict(run, recipe, dataset)
    scores = build.score_table(table, dataset) | {"left_out": left_out}
    heading = f"{recipe.name}, epoch {epoch}, on {dataset.source}, a corpus that it never heard"
    return Elsewhere(table, scores, heading)


def write(found: Elsewhere, out: Path) -> None:
    """Write predictions.csv, report.json, report.txt and plots/confusion.png into a folder that is no run.

    Raises
    ------
    FileExistsError
        If it is a run, whose own scores these would replace.
    OSError
        If it cannot be written to.
    """
    from minser import plots  # matplotlib takes a second to load: only where a picture is drawn

    if run_folder.is_run(out):
        raise FileExistsError(f"--out {out} is a run with scores of its own: name another folder")
    (out / "plots").mkdir(parents=True, exist_ok=True)
    write_atomic(out / "predictions.csv", found.table.to_text())
    write_atomic(out / "report.json", json.dumps(found.scores, indent=2) + "\n")
    write_atomic(out / "report.txt", found.text())
    figure = plots.confusion_figure(np.array(found.scores["confusion"]), found.table.names)
    plots.save(figure, out / "plots" / "confusion.png")


def _listed(counts: Mapping[str, int]) -> str:
    """Return how many clips there are in all, and of each emotion."""
    each = ", ".join(f"{n} {name}" for name, n in counts.items())
    return counted(sum(counts.values()), "clip") + (f" ({each})" if each else "")
