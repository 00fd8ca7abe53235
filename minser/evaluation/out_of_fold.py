"""Out-of-fold predictions of all folds and seeds in one file, so that every score can be counted again from it.

Columns: ``file``, ``actor``, ``fold``, ``seed``, ``y_true``, ``y_pred``, then the probability of each class; otherwise
as in `minser.evaluation.predictions`, whose tables are what is pooled.

Comes in and goes out: `Pooled`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minser.evaluation.predictions import Predictions


@dataclass(frozen=True, eq=False)
class Pooled(Predictions):
    """Predictions of several folds and seeds.

    Attributes
    ----------
    folds, seeds : ndarray of int64, shape (n_clips,)
        Which training each row comes from.
    """

    folds: NDArray[np.int64]
    seeds: NDArray[np.int64]


def pool(parts: Sequence[tuple[int, int, Predictions]]) -> Pooled:
    """Join the tables of folds.

    Parameters
    ----------
    parts : sequence of (fold, seed, Predictions)
        In the order of the rows.

    Raises
    ------
    ValueError
        If there is nothing to join, or the classes differ.
    """
    folds, seeds, tables = zip(*parts, strict=True) if parts else ((), (), ())
    if len({table.names for table in tables}) != 1:
        raise ValueError(f"parts: expected tables of the same classes, got {sorted({t.names for t in tables})}")
    lengths = [len(table.files) for table in tables]
    arrays = ("actors", "y_true", "y_pred", "probs")
    joined: dict[str, Any] = {name: np.concatenate([getattr(table, name) for table in tables]) for name in arrays}
    return Pooled(
        files=tuple(file for table in tables for file in table.files),
        **joined,
        names=tables[0].names,
        folds=np.repeat(folds, lengths),
        seeds=np.repeat(seeds, lengths),
    )


def confusion_per_actor_and_seed(pooled: Pooled, *, others: Sequence[Pooled] = ()) -> NDArray[np.int64]:
    """Count a confusion matrix for each actor and seed, over the folds of the seed.

    Parameters
    ----------
    pooled : Pooled
        What is counted.
    others : sequence of Pooled
        Results that it is to stand beside: their actors have a place too.

    Returns
    -------
    ndarray of int64, shape (n_actors, n_seeds, n_classes, n_classes)
        Actors and seeds in sorted order; zeros where a seed did not test an actor.
    """
    n_classes = len(pooled.names)
    actors, seeds = np.unique(np.concatenate([each.actors for each in (pooled, *others)])), np.unique(pooled.seeds)
    counts = np.zeros((len(actors), len(seeds), n_classes, n_classes), dtype=np.int64)
    place = np.searchsorted(actors, pooled.actors), np.searchsorted(seeds, pooled.seeds)
    np.add.at(counts, (*place, pooled.y_true, pooled.y_pred), 1)
    return counts
