"""Average spectra of two emotions.

Comes in: levels of mel bands, as `minser.corpus.survey.statistics` has them. Goes out: one figure.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, ScalarFormatter
from numpy.typing import ArrayLike

from minser.plots.style import BLUE, GREY, VERMILLION, make_panels

_ROUND_HZ = (100, 200, 500, 1000, 2000, 5000, 10_000)


def spectra_figure(
    frequencies_hz: ArrayLike,
    spectra_db: Mapping[str, Mapping[str, ArrayLike]],
    pair: tuple[str, str],
    distance: Mapping[str, Any],
    *,
    title: str,
) -> Figure:
    """Draw the average spectra of two emotions, and how far the first lies above the second.

    Parameters
    ----------
    frequencies_hz : array_like of float, shape (n_bands,)
        Centres of the bands.
    spectra_db : mapping
        For each emotion ``q1``, ``median`` and ``q3`` of its clips' levels, each of shape (n_bands,).
    pair : tuple of two str
        Names of the two.
    distance : mapping
        How far the first lies above the second: ``bands_db`` (n_bands,), ``mean_db``, ``highest_db`` at ``highest_hz``.
    title : str
        What the spectra are of.

    Returns
    -------
    Figure
        Two panels.
    """
    first, second = pair
    hz = np.asarray(frequencies_hz)
    figure, [[left, right]] = make_panels((11, 4), 1, 2, sharex=True)
    for name, style, colour in ((first, "-", VERMILLION), (second, "--", BLUE)):
        left.fill_between(hz, spectra_db[name]["q1"], spectra_db[name]["q3"], color=colour, alpha=0.2, linewidth=0)
        left.plot(hz, spectra_db[name]["median"], style, color=colour, label=name)
    right.plot(hz, distance["bands_db"], color="black")
    right.axhline(
        distance["mean_db"], color=GREY, linestyle=":", label=f"mean over the bands: {distance['mean_db']:+.0f} dB"
    )
    right.axhline(0, color=GREY, linewidth=1)
    left.set(title=f"{title}: median clip and middle half", ylabel="mean mel power (dB)")
    highest = f"{distance['highest_db']:+.0f} dB at {distance['highest_hz']:.0f} Hz"
    right.set(title=f"{first.capitalize()} minus {second}: most {highest}", ylabel=f"{first} minus {second} (dB)")
    for axes in (left, right):
        axes.set(xlabel="frequency (Hz)", xscale="log", xlim=(hz[0], hz[-1]))
        axes.set_xticks([tick for tick in _ROUND_HZ if hz[0] <= tick <= hz[-1]])
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_locator(NullLocator())
        axes.grid(alpha=0.3)
        axes.legend(fontsize=9)
    return figure
