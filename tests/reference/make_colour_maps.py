"""Write minser/features/colour_maps.csv: matplotlib's viridis and magma, 256 colours each.

Run ``python tests/reference/make_colour_maps.py``; ``tests/features/test_image.py`` holds the file to matplotlib's.
"""

from pathlib import Path

import matplotlib as mpl
import numpy as np

from minser.features.image import COLOUR_MAPS


def make_colour_maps() -> None:
    """Store red, green and blue of each map, side by side."""
    table = np.hstack([mpl.colormaps[name](np.arange(256), bytes=True)[:, :3] for name in COLOUR_MAPS])
    header = ",".join(f"{name} {colour}" for name in COLOUR_MAPS for colour in ("red", "green", "blue"))
    path = Path(__file__).parents[2] / "minser" / "features" / "colour_maps.csv"
    np.savetxt(path, table, fmt="%d", delimiter=",", header=header, comments="")


if __name__ == "__main__":
    make_colour_maps()
