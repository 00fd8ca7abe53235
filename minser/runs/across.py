"""A network on a corpus that it never heard: how much of what it learned is about emotion, and not about its corpus.

The clips are those whose emotion the network knows. It may still answer with an emotion that they do not have: such an
answer is wrong, and counts so. To leave these clips out would be kind, and would score a network by what it got right.

Comes in: a run folder and the folder of a corpus. Goes out: predictions, scores and the page that shows them.
"""

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minser.corpus.dataset import IMAGES, OWN, Dataset, load_dataset
from minser.corpus.spelling import likeness
from minser.evaluation import report
from minser.evaluation.predictions import Predictions
from minser.evaluation.table import confusion_table
from minser.recipes import Augment, Recipe
from minser.runs import build, heard, run_folder
from minser.system.atomic import write_atomic


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
    text : str
        The page.
    """

    table: Predictions
    scores: dict[str, Any]
    text: str


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
        If the corpus or the run are bad, or it is another corpus with clips in it that the network was trained on.
    """
    if not (run / heard.TRAINED_ON).is_file():
        return None  # nothing tells what it has heard
    whole = dataclasses.replace(
        recipe,
        augment=Augment(),
        data=dataclasses.replace(recipe.data, split="all"),
        training=dataclasses.replace(recipe.training, select="last", schedule="constant"),
    )
    dataset = load_dataset(whole, root)
    parts = heard.read_parts(run)
    known = {digest for part in parts for digest in part["audio"]}
    clips = [clip.name for clip, digest in zip(dataset.clips, dataset.features.digests, strict=True) if digest in known]
    own = parts[0]["source"]  # those that follow are of its first weights
    if IMAGES in (own, dataset.source) or (own == dataset.source and (clips or own != OWN)):
        return None
    if clips:
        raise ValueError(f"{run} was trained on {len(clips)} clips of {root}, such as {clips[0]}: name another corpus")
    return dataset


def score(run: Path, recipe: Recipe, dataset: Dataset) -> Elsewhere:
    """Score a run's best network on the clips of a dataset whose emotion it knows.

    Raises
    ------
    OSError, ValueError
        If there is no whole network, or it knows no emotion of the corpus.
    """
    model, epoch, names, temperature = run_folder.load_model(run, recipe)
    places = {likeness(name): place for place, name in enumerate(names)}
    labels = np.array([places.get(likeness(clip.emotion_name), -1) for clip in dataset.clips])
    if not (labels >= 0).any():
        raise ValueError(
            f"{run} knows {', '.join(names)}; {dataset.root} has {', '.join(dataset.names)}: no emotion is in both"
        )
    table = build.predict_clips(
        recipe,
        dataclasses.replace(dataset, names=names, labels=labels),
        model,
        np.flatnonzero(labels >= 0),
        temperature=temperature,
    )
    left_out = Counter(clip.emotion_name for clip, label in zip(dataset.clips, labels, strict=True) if label < 0)
    scores = build.score_table(table, dataset) | {"left_out": dict(left_out)}
    confusion = np.array(scores["confusion"])
    answers, clips = confusion.sum(axis=0), confusion.sum(axis=1)
    strange = {name: int(answers[i]) for i, name in enumerate(names) if answers[i] and not clips[i]}
    heading = f"{recipe.name}, epoch {epoch}, on {dataset.source}, a corpus that it never heard"
    lines = [
        report.text(scores, heading),
        f"left out, because the network does not know their emotion: {_listed(left_out)}",
        f"answers that no clip here has, counted as wrong: {_listed(strange)}",
        "",
        "true emotion by answer, in clips:",
        "",
        confusion_table(confusion, names),
    ]
    return Elsewhere(table, scores, "\n".join(lines))


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
    write_atomic(out / "report.txt", found.text)
    figure = plots.confusion_figure(np.array(found.scores["confusion"]), found.table.names)
    plots.save(figure, out / "plots" / "confusion.png")


def _listed(counts: dict[str, int]) -> str:
    """Return how many there are in all, and of each."""
    each = ", ".join(f"{n} {name}" for name, n in counts.items())
    return f"{sum(counts.values())} clips" + (f" ({each})" if each else "")
