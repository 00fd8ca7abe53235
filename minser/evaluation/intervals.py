"""How far a score would move with other speakers: percentile bootstrap over actors.

Clips of one actor resemble each other, so 1,440 clips of 24 actors are 24 draws from the world and not
1,440: resampling clips gives intervals that are far too narrow. Here whole actors are drawn with
replacement (Davison & Hinkley, 1997, section 3.8), and the interval lies between two percentiles of the draws
(Efron & Tibshirani, 1993, section 13.3).

A draw keeps the classes of the test part. A class may have clips of a few speakers only; a draw without these speakers
has no recall of it. The average over the other classes would be the score of an easier test, and a recall of 0 would
blame the network for clips that were not there. So the draw takes this class's clips from the whole test part, which is
the best estimate of its recall. The draws then scatter around the score, as they do if draws that lack a class are
thrown away. Where every speaker has every class nothing is filled in. An interval stays too narrow where a class has
fewer than five speakers: they say little about others, and a single one nothing.

Comes in: one confusion matrix per actor, shape (n_actors, ..., n_classes, n_classes). Goes out: a score with its
interval. A draw of actors is a row of counts, and its confusion matrix is the sum of the actors' matrices with these
counts: one matrix product makes all 10,000.

A seed's score is counted over the out-of-fold predictions of all its folds; then the seeds are averaged. The interval
is of this average: a draw takes the same actors in every seed. Spread and interval answer two questions: what another
seed would give, and what other speakers would.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minser.evaluation import metrics
from minser.evaluation.metrics import confusion_matrix

Statistic = Callable[[NDArray[np.int64]], NDArray[np.float64]]
"""A score: confusion matrices (..., n_classes, n_classes) -> numbers (...), as all of ``metrics.py``."""

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


class Interval(NamedTuple):
    """A number and the two ends of its interval."""

    value: float
    low: float
    high: float


def in_percent(share: float, interval: Sequence[float] | None = None, *, missing: str = "", width: int = 0) -> str:
    """Return a score in percent, at least so wide, and its interval, or what to say where there is none.

    Examples
    --------
    >>> in_percent(0.655, (0.61, 0.697))
    '65.5 [61.0, 69.7]'
    """
    ends = missing if interval is None else f" [{', '.join(map(in_percent, interval))}]"
    return f"{100 * share:{width}.1f}{ends}"


def confusion_per_actor(
    y_true: ArrayLike, y_pred: ArrayLike, *, actors: ArrayLike, n_classes: int
) -> NDArray[np.int64]:
    """Count one confusion matrix per actor.

    Parameters
    ----------
    y_true, y_pred : array_like of int, shape (n_clips,)
        Class numbers.
    actors : array_like, shape (n_clips,)
        Who speaks in each clip.
    n_classes : int
        Number of classes.

    Returns
    -------
    ndarray of int64, shape (n_actors, n_classes, n_classes)
        ``confusion[actor, true, pred]``, actors in sorted order; the sum over actors is the confusion
        matrix of all clips.

    Raises
    ------
    ValueError
        If the lengths differ, or as `confusion_matrix`.
    """
    true, pred, who = np.asarray(y_true), np.asarray(y_pred), np.asarray(actors)
    confusion_matrix(true, pred, n_classes=n_classes)  # its checks name positions among all the clips
    if who.shape != true.shape:
        raise ValueError(f"actors: expected shape {true.shape}, one per clip, got {who.shape}")
    return np.stack([confusion_matrix(true[who == a], pred[who == a], n_classes=n_classes) for a in np.unique(who)])


def draw_confusions(
    per_actor: NDArray[np.int64], *, rng: np.random.Generator, n_draws: int = 10_000
) -> NDArray[np.int64]:
    """Draw as many actors as there are, with replacement, and sum their confusion matrices.

    A class that no drawn actor has, and other actors do, is counted on the clips of all actors.

    Parameters
    ----------
    per_actor : ndarray of int, shape (n_actors, ..., n_classes, n_classes)
        Counts of each actor. Axes between the first and the last two (systems, seeds) share the drawn actors.
    rng : numpy.random.Generator
        Source of the draws.
    n_draws : int
        Number of draws.

    Returns
    -------
    ndarray of int64, shape (n_draws, ..., n_classes, n_classes)
        One confusion matrix per draw.

    Raises
    ------
    ValueError
        If there are fewer than 2 actors: one actor tells nothing about others.
    """
    n_actors = per_actor.shape[0]
    if n_actors < 2:
        raise ValueError(f"per_actor: expected at least 2 actors to draw from, got {n_actors}")
    times = rng.multinomial(n_actors, np.full(n_actors, 1 / n_actors), size=n_draws)  # (n_draws, n_actors)
    drawn, whole = np.tensordot(times, per_actor, axes=1), per_actor.sum(axis=0)
    return np.where(drawn.any(axis=-1, keepdims=True), drawn, whole)


def percentile_interval(draws: NDArray[np.float64], *, level: float = 0.95) -> tuple[float, float]:
    """Return the central interval of bootstrap draws (Efron & Tibshirani, 1993, section 13.3).

    Parameters
    ----------
    draws : ndarray of float, shape (n_draws,)
        The score under each draw.
    level : float
        Share of the draws inside, from 0 to 1.

    Returns
    -------
    low, high : float
        Quantiles ``(1 - level) / 2`` and ``(1 + level) / 2``, interpolated linearly between draws.

    Raises
    ------
    ValueError
        If `level` is not from 0 to 1.

    Examples
    --------
    >>> percentile_interval(np.arange(101.0), level=0.5)
    (25.0, 75.0)
    """
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bootstrap_interval(
    statistic: Statistic,
    per_actor: NDArray[np.int64],
    *,
    rng: np.random.Generator,
    n_draws: int = 10_000,
    level: float = 0.95,
) -> Interval:
    """Return a score with its interval over actors.

    Parameters
    ----------
    statistic : callable
        A score of ``metrics.py``, or any function of confusion matrices (..., n_classes, n_classes) that
        returns (...). A mean over seeds is ``lambda confusion: uar(confusion).mean(axis=-1)`` on
        `per_actor` with an axis of seeds.
    per_actor : ndarray of int, shape (n_actors, ..., n_classes, n_classes)
        From `confusion_per_actor`, for one system, or stacked along axis 1 for several seeds.
    rng, n_draws
        As in `draw_confusions`.
    level
        As in `percentile_interval`.

    Returns
    -------
    Interval
        The score on all clips, and the ends of its interval.

    Raises
    ------
    ValueError
        If there are fewer than 2 actors, or `level` is not from 0 to 1.
    """
    draws = statistic(draw_confusions(per_actor, rng=rng, n_draws=n_draws))
    return Interval(float(statistic(per_actor.sum(axis=0))), *percentile_interval(draws, level=level))


def paired_difference(
    statistic: Statistic,
    per_actor: NDArray[np.int64],
    other_per_actor: NDArray[np.int64],
    *,
    rng: np.random.Generator,
    n_draws: int = 10_000,
    level: float = 0.95,
) -> Interval:
    """Return by how much one system beats another on the same clips, with its interval over actors.

    Each draw holds the same actors for both systems. What makes an actor hard makes it hard for both and
    cancels, so this interval is narrower than the two systems' own intervals suggest; it shows a difference
    where 0 is outside.

    Parameters
    ----------
    statistic : callable
        As in `bootstrap_interval`.
    per_actor, other_per_actor : ndarray of int, shape (n_actors, ..., n_classes, n_classes)
        From `confusion_per_actor`, of the same clips.
    rng, n_draws
        As in `draw_confusions`.
    level
        As in `percentile_interval`.

    Returns
    -------
    Interval
        ``statistic(first) - statistic(other)`` on all clips, and the ends of its interval.

    Raises
    ------
    ValueError
        If the two were not counted on the same clips, there are fewer than 2 actors, or `level` is not
        from 0 to 1.
    """
    if not np.array_equal(per_actor.sum(axis=-1), other_per_actor.sum(axis=-1)):
        raise ValueError("other_per_actor: expected the clips of per_actor, got other counts per actor and class")

    both = np.stack([per_actor, other_per_actor], axis=1)  # (n_actors, 2, ..., n_classes, n_classes)
    drawn = draw_confusions(both, rng=rng, n_draws=n_draws)  # (n_draws, 2, ..., n_classes, n_classes)
    value = statistic(per_actor.sum(axis=0)) - statistic(other_per_actor.sum(axis=0))
    return Interval(float(value), *percentile_interval(statistic(drawn[:, 0]) - statistic(drawn[:, 1]), level=level))


def score_seeds(per_actor: NDArray[np.int64], *, rng: np.random.Generator, n_draws: int = 10_000) -> dict[str, Any]:
    """Return each of `HEADLINES`, averaged over seeds.

    Parameters
    ----------
    per_actor : ndarray of int, shape (n_actors, n_seeds, n_classes, n_classes)
        From `predictions.confusion_per_actor_and_seed`.
    rng, n_draws
        As in `draw_confusions`.

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

    Each draw holds the same actors for both, as in `paired_difference`; the clips may differ.

    Parameters
    ----------
    statistic
        As in `bootstrap_interval`.
    per_actor, other_per_actor : ndarray of int, shape (n_actors, n_seeds, n_classes, n_classes)
        Of the same actors; the numbers of seeds may differ.
    rng, n_draws
        As in `draw_confusions`.

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
