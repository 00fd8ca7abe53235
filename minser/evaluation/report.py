"""From predictions to ``report.json`` and ``report.txt``.

Comes in: predictions, and for each clip sex, intensity and channel. Goes out: one dictionary made of plain numbers,
strings and lists (`score_predictions`), and the page of text that shows it (`text`), which needs nothing else.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minser.evaluation import metrics
from minser.evaluation.intervals import HEADLINES, LEVEL, confusion_per_actor, in_percent, score_seeds
from minser.evaluation.predictions import Predictions, count_speakers
from minser.evaluation.table import classification_table
from minser.system import columns
from minser.system.words import counted

_NUMBERS = 41
"""Columns of the classification report without its labels."""


def score_predictions(
    table: Predictions, groups: Mapping[str, Sequence[str]], *, rng: np.random.Generator, n_draws: int = 10_000
) -> dict[str, Any]:
    """Score predictions: all together, per class, and for each group of clips.

    Parameters
    ----------
    table : Predictions
        Who speaks in each clip is the unit that the bootstrap draws.
    groups : mapping
        What the clips are grouped by, ``sex``, ``intensity`` and ``channel``: of each clip a word, such as "female".
    rng : numpy.random.Generator
        Source of the bootstrap's draws.
    n_draws : int
        Number of draws.

    Returns
    -------
    dict
        Ready for JSON: ``classes`` (names), ``interval`` (how the intervals were made), ``n`` (clips),
        ``actors`` (how many; 0 where nobody said who speaks),
        each of `HEADLINES` as ``{"value": float, "interval": [low, high]}``,
        ``log_loss`` (nats), ``per_class`` (name to precision, recall, f1, support), ``per_sex``,
        ``per_intensity`` and ``per_channel`` (group to ``n``, ``actors`` and headlines), and ``confusion``
        (rows: true class). An interval is None where there are fewer than 2 actors.

    Raises
    ------
    ValueError
        If there are no clips, or labels or probabilities that are none.
    """
    confusion = metrics.confusion_matrix(table.y_true, table.y_pred, n_classes=len(table.names))

    def scores(chosen: NDArray[np.bool_]) -> dict[str, Any]:
        per_actor = confusion_per_actor(
            table.y_true[chosen], table.y_pred[chosen], actors=table.actors[chosen], n_classes=len(table.names)
        )
        headlines = score_seeds(per_actor[:, np.newaxis], rng=rng, n_draws=n_draws)
        counts = {"n": int(per_actor.sum()), "actors": count_speakers(table.actors[chosen])}
        return counts | {
            name: {"value": score["mean"], "interval": score["interval"]} for name, score in headlines.items()
        }

    per_class = {
        "precision": metrics.precision_per_class(confusion),
        "recall": metrics.recall_per_class(confusion),
        "f1": metrics.f1_per_class(confusion),
        "support": confusion.sum(axis=1),
    }
    return {
        "classes": list(table.names),
        "interval": {"method": "percentile bootstrap over actors", "level": LEVEL, "draws": n_draws},
        **scores(np.ones(len(table.files), dtype=bool)),
        "log_loss": metrics.log_loss(table.y_true, table.probs),
        "per_class": {name: {key: per_class[key][i].item() for key in per_class} for i, name in enumerate(table.names)},
        **{
            f"per_{kind}": {str(group): scores(np.array(words) == group) for group in np.unique(words)}
            for kind, words in groups.items()
        },
        "confusion": confusion.tolist(),
    }


def text(report: Mapping[str, Any], heading: str, *, width: int = columns.ANY) -> str:
    """Return the page that ``report.txt`` holds, or the same for a narrow window.

    Parameters
    ----------
    report : mapping
        What `score_predictions` returned, or the same read back from JSON.
    heading : str
        What was evaluated: model, protocol, part, and what this part shares with the training part.
    width : int
        Columns that there is room for: 53 and more.

    Returns
    -------
    str
        Heading, headline scores in percent, classification report and a table of groups.
    """
    confusion = np.array(report["confusion"])
    chance = 1 / np.count_nonzero(confusion.sum(axis=1))
    level, draws = report["interval"]["level"], report["interval"]["draws"]
    headlines = [f"{_title(name):>18} {_percent(report[name])}" for name in HEADLINES]
    shown = ("accuracy", "uar", "macro_f1")
    groups = [
        (f"{kind} {group}", str(scores["n"]), str(scores["actors"] or "?"), *(_percent(scores[name]) for name in shown))
        for kind in ("sex", "intensity", "channel")
        for group, scores in report[f"per_{kind}"].items()
    ]
    clips = counted(report["n"], "clip")
    speakers = counted(report["actors"], "speaker") if report["actors"] else "unknown speakers"
    notes = [
        f"[low, high]: {100 * level:.0f} % interval, percentile bootstrap over speakers, {draws} draws.",
        "[no interval]: fewer than 2 speakers, who tell nothing about others.",
        f"UAR: mean recall over the classes that occur; guessing gives {100 * chance:.1f}.",
    ]
    lines = [
        *(columns.folded(line, columns=width) for line in heading.splitlines()),
        "",
        f"{clips} of {speakers}, {len(report['classes'])} classes; in percent:",
        "",
        *headlines,
        f"{'log loss':>18} {report['log_loss']:6.3f} nats",
        "",
        *(columns.folded(note, columns=width) for note in notes),
        "",
        classification_table(confusion, [columns.shortened(name, width - _NUMBERS) for name in report["classes"]]),
        *columns.table([("", "clips", "speakers", *map(_title, shown)), *groups], ">>><<<", columns=width),
    ]
    return "\n".join(line.rstrip(" ") for line in lines) + "\n"


def _title(name: str) -> str:
    """Return a headline's name as it is written for people."""
    return name.replace("_", " ").replace("uar", "UAR").replace("f1", "F1")


def _percent(score: Mapping[str, Any]) -> str:
    """Return a score and its interval in percent."""
    return in_percent(score["value"], score["interval"], missing=" [no interval]", width=6)
