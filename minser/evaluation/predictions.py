"""The file ``predictions.csv``: one row per clip, so that every score can be counted again from it.

Columns: ``file`` (the clip's name without folder and suffix: corpora move, and the same clip is a wav here
and a flac there), ``actor``, ``y_true`` and ``y_pred`` (names of classes), then the probability of each
class in a column of that class's name; the order of these columns is the numbering of the classes. Floats
are written with as many digits as bring back the same float32. A clip may stand in several rows (an
oversampled test part), so rows keep their order and `file` is no key. Predictions of all folds and seeds in one file
have the columns ``fold`` and ``seed`` behind ``actor``.

Comes in and goes out: `Predictions`, or `Pooled` ones of many trainings, and the text of such a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from minser.system import csv_file
from minser.system.words import counted

_LEADING = {
    **{"file": "files", "actor": "actors", "fold": "folds", "seed": "seeds"},
    **{"y_true": "y_true", "y_pred": "y_pred"},
}
"""The columns before those of the classes, and where a table keeps each."""
_OF_CLASSES = ("y_true", "y_pred")
_LONGEST = 200  # characters of a file that an error quotes


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model said about each clip.

    Attributes
    ----------
    files : tuple of str
        Clip names without folder and suffix, ``n_clips`` of them.
    actors : ndarray of int64, shape (n_clips,)
        Who speaks.
    y_true, y_pred : ndarray of int64, shape (n_clips,)
        Class numbers.
    probs : ndarray of float32, shape (n_clips, n_classes)
        Probabilities.
    names : tuple of str
        Class names, ``n_classes`` of them.
    """

    files: tuple[str, ...]
    actors: NDArray[np.int64]
    y_true: NDArray[np.int64]
    y_pred: NDArray[np.int64]
    probs: NDArray[np.float32]
    names: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read ``predictions.csv``; the classes are numbered as their columns stand.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is no such table; the message names the file, the line and the column.
        """
        table = csv_file.read_rows(path)
        if len(table) < 2:
            raise ValueError(f"{path}: expected a header and at least one row, got {counted(len(table), 'line')}")
        (first, header), *lines = table
        leading = cls._leading()
        where = f"{path}, line {first}"
        if header[: len(leading)] != leading or len(header) == len(leading):
            got = ",".join(header)[:_LONGEST]
            raise ValueError(f"{where}: expected the columns {','.join(leading)} and one per class, got {got}")
        if twice := [name for i, name in enumerate(header) if name in header[:i]]:
            raise ValueError(f"{where}: column {twice[0][:_LONGEST]!r}: expected a name of its own, got it twice")
        names = tuple(header[len(leading) :])
        probs = [_parse(row, leading, names, f"{path}, line {line}") for line, row in lines]
        (_, files), *cells = zip(leading, zip(*(row for _, row in lines), strict=True), strict=False)
        numbers = {
            _LEADING[column]: np.array([names.index(c) if column in _OF_CLASSES else int(c) for c in each], np.int64)
            for column, each in cells
        }
        return cls(files=files, **numbers, probs=np.array(probs, dtype=np.float32), names=names)

    def to_text(self) -> str:
        """Return the text of ``predictions.csv``, which `read` turns back into equal predictions."""
        leading = self._leading()
        classes = {column: [self.names[label] for label in getattr(self, column)] for column in _OF_CLASSES}
        columns = [classes.get(name, getattr(self, _LEADING[name])) for name in leading]
        digits = self.probs.astype(str)  # the shortest decimals that round back to the same float32
        rows = ([*cells, *probs] for *cells, probs in zip(*columns, digits, strict=True))
        return csv_file.to_text([[*leading, *self.names], *rows])

    @classmethod
    def _leading(cls) -> list[str]:
        """Return the columns before those of the classes."""
        kept = {field.name for field in fields(cls)}
        return [column for column, name in _LEADING.items() if name in kept]


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


def count_speakers(actors: NDArray[np.int64]) -> int:
    """Return how many speakers some clips have; 0 where nobody said who speaks, so that all have the number 0."""
    return len(np.unique(actors)) if actors.any() else 0


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


def _parse(row: Sequence[str], leading: Sequence[str], names: Sequence[str], where: str) -> list[float]:
    """Check all cells of one row, and return its probabilities."""
    if len(row) != len(leading) + len(names):
        raise ValueError(f"{where}: expected {len(leading) + len(names)} cells, got {len(row)}")
    for column, cell in zip((*leading, *names), row, strict=True):
        if column == "file":
            fits, expected = cell != "", "the name of a clip"
        elif column in _OF_CLASSES:
            fits, expected = cell in names, f"one of {', '.join(names)[:_LONGEST]}"
        elif column in leading:  # of more digits than 18, int64 may not hold the number
            fits, expected = cell.isdecimal() and len(cell) <= 18, "a whole number"
        else:
            fits, expected = _is_probability(cell), "a probability in [0, 1]"
        if not fits:
            raise ValueError(f"{where}, column {column[:_LONGEST]!r}: expected {expected}, got {cell[:_LONGEST]!r}")
    probs = [float(cell) for cell in row[len(leading) :]]
    if abs(sum(probs) - 1) > 1e-3:
        raise ValueError(f"{where}: expected probabilities that sum to 1, got {sum(probs):.4f}")
    return probs


def _is_probability(cell: str) -> bool:
    """Return whether a cell is a number from 0 to 1."""
    try:
        return 0 <= float(cell) <= 1
    except ValueError:
        return False
