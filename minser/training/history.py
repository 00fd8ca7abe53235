"""What happened in each epoch, and what follows from it.

A history is a list of rows, one an epoch, each with the columns of `COLUMNS`. Which epoch was best, whether to stop,
and what a plateau schedule makes of the learning rate are all functions of the history, so it is the only state of
these that has to survive a stop.
"""

import csv
import io
from collections.abc import Callable, Sequence

from minser.nn import ReduceLROnPlateau
from minser.recipes import Training

COLUMNS = ("epoch", "train_loss", "val_loss", "train_accuracy", "val_accuracy", "val_uar", "lr")

Row = dict[str, float]


SCORES: dict[str, Callable[[Row], float]] = {
    "val_loss": lambda row: -row["val_loss"],
    "val_uar": lambda row: row["val_uar"],
    "last": lambda row: row["epoch"],
}


def best_epoch(history: Sequence[Row], select: str) -> int:
    """Return the number of the epoch that is kept: least ``val_loss``, highest ``val_uar``, or ``last``.

    Of equal ones the first wins. Epochs count from 1.

    Raises
    ------
    ValueError
        If the history is empty.
    """
    return int(max(history, key=SCORES[select])["epoch"])


def is_finished(history: Sequence[Row], settings: Training) -> bool:
    """Return whether all epochs are done, or `patience` of them went by without a better one."""
    if len(history) >= settings.epochs:
        return True
    if not history or not settings.patience:
        return False
    return len(history) - best_epoch(history, settings.select) >= settings.patience


def plateau_lr(history: Sequence[Row], settings: Training) -> float:
    """Return the learning rate of the next epoch under `ReduceLROnPlateau`, which watches the validation loss.

    Up to commit 366b237 minser waited one epoch longer. An older run with a plateau schedule goes on by the count of
    today; with `plateau_patience` one higher in its ``config.toml`` it stays the same run.
    """
    schedule = ReduceLROnPlateau(settings.lr, factor=0.5, patience=settings.plateau_patience, min_lr=settings.min_lr)
    for row in history:
        schedule.step(row["val_loss"])
    return schedule.lr


def to_csv(history: Sequence[Row]) -> str:
    """Return the text of ``history.csv``; numbers are written so that they are read back exactly."""
    lines = [",".join(COLUMNS)]
    lines += [",".join([str(int(row["epoch"])), *(repr(row[name]) for name in COLUMNS[1:])]) for row in history]
    return "\n".join(lines) + "\n"


def from_csv(text: str) -> dict[str, list[float]]:
    """Return the columns of ``history.csv``.

    Raises
    ------
    ValueError
        If a column is missing or a value is no number.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
        return {name: [float(row[name]) for row in rows] for name in COLUMNS}
    except (csv.Error, KeyError, TypeError, ValueError) as error:
        reason = str(error)[:200]
        raise ValueError(f"history.csv: expected numbers in the columns {', '.join(COLUMNS)}: {reason}") from None
