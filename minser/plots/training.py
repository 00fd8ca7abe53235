"""The course of a training.

Comes in: a history. Goes out: one figure.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from minser.plots.style import BLUE, GREEN, GREY, VERMILLION, make_panels

_CURVES = {
    "train_loss": ("-", BLUE, "training"),
    "val_loss": ("--", VERMILLION, "validation"),
    "train_accuracy": ("-", BLUE, "training"),
    "val_accuracy": ("--", VERMILLION, "validation"),
    "val_uar": (":", GREEN, "validation UAR"),
}


def training_curves(history: Mapping[str, Sequence[float]], *, best_epoch: int) -> Figure:
    """Draw loss, accuracy and learning rate against the epoch.

    Parameters
    ----------
    history : mapping of str to sequence of float, each of length n_epochs
        Columns ``epoch``, ``train_loss``, ``val_loss`` (nats), ``train_accuracy``, ``val_accuracy``,
        ``val_uar`` (shares in [0, 1]) and ``lr``. NaN leaves a gap, and a column of NaN, as without a
        validation part, is not drawn.
    best_epoch : int
        The epoch whose weights were kept, to be marked.

    Returns
    -------
    Figure
        Three panels side by side.

    Raises
    ------
    ValueError
        If there is no epoch.
    """
    table = {name: np.asarray(column, dtype=np.float64) for name, column in history.items()}
    epoch = table["epoch"]
    if not epoch.size:
        raise ValueError("history: expected one epoch or more, got none")

    figure, [[loss, share, lr]] = make_panels((11, 3.4), 1, 3)
    marker = "o" if epoch.size == 1 else ""  # a line through one point cannot be seen
    for name, (style, colour, label) in _CURVES.items():
        axes, scale = (loss, 1) if name.endswith("loss") else (share, 100)
        if np.isfinite(table[name]).any():
            axes.plot(epoch, scale * table[name], style, color=colour, marker=marker, label=label)
    lr.plot(epoch, table["lr"], color=BLUE, marker=marker)
    loss.set(title="Loss", ylabel="loss (nats)")
    share.set(title="Accuracy", ylabel="clips (%)", ylim=(0, 100))
    lr.set(title="Learning rate", ylabel="learning rate", ylim=(0, None))
    for axes in (loss, share, lr):
        axes.axvline(best_epoch, color=GREY, linewidth=1, label=f"epoch kept ({best_epoch})")
        axes.set(xlabel="epoch", xlim=(epoch[0] - 0.5, epoch[-1] + 0.5))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
        axes.grid(alpha=0.3)
    loss.legend(fontsize=8)
    share.legend(fontsize=8)
    return figure
