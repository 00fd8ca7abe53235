"""Choosing among candidates without looking at a test part.

Folds that test every actor leave no actor unseen by whoever compares the candidates' test scores. So candidates are
compared by validation scores alone. Even then the validation clips of one fold, or of one seed where seeds draw the
split, are test clips of another, and the winner over all has been helped by them. The nested figure has no such help:
for each fold and seed, the candidate that its own validation part prefers predicts its test part (Cawley & Talbot,
2010, JMLR 11: 2079). Since no seed leans on another, their spread tells of the choice's luck too.

Comes in: what the validation part said of every candidate, fold and seed. Goes out: names of candidates, and the table
that keeps them all.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from minser.system import csv_file


class Tried(NamedTuple):
    """What the validation part of one fold said of one candidate."""

    candidate: str
    fold: int
    seed: int
    val_uar: float
    val_accuracy: float
    val_loss: float
    epoch: int
    parameters: int
    settings: str


def means(tried: Iterable[Tried]) -> dict[str, float]:
    """Return each candidate's mean validation UAR over folds and seeds, the best first; of equals the first tried.

    Examples
    --------
    >>> rows = [Tried(name, 0, 0, uar, 0.0, 0.0, 1, 1, "") for name, uar in (("a", 0.5), ("b", 0.75), ("b", 0.25))]
    >>> means(rows)
    {'a': 0.5, 'b': 0.5}
    """
    scores: dict[str, list[float]] = {}
    for row in tried:
        scores.setdefault(row.candidate, []).append(row.val_uar)
    average = {name: float(np.mean(values)) for name, values in scores.items()}
    return dict(sorted(average.items(), key=lambda item: -item[1]))


def choose(tried: Sequence[Tried]) -> dict[tuple[int, int], str]:
    """Return for each fold and seed the candidate with the highest validation UAR there; of equals the first tried.

    Raises
    ------
    ValueError
        If a candidate lacks a fold or a seed that another has: they could not be compared.
    """
    for candidate in dict.fromkeys(row.candidate for row in tried):
        own = {(row.fold, row.seed) for row in tried if row.candidate == candidate}
        if missing := sorted({(row.fold, row.seed) for row in tried} - own):
            raise ValueError(f"{candidate} lacks fold {missing[0][0]}, seed {missing[0][1]}, which others have")
    rows: dict[tuple[int, int], list[Tried]] = {}
    for row in tried:
        rows.setdefault((row.fold, row.seed), []).append(row)
    return {run: max(rows[run], key=lambda row: row.val_uar).candidate for run in sorted(rows)}


def to_text(tried: Iterable[Tried]) -> str:
    """Return the text of ``tried.csv``, a row for each candidate, fold and seed."""
    return csv_file.to_text([Tried._fields, *tried])
