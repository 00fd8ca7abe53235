"""What all figures share: colours that every reader can tell apart, panels, and the way to the disk.

Comes in: a `Figure`. Goes out: a PNG file.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from matplotlib.figure import Figure
from numpy.typing import NDArray

from minser.system.atomic import write_atomic

BLUE, SKY_BLUE, VERMILLION, ORANGE = "#0072B2", "#56B4E9", "#D55E00", "#E69F00"
GREEN, GREY = "#009E73", "#666666"
"""Of Okabe & Ito's (2008) palette, and a grey for lines that only help."""


def make_panels(
    size: tuple[float, float],
    n_rows: int = 1,
    n_columns: int = 1,
    *,
    n_shown: int | None = None,
    sharex: bool = False,
    sharey: bool | Literal["row"] = False,
    height_ratios: Sequence[float] | None = None,
    dpi: int = 120,
) -> tuple[Figure, NDArray[Any]]:
    """Make a figure with empty panels.

    Parameters
    ----------
    size : (float, float)
        Width and height in inches.
    n_rows, n_columns : int
        Number of panels below and beside each other.
    n_shown : int, optional
        The panels behind the first so many stay out of sight.
    sharex, sharey, height_ratios, dpi
        As in matplotlib's ``Figure`` and ``Figure.subplots``.

    Returns
    -------
    figure : Figure
    grid : ndarray of Axes, shape (n_rows, n_columns)
    """
    figure = Figure(figsize=size, dpi=dpi, layout="constrained")
    grid = figure.subplots(n_rows, n_columns, sharex=sharex, sharey=sharey, squeeze=False, height_ratios=height_ratios)
    for axes in grid.flat[grid.size if n_shown is None else n_shown :]:
        axes.set_visible(False)
    return figure, grid


def to_png(figure: Figure) -> bytes:
    """Return a figure as a PNG file; equal figures give equal bytes, as neither a clock nor a version goes in."""
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    return content.getvalue()


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG.

    Parameters
    ----------
    figure : Figure
        What to draw.
    path : Path
        Where to; an existing file is overwritten.
    """
    write_atomic(path, to_png(figure))
