"""What a network got right, and what it took for what.

Comes in: a confusion matrix, or each class's share. Goes out: one figure.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from minser.plots.style import BLUE, SKY_BLUE, VERMILLION, make_panels


def confusion_figure(confusion: NDArray[np.int64], names: Sequence[str]) -> Figure:
    """Draw a confusion matrix twice: as counts, and as percent of each true class.

    Parameters
    ----------
    confusion : ndarray of int, shape (n_classes, n_classes)
        Counts ``confusion[true, pred]``.
    names : sequence of str
        Names of the classes.

    Returns
    -------
    Figure
        Two panels; rows are true classes. A class without clips has an empty row in the second.

    Raises
    ------
    ValueError
        If there is not one name per row and column.
    """
    if confusion.shape != (len(names), len(names)):
        raise ValueError(f"names: expected one per class of confusion {confusion.shape}, got {len(names)}")
    support = confusion.sum(axis=1, keepdims=True)
    percent = np.divide(100 * confusion, support, out=np.full(confusion.shape, np.nan), where=support > 0)
    figure, grid = make_panels((12, 5.6), 1, 2)
    for axes, cells, top, title in zip(
        grid.flat,
        (confusion.astype(np.float64), percent),
        (max(confusion.max(), 1), 100),
        ("Number of clips", "Percent of the true class"),
        strict=True,
    ):
        axes.imshow(cells, cmap="cividis", vmin=0, vmax=top)
        for i, j in zip(*np.nonzero(np.isfinite(cells)), strict=True):
            colour = "black" if cells[i, j] > 0.45 * top else "white"
            axes.text(j, i, f"{cells[i, j]:.0f}", ha="center", va="center", color=colour, fontsize=10)
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(names)), names)
        axes.set(title=title, xlabel="predicted class", ylabel="true class")
    return figure


def per_class_accuracy(recalls: ArrayLike, names: Sequence[str], supports: ArrayLike) -> Figure:
    """Draw the share of each class's clips that were recognised, with the mean of these shares and chance.

    Parameters
    ----------
    recalls : array_like of float, shape (n_classes,)
        Shares in [0, 1], one per class.
    names : sequence of str
        Names of the classes, from top to bottom.
    supports : array_like of int, shape (n_classes,)
        Number of clips of each class; a class without clips has no bar and is not averaged.

    Returns
    -------
    Figure
        One panel of horizontal bars.
    """
    percent, clips = 100 * np.asarray(recalls, dtype=np.float64), np.asarray(supports)
    occurs = clips > 0
    mean, chance = percent[occurs].mean(), 100 / occurs.sum()
    figure, [[axes]] = make_panels((7, 0.8 + 0.42 * len(names)))
    axes.barh(range(len(names)), np.where(occurs, percent, 0), color=SKY_BLUE)
    for row, (share, n_clips) in enumerate(zip(percent, clips, strict=True)):
        label = f"{share:.0f} % of {n_clips}" if n_clips else "no clips"
        axes.text(102, row, label, va="center", fontsize=9)
    axes.axvline(mean, color=BLUE, label=f"mean (UAR): {mean:.1f} %")
    axes.axvline(chance, color=VERMILLION, linestyle="--", label=f"chance: {chance:.1f} %")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel="recognised clips (% of the class)", xlim=(0, 122))  # the labels stand right of 100
    axes.set_xticks(range(0, 101, 20))
    figure.legend(loc="outside upper center", ncols=2, fontsize=9)
    return figure
