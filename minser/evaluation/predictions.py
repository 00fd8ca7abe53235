"""The file ``predictions.csv``: one row per clip, so that every score can be counted again from it.

Columns: ``file`` (the clip's name without folder and suffix: corpora move, and the same clip is a wav here
and a flac there), ``actor``, ``y_true`` and ``y_pred`` (names of classes), then the probability of each
class in a column of that class's name; the order of these columns is the numbering of the classes. Floats
are written with as many digits as bring back the same float32. A clip may stand in several rows (an
oversampled test part), so rows keep their order and `file` is no key.

Comes in and goes out: `Predictions`, and the text of such a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minser.system import csv_file

_LEADING = ("file", "actor", "y_true", "y_pred")
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


def to_csv_text(predictions: Predictions) -> str:
    """Return the text of ``predictions.csv``, which `read` turns back into equal predictions.

    Parameters
    ----------
    predictions : Predictions
        Rows to write, in their order.

    Returns
    -------
    str
        Header and one line per clip, as from `csv_file.to_text`.

    Raises
    ------
    ValueError
        If the arrays do not have one row per file and one probability per class, if a label has no class,
        or if two columns would have the same name.
    """
    p = predictions
    n_clips, n_classes = len(p.files), len(p.names)
    _check_header([*_LEADING, *p.names])
    for argument, array in (("actors", p.actors), ("y_true", p.y_true), ("y_pred", p.y_pred)):
        if array.shape != (n_clips,):
            raise ValueError(f"{argument}: expected shape ({n_clips},), one per file, got {array.shape}")
    for argument, labels in (("y_true", p.y_true), ("y_pred", p.y_pred)):
        if not np.all((labels >= 0) & (labels < n_classes)):
            raise ValueError(f"{argument}: expected class numbers 0 to {n_classes - 1}, got {np.unique(labels)}")
    if p.probs.shape != (n_clips, n_classes):
        raise ValueError(f"probs: expected shape ({n_clips}, {n_classes}), got {p.probs.shape}")
    digits = p.probs.astype(np.float32).astype(str)  # the shortest decimals that round back to the same float32
    rows = zip(p.files, p.actors, p.y_true, p.y_pred, digits, strict=True)
    named = ([file, actor, p.names[true], p.names[pred], *row] for file, actor, true, pred, row in rows)
    return csv_file.to_text([[*_LEADING, *p.names], *named])


def read(path: Path) -> Predictions:
    """Read ``predictions.csv``.

    Parameters
    ----------
    path : Path
        A file as `to_csv_text` makes it.

    Returns
    -------
    Predictions
        Its rows, in their order; the classes are numbered as their columns stand.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no such table; the message names the file, the line and the column.
    """
    table = csv_file.read_rows(path)
    if len(table) < 2:
        raise ValueError(f"{path}: expected a header and at least one row, got {len(table)} lines")
    _check_header(table[0][1], f"{path}, line {table[0][0]}: ")
    names = tuple(table[0][1][len(_LEADING) :])
    return from_rows([_parse(row, names, f"{path}, line {line}") for line, row in table[1:]], names)


def from_rows(rows: Sequence[tuple[str, int, int, int, list[float]]], names: tuple[str, ...]) -> Predictions:
    """Return predictions from file, actor, true and predicted class number and probabilities of each row."""
    files, actors, y_true, y_pred, probs = zip(*rows, strict=True)
    return Predictions(
        files=files,
        actors=np.array(actors, dtype=np.int64),
        y_true=np.array(y_true, dtype=np.int64),
        y_pred=np.array(y_pred, dtype=np.int64),
        probs=np.array(probs, dtype=np.float32),
        names=names,
    )


def _check_header(header: Sequence[str], where: str = "") -> None:
    """Refuse other leading columns, no classes, and a column name that stands twice."""
    if tuple(header[: len(_LEADING)]) != _LEADING or len(header) == len(_LEADING):
        wanted = ",".join(_LEADING)
        raise ValueError(f"{where}expected the columns {wanted} and one per class, got {','.join(header)[:_LONGEST]}")
    twice = [name for i, name in enumerate(header) if name in header[:i]]
    if twice:
        raise ValueError(f"{where}column {twice[0][:_LONGEST]!r}: expected a name of its own, got it twice")


def _parse(row: list[str], names: tuple[str, ...], where: str) -> tuple[str, int, int, int, list[float]]:
    """Return file, actor, true and predicted class number and probabilities of one row."""
    if len(row) != len(_LEADING) + len(names):
        raise ValueError(f"{where}: expected {len(_LEADING) + len(names)} cells, got {len(row)}")
    file, actor, true, pred, *cells = row
    if not file:
        raise ValueError(f"{where}, column 'file': expected the name of a clip, got nothing")
    if not actor.isdecimal() or len(actor) > 18:  # more digits may not fit into int64
        raise ValueError(f"{where}, column 'actor': expected a whole number, got {actor[:_LONGEST]!r}")
    for column, name in (("y_true", true), ("y_pred", pred)):
        if name not in names:
            known = ", ".join(names)[:_LONGEST]
            raise ValueError(f"{where}, column {column!r}: expected one of {known}, got {name[:_LONGEST]!r}")
    probs = [
        _probability(cell, f"{where}, column {name[:_LONGEST]!r}") for name, cell in zip(names, cells, strict=True)
    ]
    if abs(sum(probs) - 1) > 1e-3:
        raise ValueError(f"{where}: expected probabilities that sum to 1, got {sum(probs):.4f}")
    return file, int(actor), names.index(true), names.index(pred), probs


def _probability(cell: str, where: str) -> float:
    """Return the number in a cell, or say that it is no probability."""
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1:
        raise ValueError(f"{where}: expected a probability in [0, 1], got {cell[:_LONGEST]!r}")
    return value
