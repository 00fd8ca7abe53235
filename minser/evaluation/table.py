"""Tables for people: the classification report, in the layout that scikit-learn made everybody's, and Markdown.

Comes in: a confusion matrix, or cells. Goes out: text.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from minser.evaluation.metrics import (
    accuracy,
    f1_per_class,
    macro_average,
    precision_per_class,
    recall_per_class,
    weighted_average,
)
from minser.system import columns


def classification_table(confusion: NDArray[np.int64], names: Sequence[str]) -> str:
    """Return the classification report of a confusion matrix.

    Parameters
    ----------
    confusion : ndarray of int, shape (n_classes, n_classes)
        Counts ``confusion[true, pred]``.
    names : sequence of str
        Names of all classes; those without a clip and without a prediction get no row.

    Returns
    -------
    str
        The table, ended by a newline.

    Raises
    ------
    ValueError
        If there is not one name per class.

    Examples
    --------
    >>> print(classification_table(np.array([[1, 1], [0, 1]]), names=("calm", "sad")))
                  precision    recall  f1-score   support
    <BLANKLINE>
            calm       1.00      0.50      0.67         2
             sad       0.50      1.00      0.67         1
    <BLANKLINE>
        accuracy                           0.67         3
       macro avg       0.75      0.75      0.67         3
    weighted avg       0.83      0.67      0.67         3
    <BLANKLINE>
    """
    if confusion.shape != (len(names), len(names)):
        raise ValueError(f"names: expected one per class of confusion {confusion.shape}, got {len(names)}")
    per_class = [score(confusion) for score in (precision_per_class, recall_per_class, f1_per_class)]
    support, n_clips = confusion.sum(axis=1), int(confusion.sum())
    classes = [i for i in range(len(names)) if support[i] + confusion[:, i].sum() > 0]
    width = max(len("weighted avg"), *(columns.width(names[i]) for i in classes))

    def row(label: str, scores: Sequence[NDArray[np.float64]], count: int) -> str:
        return f"{columns.padded(label, width, '>')} " + "".join(f" {score:9.2f}" for score in scores) + f" {count:9d}"

    heads = ("precision", "recall", "f1-score", "support")
    lines = [
        " " * width + " " + "".join(f" {head:>9}" for head in heads),
        "",
        *(row(names[i], [score[i] for score in per_class], support[i]) for i in classes),
        "",
        f"{'accuracy':>{width}} {'':20} {accuracy(confusion):9.2f} {n_clips:9d}",
        row("macro avg", [macro_average(score, confusion) for score in per_class], n_clips),
        row("weighted avg", [weighted_average(score, confusion) for score in per_class], n_clips),
    ]
    return "\n".join(lines) + "\n"


def confusion_table(confusion: NDArray[np.int64], names: Sequence[str], *, width: int = columns.ANY) -> str:
    """Return a confusion matrix as text, ended by a newline: a row for each class with clips, a column for each answer.

    Parameters
    ----------
    confusion : ndarray of int, shape (n_classes, n_classes)
        Counts ``confusion[true, pred]``.
    names : sequence of str
        Names of all classes; those without a clip and without a prediction get no column.
    width : int
        Columns of a window that there is room for.

    Examples
    --------
    >>> print(confusion_table(np.array([[1, 1], [0, 0]]), names=("calm", "sad")), end="")
          calm  sad
    calm     1    1
    """
    clips, answers = confusion.sum(axis=1), confusion.sum(axis=0)
    shown = [i for i in range(len(names)) if clips[i] + answers[i] > 0]
    rows = [(names[i], *(str(confusion[i, j]) for j in shown)) for i in shown if clips[i] > 0]
    table = [("", *(names[i] for i in shown)), *rows]
    return "\n".join(columns.table(table, ">" * len(table[0]), columns=width)) + "\n"


def markdown(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    r"""Return a table in Markdown, ended by a newline.

    Examples
    --------
    >>> markdown(["system", "UAR"], [["toy", "91.9"]])
    '| system | UAR |\n| --- | --- |\n| toy | 91.9 |\n'
    """
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *rows))
