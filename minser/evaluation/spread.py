"""The score of several seeds: mean, spread, and an interval over actors; and how far apart two protocols are.

A seed's score is counted over the out-of-fold predictions of all its folds; then the seeds are averaged. The interval
is of this average: a draw takes the same actors in every seed. Spread and interval answer two questions: what another
seed would give, and what other speakers would.

Comes in: confusion matrices (n_actors, n_seeds, n_classes, n_classes). Goes out: numbers.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minser.evaluation import metrics
from minser.evaluation.intervals import (
    Interval,
    Statistic,
    bootstrap_interval,
    draw_confusions,
    percentile_interval,
)

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


def score_seeds(per_actor: NDArray[np.int64], *, rng: np.random.Generator, n_draws: int = 10_000) -> dict[str, Any]:
    """Return each of `HEADLINES`, averaged over seeds.

    Parameters
    ----------
    per_actor : ndarray of int, shape (n_actors, n_seeds, n_classes, n_classes)
        From `out_of_fold.confusion_per_actor_and_seed`.
    rng, n_draws
        As in `intervals.draw_confusions`.

    Returns
    -------
    dict
        By the score's name: ``mean``, ``std`` (over seeds, n - 1 in the denominator; None for one seed),
        ``per_seed``, and ``interval`` (of the mean, over actors; None for fewer than 2 actors).
    """
    drawn = draw_confusions(per_actor, rng=rng, n_draws=n_draws) if len(per_actor) > 1 else None
    scores: dict[str, Any] = {}
    for name, statistic in HEADLINES.items():
        per_seed = statistic(per_actor.sum(axis=0))  # (n_seeds,)
        of_draws = None if drawn is None else statistic(drawn).mean(axis=-1)
        scores[name] = {
            "mean": float(per_seed.mean()),
            "std": float(per_seed.std(ddof=1)) if per_seed.size > 1 else None,
            "per_seed": per_seed.tolist(),
            "interval": None if of_draws is None else list(percentile_interval(of_draws, level=LEVEL)),
        }
    return scores


def gap_between(
    statistic: Statistic,
    per_actor: NDArray[np.int64],
    other_per_actor: NDArray[np.int64],
    *,
    rng: np.random.Generator,
    n_draws: int = 10_000,
) -> Interval:
    """Return by how much a score is higher under one protocol than under another, averaged over each one's seeds.

    Each draw holds the same actors for both, as in `intervals.paired_difference`; the clips may differ.

    Parameters
    ----------
    statistic
        As in `intervals.bootstrap_interval`.
    per_actor, other_per_actor : ndarray of int, shape (n_actors, n_seeds, n_classes, n_classes)
        Of the same actors; the numbers of seeds may differ.
    rng, n_draws
        As in `intervals.draw_confusions`.

    Raises
    ------
    ValueError
        If the numbers of actors differ, or there are fewer than 2.
    """
    n_seeds = per_actor.shape[1]

    def difference(confusions: NDArray[np.int64]) -> NDArray[np.float64]:
        scores = statistic(confusions)  # (..., n_seeds of both)
        return np.asarray(scores[..., :n_seeds].mean(axis=-1) - scores[..., n_seeds:].mean(axis=-1))

    both = np.concatenate([per_actor, other_per_actor], axis=1)
    return bootstrap_interval(difference, both, rng=rng, n_draws=n_draws, level=LEVEL)
