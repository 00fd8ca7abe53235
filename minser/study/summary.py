"""From finished folds to ``predictions.csv`` and ``summary.json``.

Comes in: folds and the dataset that they were trained on. Goes out: the pooled predictions, a dict of scores, and the
lines that show it.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minser.corpus.dataset import Dataset
from minser.evaluation.intervals import in_percent, score_seeds
from minser.evaluation.metrics import accuracy, confusion_matrix, uar
from minser.evaluation.predictions import Pooled, Predictions, confusion_per_actor_and_seed, count_speakers, pool
from minser.recipes import Recipe
from minser.runs import across
from minser.runs.build import score_table
from minser.study.one_fold import Fold, read_result
from minser.system import columns
from minser.system.provenance import describe

N_DRAWS = 10_000

_DETAILS = ("log_loss", "per_class", "per_sex", "per_intensity", "per_channel", "confusion")
"""What is taken over from a report on all rows: of each class and group, all seeds together."""

_OF_A_FOLD = ("fold", "seed", "epoch", "epochs", "train_accuracy", "val_uar", "val_accuracy", "val_loss")
"""What is taken over from a fold's result."""


def summarise(
    name: str, protocol: str, folds: Sequence[Fold], tables: Sequence[Predictions], dataset: Dataset
) -> tuple[Pooled, dict[str, Any]]:
    """Return the test predictions of finished folds, and the content of ``summary.json``.

    Parameters
    ----------
    name, protocol : str
        What the result is called.
    folds : sequence of Fold
        Finished ones.
    tables : sequence of Predictions
        What each says of its test part.
    dataset : Dataset
        Holds the clips that are tested, which tell sex, intensity and channel.

    Returns
    -------
    Pooled
        In the order of the folds.
    dict
        ``heading`` (protocol, what its parts share), ``scores`` (see `intervals.score_seeds`), ``minutes`` (mean of a
        training) and ``threads`` of it, ``parameters``, a row for each fold, details of classes and groups, the
        recipe's settings, and where it was computed. Minutes, threads and the place apart, each run says the same.

    Raises
    ------
    ValueError
        If two folds of a seed test the same clip, which would count twice, or a fold's result is damaged.
    """
    results = [read_result(fold.run) for fold in folds]
    pooled = pool([(result["fold"], result["seed"], table) for result, table in zip(results, tables, strict=True)])
    first: dict[tuple[str, int], int] = {}
    for file, seed, fold in zip(pooled.files, pooled.seeds.tolist(), pooled.folds.tolist(), strict=True):
        if first.setdefault((file, seed), fold) != fold:
            raise ValueError(f"{file} is tested in fold {first[file, seed]} and again in fold {fold} of seed {seed}")
    full = score_table(pooled, dataset, n_draws=N_DRAWS)
    per_actor = confusion_per_actor_and_seed(pooled)
    timed = [result["minutes"] for result in results if result["minutes"] is not None]
    n_speakers = count_speakers(pooled.actors)
    n_folds, seeds = len(np.unique(pooled.folds)), np.unique(pooled.seeds).tolist()
    settings = settings_of(folds[0].recipe, folds[0].run.name)
    split = re.sub(r",? fold \d+", "", results[0]["split"])
    return pooled, {
        "recipe": name,
        "protocol": protocol,
        "heading": (
            f"{name} under {protocol} ({split}) on {dataset.source}: folds: {n_folds}, seeds: {len(seeds)}, "
            f"test clips of a seed: {len(pooled.files) // len(seeds)}, speakers: {n_speakers or 'unknown'}; "
            f"the parts share {results[0]['shares'] or 'no speakers'}; {chosen(folds)}"
        ),
        "source": dataset.source,
        "shares": results[0]["shares"],
        "corpus": results[0]["corpus"],
        "seeds": seeds,
        "interval": full["interval"],
        "scores": score_seeds(per_actor, rng=np.random.default_rng(0), n_draws=N_DRAWS),
        "parameters": results[0]["parameters"],
        "minutes": round(sum(timed) / len(timed), 2) if timed else None,
        "threads": results[0]["threads"],
        "folds": [
            {kept: result[kept] for kept in _OF_A_FOLD} | scores_of(table)
            for result, table in zip(results, tables, strict=True)
        ],
        **{detail: full[detail] for detail in _DETAILS},
        "settings": {name: settings[name] for name in settings if name not in ("data.fold", "training.seed")},
        "environment": describe(),
    }


def chosen(folds: Sequence[Fold]) -> str:
    """Return which epoch is kept, and from what the folds started, if from anything."""
    rules = ", ".join(sorted({fold.recipe.training.select for fold in folds}))
    weights = settings_of(folds[0].recipe, folds[0].run.name)["model.weights"]
    return f"epoch: {rules}" + (f"; started from {weights}" if weights else "")


def settings_of(recipe: Recipe, run_name: str) -> dict[str, Any]:
    """Return a fold's settings without paths of this machine; another cross-validation goes by its folder's name."""
    weights = Path(recipe.model.weights)
    named = weights.parent.name if weights.name == run_name else weights.name
    return recipe.settings() | {"model.weights": named, "data.speakers_csv": Path(recipe.data.speakers_csv).name}


def lines(summary: Mapping[str, Any], *, width: int = columns.ANY) -> list[str]:
    """Return what a person reads of a summary, in no more than `width` columns of a window."""
    level, draws = 100 * summary["interval"]["level"], summary["interval"]["draws"]
    scores: Mapping[str, Mapping[str, Any]] = summary["scores"]
    rows = (
        columns.flowed(f"{name.replace('_', ' '):>18} ", _percent(each), columns=width) for name, each in scores.items()
    )
    told = f"its {level:.0f} % interval over speakers ({draws} draws), spread, each seed"
    return [
        columns.folded(summary["heading"], columns=width),
        columns.folded(f"in percent: mean of the seeds, {told}", columns=width),
        *(line for row in rows for line in row),
        *(across.confusions(summary, width=width) if "left_out" in summary else ()),
    ]


def scores_of(table: Predictions) -> dict[str, float]:
    """Return accuracy and UAR of a table."""
    confusion = confusion_matrix(table.y_true, table.y_pred, n_classes=len(table.names))
    return {"accuracy": float(accuracy(confusion)), "uar": float(uar(confusion))}


def in_words(table: Predictions) -> str:
    """Return accuracy and UAR of a table in percent, as text."""
    scores = scores_of(table)
    return f"UAR {100 * scores['uar']:.1f}, accuracy {100 * scores['accuracy']:.1f}"


def _percent(score: Mapping[str, Any]) -> list[str]:
    """Return a score in percent with interval, spread and seeds."""
    mean = in_percent(score["mean"], score["interval"], missing=" [one speaker]")
    spread = [] if score["std"] is None else [f"+- {in_percent(score['std'])}"]
    return [mean, *spread, f"({', '.join(map(in_percent, score['per_seed']))})"]
