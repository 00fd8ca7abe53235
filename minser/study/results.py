"""The tables of results, made from the files that cross-validation leaves, and two results side by side.

Comes in: folders with ``summary.json``, as ``data/results/RECIPE/PROTOCOL``, and what the published systems' authors
report (``published.toml``). Goes out: two tables in Markdown, or lines of text.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from minser.corpus.dataset import ACTORS_KNOWN
from minser.evaluation.intervals import HEADLINES, gap_between, in_percent
from minser.evaluation.predictions import Pooled, confusion_per_actor_and_seed
from minser.evaluation.table import markdown
from minser.study.summary import N_DRAWS
from minser.system import columns, json_file
from minser.system.words import counted

_HEADS = {
    "system": "system",
    "claim": "its source: score, under its own protocol",
    "leaked": "what leaked there",
    "same": "minser, that protocol",
    "luna": "minser, luna: UAR [95 %]",
    "parameters": "parameters",
    "minutes": "minutes on 2 cores",
}
"""What stands above each column of the first table."""
_SHAPE = {
    **dict.fromkeys(("recipe", "protocol", "heading", "source"), str),
    **dict.fromkeys(("parameters", "threads"), int),
    "minutes": (float, None),
    "scores": {name: {"mean": float, "per_seed": [float], "interval": ([float, float], None)} for name in HEADLINES},
    "folds": [{"train_accuracy": (float, ...)}],
    "per_class": {str: {"recall": float}},
    "per_sex": {str: {"macro_f1": {"value": float}}},
}
"""What the tables and the comparison of two results read; older results lack the accuracy on the training part."""
_TITLES = {
    "accuracy": "accuracy",
    "uar": "UAR",
    "macro_f1": "macro F1",
    "weighted_precision": "weighted precision",
    "weighted_recall": "weighted recall",
    "weighted_f1": "weighted F1",
    "training_accuracy": "accuracy on the training part",
    "least_recall": "recall of the worst class",
    "macro_f1_men": "macro F1 of men",
    "macro_f1_women": "macro F1 of women",
}


def read_summary(folder: Path) -> dict[str, Any]:
    """Return the content of a folder's ``summary.json``.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is damaged.
    """
    try:
        file = folder / "summary.json"
        return dict(json_file.read(file, _SHAPE, problem="not a whole summary of a cross-validation"))
    except FileNotFoundError:
        raise FileNotFoundError(f"{folder}: no results of a cross-validation (it has no summary.json)") from None


def results_table(summaries: Iterable[Mapping[str, Any]]) -> str:
    """Return the table, a row for each system that was published or of which there are results.

    Minutes are those of one training. They are core-minutes divided by two, so that trainings beside each other and
    trainings on all cores can be compared.

    Parameters
    ----------
    summaries : iterable of mapping
        From `read_summary`.

    Raises
    ------
    ValueError
        If there are two of one recipe and protocol.
    """
    found, published = _by_recipe_and_protocol(summaries), _published()
    rows = (
        _row(recipe, published.get(recipe), found.get((recipe, "published")), found.get((recipe, "luna")))
        for recipe in dict.fromkeys([*published, *sorted(recipe for recipe, _ in found)])
    )
    return markdown(list(_HEADS.values()), ([row.get(column, "-") for column in _HEADS] for row in rows))


def _row(
    recipe: str, source: Mapping[str, Any] | None, same: Mapping[str, Any] | None, luna: Mapping[str, Any] | None
) -> dict[str, str]:
    """Return the known cells of a system: of its source, under the source's protocol, and under luna."""
    row = {"system": f"`{recipe}`"}
    if source:
        metric, score = next(iter(source["scores"].items()))
        row |= {"claim": f"{_TITLES[metric]} {score:.1f}: {source['protocol']}", "leaked": source["leaked"]}
        if same:
            row["same"] = f"{_TITLES[metric]} {_percent(same['scores'][metric])}"
    if luna:
        row["luna"] = _percent(luna["scores"]["uar"])
    for known in filter(None, (same, luna)):  # what both tell is taken from luna
        row["parameters"] = f"{known['parameters']:,}"
        if known["source"] != "RAVDESS":
            row["system"] = f"`{recipe}` ({known['source']})"
        if known["minutes"] is not None:
            row["minutes"] = f"{known['minutes'] * known['threads'] / 2:.1f}"
    return row


def sources_table(summaries: Iterable[Mapping[str, Any]]) -> str:
    """Return a table of every score that a published system's authors report, beside ours under their protocol.

    Ours are means over the seeds; those of a class or a sex are of all seeds' predictions together.

    Raises
    ------
    ValueError
        If there are two of one recipe and protocol.
    """
    found = _by_recipe_and_protocol(summaries)
    rows = []
    for recipe, source in _published().items():
        same = found.get((recipe, "published"))
        for name, score in source["scores"].items():
            ours = _score(same, name) if same else None
            shown = "-" if ours is None else in_percent(ours)
            rows.append((f"`{recipe}`", _TITLES[name], f"{score:.1f}", shown))
    return markdown(("system", "score", "its source", "minser"), rows)


def _by_recipe_and_protocol(summaries: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the summaries under their names; ValueError if there are two of a name."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for summary in summaries:
        key = summary["recipe"], summary["protocol"]
        if key in found:
            raise ValueError(f"there are two results of {key[0]} under {key[1]}")
        found[key] = summary
    return found


def _published() -> dict[str, Any]:
    """Return the content of ``published.toml``."""
    return tomllib.loads(Path(__file__).with_name("published.toml").read_text(encoding="utf-8"))


def _score(summary: Mapping[str, Any], name: str) -> float | None:
    """Return one of the scores that `published.toml` names, from 0 to 1; None where it was not counted."""
    match name:
        case "training_accuracy":
            shares = [fold.get("train_accuracy") for fold in summary["folds"]]
            return None if None in shares else float(mean(shares))
        case "least_recall":
            return float(min(row["recall"] for row in summary["per_class"].values()))
        case "macro_f1_men" | "macro_f1_women":
            group = summary["per_sex"].get("male" if name.endswith("_men") else "female")  # own voices have none
            return None if group is None else float(group["macro_f1"]["value"])
    return float(summary["scores"][name]["mean"])


def _percent(score: Mapping[str, Any]) -> str:
    """Return a score in percent, its interval, and of how many seeds it is the mean."""
    return f"{in_percent(score['mean'], score['interval'])}, {counted(len(score['per_seed']), 'seed')}"


def side_by_side(first: Path, second: Path, *, width: int = columns.ANY) -> list[str]:
    """Return a table of the scores in two folders, and the first minus the second, with intervals over speakers.

    It takes no more than `width` columns of a window.

    Raises
    ------
    OSError, ValueError
        If a folder lacks ``summary.json`` or ``predictions.csv``, they are damaged, or the results are of two corpora
        or of different classes.
    """
    summaries = [read_summary(folder) for folder in (first, second)]
    tables = [Pooled.read(folder / "predictions.csv") for folder in (first, second)]
    if obstacle := _obstacle([each["source"] for each in summaries], tables):
        raise ValueError(f"{first} and {second} cannot be compared: {obstacle}")
    counts = [confusion_per_actor_and_seed(table, others=tables) for table in tables]
    rows = [("in percent", *(summary["protocol"] for summary in summaries), "gap")]
    for name, statistic in HEADLINES.items():
        gap = gap_between(statistic, *counts, rng=np.random.default_rng(0), n_draws=N_DRAWS)
        scores = [summary["scores"][name] for summary in summaries]
        cells = [in_percent(score["mean"], score["interval"]) for score in scores]
        shown = f"{100 * gap.value:+.1f} [{100 * gap.low:+.1f}, {100 * gap.high:+.1f}]"
        rows.append((name.replace("_", " "), *cells, shown))
    headings = [columns.folded(summary["heading"], columns=width) for summary in summaries]
    return [*headings, "", *columns.table(rows, "><<<", columns=width)]


def _obstacle(sources: Sequence[str], tables: Sequence[Pooled]) -> str:
    """Return why two results cannot be compared, an empty text if they can."""
    names = [", ".join(each.names) for each in tables]
    for what, (one, other) in (("on", sources), ("of the classes", names)):
        if one != other:
            return f"{what} {one}, and {what} {other}"
    first, second = (dict(zip(each.files, each.actors.tolist(), strict=True)) for each in tables)
    shared = first.keys() & second.keys()
    if sources[0] not in ACTORS_KNOWN and not (shared and all(first[clip] == second[clip] for clip in shared)):
        return "their clips or speakers are not the same"
    return ""
