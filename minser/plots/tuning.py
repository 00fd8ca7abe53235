"""What a search found: the validation score against each setting that was varied.

Comes in: a table of trials. Goes out: one figure.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import ArrayLike

from minser.plots.style import BLUE, VERMILLION, make_panels
from minser.system.words import counted

_COLUMNS = 3


def tuning_figure(settings: Mapping[str, Sequence[Any]], scores: ArrayLike) -> Figure:
    """Draw a panel for each setting, a dot for each trial.

    Parameters
    ----------
    settings : mapping of str to sequence
        One or more: by the setting's name its value in each trial. Numbers that span more than a factor of 20 stand on
        a logarithmic scale; what is no number stands in the order in which it first occurs.
    scores : array_like of float, shape (n_trials,)
        Validation UAR in [0, 1].

    Returns
    -------
    Figure
        The best trial is marked in every panel.
    """
    percent = 100 * np.asarray(scores, dtype=np.float64)
    best = int(np.argmax(percent))
    n_rows = -(-len(settings) // _COLUMNS)
    n_columns = min(_COLUMNS, len(settings))
    size = 1 + 3.6 * n_columns, 0.8 + 2.8 * n_rows
    figure, grid = make_panels(size, n_rows, n_columns, n_shown=len(settings), sharey=True)
    for axes, (name, values) in zip(grid.flat, settings.items(), strict=False):
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            x = np.asarray(values, dtype=np.float64)
            if x.min() > 0 and x.max() > 20 * x.min():
                axes.set_xscale("log")
                axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
                axes.xaxis.set_major_formatter("{x:g}")
                axes.xaxis.set_minor_formatter(NullFormatter())
        else:
            words = list(dict.fromkeys(map(str, values)))
            x = np.array([words.index(str(value)) for value in values], dtype=np.float64)
            axes.set_xticks(range(len(words)), words)
        axes.plot(x, percent, "o", color=BLUE, label="trial")
        axes.plot(x[best], percent[best], "o", markersize=12, markerfacecolor="none", color=VERMILLION, label="best")
        axes.set_xlabel(name)
        axes.grid(alpha=0.3)
    for axes in grid[:, 0]:
        axes.set_ylabel("validation UAR (%)")
    figure.suptitle(f"{counted(len(percent), 'trial')}, the best at {percent[best]:.1f} %")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9)
    return figure
