"""What all figures share: colours that every reader can tell apart, and the way to the disk.

Comes in: a `Figure`. Goes out: a PNG file.
"""

import io
from pathlib import Path

from matplotlib.figure import Figure

from minser.system.atomic import write_atomic

BLUE, SKY_BLUE, VERMILLION, ORANGE = "#0072B2", "#56B4E9", "#D55E00", "#E69F00"
GREEN, GREY = "#009E73", "#666666"
"""Of Okabe & Ito's (2008) palette, and a grey for lines that only help."""


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG; equal figures give equal bytes, as neither a clock nor a version goes in.

    Parameters
    ----------
    figure : Figure
        What to draw.
    path : Path
        Where to; an existing file is overwritten.
    """
    content = io.BytesIO()
    figure.savefig(content, format="png", metadata={"Software": None})
    write_atomic(path, content.getvalue())
