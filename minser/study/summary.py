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
from minser.evaluation.intervals import in_percent
from minser.evaluation.metrics import accuracy, confusion_matrix, uar
from minser.evaluation.out_of_fold import Pooled, confusion_per_actor_and_seed, pool
from minser.evaluation.predictions import Predictions
from minser.evaluation.spread import score_seeds
from minser.recipes import Recipe
from minser.runs.build import score_table
from minser.study.one_fold import PREDICTIONS, Fold, read_result
from minser.system.provenance import describe

N_DRAWS = 10_000

_DETAILS = ("log_loss", "per_class", "per_sex", "per_intensity", "per_channel", "confusion")
"""What is taken over from a report on all rows: of each class and group, all seeds together."""


def pool_folds(folds: Sequence[Fold]) -> Pooled:
    """Return the test predictions of finished folds."""
    return pool(
        [(fold.recipe.data.fold, fold.recipe.training.seed, Predictions.read(fold.run / PREDICTIONS)) for fold in folds]
    )


def summarise(name: str, protocol: str, folds: Sequence[Fold], pooled: Pooled, dataset: Dataset) -> dict[str, Any]:
    """Return the content of ``summary.json``.

    Parameters
    ----------
    name, protocol : str
        What the result is called.
    folds : sequence of Fold
        Finished ones, as pooled.
    pooled : Pooled
        From `pool_folds`.
    dataset : Dataset
        Of any of the folds: its clips tell sex, intensity and channel.

    Returns
    -------
    dict
        ``heading`` (protocol, what its parts share), ``scores`` (see `spread.score_seeds`), ``minutes`` (mean of a
        training) and ``threads`` of it, ``parameters``, a row for each fold, details of classes and groups, the
        recipe's settings, and where it was computed. Minutes, threads and the place apart, each run says the same.

    Raises
    ------
    ValueError
        If two folds of a seed test the same clip, which would count twice, or a fold's result is damaged.
    """
    results = [read_result(fold.run) for fold in folds]
    _check_tested_once(pooled)
    full = score_table(pooled, dataset, n_draws=N_DRAWS)
    per_actor = confusion_per_actor_and_seed(pooled)
    timed = [result["minutes"] for result in results if result["minutes"] is not None]
    seeds = np.unique(pooled.seeds)
    settings = settings_of(folds[0].recipe, folds[0].run.name)
    return {
        "recipe": name,
        "protocol": protocol,
        "heading": (
            f"{name} under {protocol} ({name_of_split(results[0]['split'])}) on {dataset.source}: "
            f"{_extent(pooled)}, actors: {len(per_actor)}; the parts share {results[0]['shares'] or 'no speakers'}; "
            f"{_selection(folds, settings['model.weights'])}"
        ),
        "source": dataset.source,
        "shares": results[0]["shares"],
        "corpus": results[0]["corpus"],
        "seeds": seeds.tolist(),
        "interval": full["interval"],
        "scores": score_seeds(per_actor, rng=np.random.default_rng(0), n_draws=N_DRAWS),
        "parameters": results[0]["parameters"],
        "minutes": round(sum(timed) / len(timed), 2) if timed else None,
        "threads": results[0]["threads"],
        "folds": [_row(pooled, result) for result in results],
        **{detail: full[detail] for detail in _DETAILS},
        "settings": {name: settings[name] for name in settings if name not in ("data.fold", "training.seed")},
        "environment": describe(),
    }


def _extent(pooled: Pooled) -> str:
    """Return how often was trained, and on how many clips was tested."""
    n_folds, n_seeds = len(np.unique(pooled.folds)), len(np.unique(pooled.seeds))
    return f"folds: {n_folds}, seeds: {n_seeds}, test clips of a seed: {len(pooled.files) // n_seeds}"


def _selection(folds: Sequence[Fold], started_from: str) -> str:
    """Return which epoch was taken, and what the trainings started from."""
    rules = sorted({fold.recipe.training.select for fold in folds})
    return f"epoch: {', '.join(rules)}" + (f"; started from {started_from}" if started_from else "")


def settings_of(recipe: Recipe, run_name: str) -> dict[str, Any]:
    """Return a fold's settings without paths of this machine; another cross-validation goes by its folder's name."""
    settings = recipe.settings()
    weights = Path(recipe.model.weights)
    settings["model.weights"] = weights.parent.name if weights.name == run_name else weights.name
    settings["data.speakers_csv"] = Path(recipe.data.speakers_csv).name
    return settings


def name_of_split(split: str) -> str:
    """Return a split's name without the number of its fold."""
    return re.sub(r",? fold \d+", "", split)


def lines(summary: Mapping[str, Any]) -> list[str]:
    """Return what a person reads of a summary."""
    level, draws = 100 * summary["interval"]["level"], summary["interval"]["draws"]
    scores: Mapping[str, Mapping[str, Any]] = summary["scores"]
    return [
        summary["heading"],
        f"in percent: mean of the seeds, its {level:.0f} % interval over actors ({draws} draws), spread, each seed",
        *(f"{name.replace('_', ' '):>18} {_percent(score)}" for name, score in scores.items()),
    ]


def scores_of(fold: Fold) -> dict[str, float]:
    """Return accuracy and UAR of one fold's test part."""
    table = Predictions.read(fold.run / PREDICTIONS)
    return _scores(table.y_true, table.y_pred, len(table.names))


def _check_tested_once(pooled: Pooled) -> None:
    """Raise ValueError if a clip is in the test part of two folds of one seed."""
    first: dict[tuple[str, int], int] = {}
    for file, seed, fold in zip(pooled.files, pooled.seeds.tolist(), pooled.folds.tolist(), strict=True):
        if first.setdefault((file, seed), fold) != fold:
            raise ValueError(f"{file} is tested in fold {first[file, seed]} and again in fold {fold} of seed {seed}")


def _row(pooled: Pooled, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return one fold's row: what its test part and what its validation part said."""
    rows = (pooled.folds == result["fold"]) & (pooled.seeds == result["seed"])
    kept = ("fold", "seed", "epoch", "epochs", "train_accuracy", "val_uar", "val_accuracy", "val_loss")
    scores = _scores(pooled.y_true[rows], pooled.y_pred[rows], len(pooled.names))
    return {**{name: result[name] for name in kept}, **scores}


def _scores(y_true: Any, y_pred: Any, n_classes: int) -> dict[str, float]:
    """Return accuracy and UAR."""
    confusion = confusion_matrix(y_true, y_pred, n_classes=n_classes)
    return {"accuracy": float(accuracy(confusion)), "uar": float(uar(confusion))}


def _percent(score: Mapping[str, Any]) -> str:
    """Return a score in percent with interval, spread and seeds."""
    mean = in_percent(score["mean"], score["interval"], missing=" [one actor]")
    spread = "" if score["std"] is None else f"  +- {in_percent(score['std'])}"
    return f"{mean}{spread}  ({', '.join(map(in_percent, score['per_seed']))})"
