"""From predictions to ``report.json`` and ``report.txt``.

Comes in: true and predicted classes, probabilities, and for each clip who speaks, sex, intensity and channel. Goes out:
one dictionary made of plain numbers, strings and lists (`score_predictions`), and the page of text that shows it
(`text`), which needs nothing but that dictionary.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minser.evaluation import metrics
from minser.evaluation.intervals import (
    Statistic,
    confusion_per_actor,
    draw_confusions,
    in_percent,
    percentile_interval,
)
from minser.evaluation.table import classification_table

LEVEL = 0.95

HEADLINES: Mapping[str, Statistic] = {
    "accuracy": metrics.accuracy,
    "uar": metrics.uar,
    "macro_f1": metrics.macro_f1,
    "weighted_precision": lambda c: metrics.weighted_average(metrics.precision_per_class(c), c),
    "weighted_recall": lambda c: metrics.weighted_average(metrics.recall_per_class(c), c),
    "weighted_f1": lambda c: metrics.weighted_average(metrics.f1_per_class(c), c),
}
"""The scores that a report opens with, each with its interval."""


def score_predictions(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    probs: ArrayLike,
    *,
    actors: ArrayLike,
    sexes: ArrayLike,
    intensities: ArrayLike,
    channels: ArrayLike,
    names: Sequence[str],
    rng: np.random.Generator,
    n_draws: int = 10_000,
) -> dict[str, Any]:
    """Score predictions: all together, per class, and for each sex, intensity and channel.

    Parameters
    ----------
    y_true, y_pred : array_like of int, shape (n_clips,)
        Class numbers.
    probs : array_like of float, shape (n_clips, n_classes)
        Probabilities; every row sums to 1.
    actors : array_like, shape (n_clips,)
        Who speaks: the unit that the bootstrap draws.
    sexes, intensities, channels : array_like of str, shape (n_clips,)
        What the clips are grouped by, such as "female", "strong", "song".
    names : sequence of str
        Names of the classes, ``n_classes`` of them.
    rng : numpy.random.Generator
        Source of the bootstrap's draws.
    n_draws : int
        Number of draws.

    Returns
    -------
    dict
        Ready for JSON: ``classes`` (names), ``interval`` (how the intervals were made), ``n`` (clips),
        ``actors`` (how many), each of `HEADLINES` as ``{"value": float, "interval": [low, high]}``,
        ``log_loss`` (nats), ``per_class`` (name to precision, recall, f1, support), ``per_sex``,
        ``per_intensity`` and ``per_channel`` (group to ``n``, ``actors`` and headlines), and ``confusion``
        (rows: true class). An interval is None where there are fewer than 2 actors.

    Raises
    ------
    ValueError
        If an argument has another shape than stated, or holds labels or probabilities that are none.
    """
    true, pred, who = np.asarray(y_true), np.asarray(y_pred), np.asarray(actors)
    n_classes = len(names)
    confusion = metrics.confusion_matrix(true, pred, n_classes=n_classes)
    if np.shape(probs) != (true.size, n_classes):
        raise ValueError(f"probs: expected shape ({true.size}, {n_classes}), got {np.shape(probs)}")
    if who.shape != true.shape:
        raise ValueError(f"actors: expected shape {true.shape}, one per clip, got {who.shape}")

    def scores(chosen: NDArray[np.bool_]) -> dict[str, Any]:
        per_actor = confusion_per_actor(true[chosen], pred[chosen], actors=who[chosen], n_classes=n_classes)
        return _headlines(per_actor, rng=rng, n_draws=n_draws)

    def per_group(argument: str, values: ArrayLike) -> dict[str, Any]:
        groups = np.asarray(values)
        if groups.shape != true.shape:
            raise ValueError(f"{argument}: expected shape {true.shape}, one per clip, got {groups.shape}")
        return {str(group): scores(groups == group) for group in np.unique(groups)}

    return {
        "classes": list(names),
        "interval": {"method": "percentile bootstrap over actors", "level": LEVEL, "draws": n_draws},
        **scores(np.ones(true.shape, dtype=bool)),
        "log_loss": metrics.log_loss(true, probs),
        "per_class": _per_class(confusion, names),
        "per_sex": per_group("sexes", sexes),
        "per_intensity": per_group("intensities", intensities),
        "per_channel": per_group("channels", channels),
        "confusion": confusion.tolist(),
    }


def text(report: Mapping[str, Any], heading: str) -> str:
    """Return the page that ``report.txt`` holds.

    Parameters
    ----------
    report : mapping
        What `score_predictions` returned, or the same read back from JSON.
    heading : str
        What was evaluated: model, protocol, part, and what this part shares with the training part.

    Returns
    -------
    str
        Heading, headline scores in percent, classification report and a table of groups.
    """
    confusion = np.array(report["confusion"])
    chance = 1 / np.count_nonzero(confusion.sum(axis=1))
    method, level, draws = (report["interval"][key] for key in ("method", "level", "draws"))
    headlines = [f"{_title(name):>18} {_percent(report[name])}" for name in HEADLINES]
    groups = [
        (f"{kind} {group}", scores)
        for kind in ("sex", "intensity", "channel")
        for group, scores in report[f"per_{kind}"].items()
    ]
    shown = ("accuracy", "uar", "macro_f1")
    width = max(len(label) for label, _ in groups)
    lines = [
        heading,
        "",
        f"{report['n']} clips of {report['actors']} actors, {len(report['classes'])} classes; in percent:",
        "",
        *headlines,
        f"{'log loss':>18} {report['log_loss']:6.3f} nats",
        "",
        f"[low, high]: {100 * level:.0f} % interval, {method}, {draws} draws.",
        "[no interval]: fewer than 2 actors, who tell nothing about other actors.",
        f"UAR: mean recall over the classes that occur; guessing gives {100 * chance:.1f}.",
        "",
        classification_table(confusion, report["classes"]),
        f"{'':{width}}  clips  actors" + "".join(f"  {_title(name):<20}" for name in shown),
        *(
            f"{label:>{width}}  {scores['n']:5d}  {scores['actors']:6d}"
            + "".join(f"  {_percent(scores[name]):<20}" for name in shown)
            for label, scores in groups
        ),
    ]
    return "\n".join(line.rstrip(" ") for line in lines) + "\n"


def _headlines(per_actor: NDArray[np.int64], *, rng: np.random.Generator, n_draws: int) -> dict[str, Any]:
    """Return counts and headline scores of some clips; all scores share the drawn actors."""
    confusion = per_actor.sum(axis=0)  # (n_classes, n_classes)
    n_actors = len(per_actor)
    drawn = draw_confusions(per_actor, rng=rng, n_draws=n_draws) if n_actors > 1 else None
    scores: dict[str, Any] = {"n": int(confusion.sum()), "actors": n_actors}
    for name, statistic in HEADLINES.items():
        interval = None if drawn is None else list(percentile_interval(statistic(drawn), level=LEVEL))
        scores[name] = {"value": float(statistic(confusion)), "interval": interval}
    return scores


def _per_class(confusion: NDArray[np.int64], names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return precision, recall, F1 and number of clips under each class's name."""
    columns = zip(
        metrics.precision_per_class(confusion).tolist(),
        metrics.recall_per_class(confusion).tolist(),
        metrics.f1_per_class(confusion).tolist(),
        confusion.sum(axis=1).tolist(),
        strict=True,
    )
    keys = ("precision", "recall", "f1", "support")
    return {name: dict(zip(keys, row, strict=True)) for name, row in zip(names, columns, strict=True)}


def _title(name: str) -> str:
    """Return a headline's name as it is written for people."""
    return name.replace("_", " ").replace("uar", "UAR").replace("f1", "F1")


def _percent(score: Mapping[str, Any]) -> str:
    """Return a score and its interval in percent."""
    return in_percent(score["value"], score["interval"], missing=" [no interval]", width=6)
