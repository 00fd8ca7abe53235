"""Choosing among candidates without looking at a test part.

Folds that test every actor leave no actor unseen by whoever compares the candidates' test scores. So candidates are
compared by validation scores alone. Even then the validation actors of one fold are test actors of another, and the
winner over all folds has been helped by them. The nested figure has no such help: in each fold the candidate that this
fold's own validation actors prefer predicts this fold's test part (Cawley & Talbot, 2010, JMLR 11: 2079).

Comes in: what the validation part said of every candidate, fold and seed. Goes out: names of candidates, and the table
that keeps them all. Called by cross-validation.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np


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


def choose_per_fold(tried: Sequence[Tried]) -> dict[int, str]:
    """Return for each fold the candidate with the highest validation UAR in this fold, averaged over seeds.

    Raises
    ------
    ValueError
        If a candidate lacks a fold or a seed that another has: they could not be compared.
    """
    for candidate in dict.fromkeys(row.candidate for row in tried):
        own = {(row.fold, row.seed) for row in tried if row.candidate == candidate}
        if missing := sorted({(row.fold, row.seed) for row in tried} - own):
            raise ValueError(f"{candidate} lacks fold {missing[0][0]}, seed {missing[0][1]}, which others have")
    folds = sorted({row.fold for row in tried})
    return {fold: next(iter(means(row for row in tried if row.fold == fold))) for fold in folds}


def to_text(tried: Iterable[Tried]) -> str:
    """Return the text of ``tried.csv``, a row for each candidate, fold and seed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Tried._fields)
    writer.writerows(tried)
    return text.getvalue()
