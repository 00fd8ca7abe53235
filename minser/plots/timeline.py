"""Emotion over time.

Comes in: probabilities of a recording's windows. Goes out: one figure.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from minser.plots.style import VERMILLION, make_panels


def course_figure(
    times_s: NDArray[np.floating],
    course: NDArray[np.floating],
    is_speech: NDArray[np.bool_],
    names: Sequence[str],
    *,
    title: str = "",
) -> Figure:
    """Draw the probability of each emotion in each window, a row for each emotion.

    Parameters
    ----------
    times_s : ndarray of float, shape (n_windows, 2), one window or more
        Start and end of each window in seconds, rising. They may overlap: a column stands around a window's middle.
    course : ndarray of float, shape (n_windows, n_classes)
        Probabilities.
    is_speech : ndarray of bool, shape (n_windows,)
        Windows that are to be drawn; the others stay white.
    names : sequence of str
        Names of the classes.
    title : str
        Title.

    Returns
    -------
    Figure
        One panel; a dot marks the likeliest emotion of each window.
    """
    middles = times_s.mean(axis=1)
    edges = np.concatenate([times_s[:1, 0], (middles[:-1] + middles[1:]) / 2, times_s[-1:, 1]])
    figure, [[axes]] = make_panels((7.5, 1.6 + 0.28 * len(names)))
    shown = np.ma.masked_array(course.T, mask=np.broadcast_to(~is_speech, course.T.shape))
    cells = axes.pcolormesh(edges, np.arange(len(names) + 1) - 0.5, shown, cmap="cividis", vmin=0, vmax=1)
    likeliest = course[is_speech].argmax(axis=1)
    axes.plot(middles[is_speech], likeliest, ".", color=VERMILLION, markersize=5, label="likeliest in its window")
    axes.set_yticks(range(len(names)), names)
    axes.set(ylim=(len(names) - 0.5, -0.5), xlim=(edges[0], edges[-1]), title=title)
    axes.xaxis.set_major_locator(MaxNLocator(steps=[1, 1.5, 2, 3, 6, 10], min_n_ticks=2))
    if edges[-1] > 120:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda second, _: f"{int(second) // 60}:{int(second) % 60:02d}"))
    axes.set_xlabel("time (min:s)" if edges[-1] > 120 else "time (s)")
    figure.colorbar(cells, label="probability", pad=0.01)
    figure.legend(loc="outside lower center", fontsize=9, ncols=2)
    if not is_speech.all():
        axes.text(1, 1.02, "white: no speech", transform=axes.transAxes, ha="right", va="bottom", fontsize=9)
    return figure
