"""Out-of-fold predictions of all folds and seeds in one file, so that every score can be counted again from it.

Columns: ``file``, ``actor``, ``fold``, ``seed``, ``y_true``, ``y_pred``, then the probability of each class; otherwise
as in `minser.evaluation.predictions`, whose tables are what is pooled.

Comes in and goes out: `Pooled`.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minser.evaluation.intervals import confusion_per_actor
from minser.evaluation.predictions import Predictions, from_rows, to_csv_text
from minser.system import csv_file

_LEADING = ("file", "actor", "fold", "seed", "y_true", "y_pred")


@dataclass(frozen=True, eq=False)
class Pooled:
    """Predictions of several folds and seeds.

    Attributes
    ----------
    table : Predictions
        All rows.
    folds, seeds : ndarray of int64, shape (n_rows,)
        Which training each row comes from.
    """

    table: Predictions
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
    tables = [table for _, _, table in parts]
    if len({table.names for table in tables}) != 1:
        raise ValueError(f"parts: expected tables of the same classes, got {sorted({t.names for t in tables})}")
    lengths = [len(table.files) for table in tables]
    return Pooled(
        table=Predictions(
            files=tuple(file for table in tables for file in table.files),
            actors=np.concatenate([table.actors for table in tables]),
            y_true=np.concatenate([table.y_true for table in tables]),
            y_pred=np.concatenate([table.y_pred for table in tables]),
            probs=np.concatenate([table.probs for table in tables]),
            names=tables[0].names,
        ),
        folds=np.repeat([fold for fold, _, _ in parts], lengths),
        seeds=np.repeat([seed for _, seed, _ in parts], lengths),
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
    table, n_classes = pooled.table, len(pooled.table.names)
    actors = np.unique(np.concatenate([each.table.actors for each in (pooled, *others)]))
    counts = np.zeros((len(actors), len(np.unique(pooled.seeds)), n_classes, n_classes), dtype=np.int64)
    for column, seed in enumerate(np.unique(pooled.seeds)):
        rows = pooled.seeds == seed
        tested = np.searchsorted(actors, np.unique(table.actors[rows]))
        counts[tested, column] = confusion_per_actor(
            table.y_true[rows], table.y_pred[rows], actors=table.actors[rows], n_classes=n_classes
        )
    return counts


def to_text(pooled: Pooled) -> str:
    """Return the text of the file, which `read` turns back into equal predictions."""
    table = csv.reader(io.StringIO(to_csv_text(pooled.table)))
    columns = [("fold", "seed"), *zip(pooled.folds, pooled.seeds, strict=True)]
    return csv_file.to_text([*row[:2], *both, *row[2:]] for row, both in zip(table, columns, strict=True))


def read(path: Path) -> Pooled:
    """Read what `to_text` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no such table; the message names the file and the line.
    """
    lines = csv_file.read_rows(path)
    n_leading = len(_LEADING)
    header = lines[0][1] if lines else []
    if len(lines) < 2 or tuple(header[:n_leading]) != _LEADING or len(header) == n_leading:
        raise ValueError(f"{path}: expected the columns {','.join(_LEADING)}, one per class, and rows")
    names = tuple(header[n_leading:])
    rows, folds, seeds = [], [], []
    for number, (file_name, *cells) in lines[1:]:
        try:
            actor, fold, seed = (np.int64(cell) for cell in cells[:3])
            true, pred = (_class_number(name, names) for name in cells[3:5])
            rows.append((file_name, int(actor), true, pred, _probabilities(cells[5:], len(names))))
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{path}, line {number}: {str(error)[:200]}") from None
        folds.append(fold)
        seeds.append(seed)
    return Pooled(from_rows(rows, names), np.array(folds, dtype=np.int64), np.array(seeds, dtype=np.int64))


def _class_number(name: str, names: Sequence[str]) -> int:
    """Return the number of a class, or say that there is none of that name."""
    if name not in names:
        raise ValueError(f"expected one of {', '.join(names)}, got {name!r}")
    return names.index(name)


def _probabilities(cells: Sequence[str], n_classes: int) -> list[float]:
    """Return a row's probabilities, or say that they are none."""
    probs = [float(cell) for cell in cells]
    if len(probs) != n_classes or not all(0 <= p <= 1 for p in probs) or not abs(sum(probs) - 1) < 1e-3:
        raise ValueError(f"expected {n_classes} probabilities that sum to 1, got {', '.join(cells)}")
    return probs
