"""What all figures share: colours that readers can tell apart, panels, letters of every script, the way to the disk.

Comes in: a `Figure`. Goes out: a PNG file.
"""

import io
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from minser.system.atomic import write_atomic

BLUE, SKY_BLUE, VERMILLION, ORANGE = "#0072B2", "#56B4E9", "#D55E00", "#E69F00"
GREEN, GREY = "#009E73", "#666666"
"""Of Okabe & Ito's (2008) palette, and a grey for lines that only help."""

_BOXES = "Last Resort"
"""Beginning of the name of a font that comes with matplotlib and has a box for every letter."""


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
    """Return a figure as a PNG file; equal figures give equal bytes, as neither a clock nor a version goes in.

    Letters that matplotlib's own font lacks, such as Chinese ones, are drawn in a font of this machine that has them.
    Where none has, a box stands for the letter, without matplotlib's warning.
    """
    missing = set[str]()
    for text in figure.findobj(Text):
        fonts = {letter: _font_with(letter) for letter in _lacking(text)}
        if others := sorted({font for font in fonts.values() if font}):
            text.set_fontfamily([*text.get_fontfamily(), *others])
        missing |= {str(ord(letter)) for letter, font in fonts.items() if not font}
    content = io.BytesIO()
    with warnings.catch_warnings():
        if missing:
            warnings.filterwarnings("ignore", f"Glyph ({'|'.join(sorted(missing))}) ", UserWarning)
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


def _lacking(text: Text) -> set[str]:
    """Return the letters of a text that its font lacks."""
    if text.get_text().isascii():
        return set()
    font = font_manager.get_font(font_manager.findfont(text.get_fontproperties()))
    return {letter for letter in text.get_text() if letter != "\n" and not font.get_char_index(ord(letter))}


@cache
def _font_with(letter: str) -> str:
    """Return the name of an installed font that has a letter; an empty text where none has."""
    fonts = sorted((font.name, font.fname) for font in font_manager.fontManager.ttflist)
    has = (name for name, file in fonts if font_manager.get_font(file).get_char_index(ord(letter)))
    return next((name for name in has if not name.startswith(_BOXES)), "")
