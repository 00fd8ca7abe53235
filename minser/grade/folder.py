"""Where the assignments' sources lie: beside this file in a wheel, in ``tutorials`` in a checkout."""

from pathlib import Path


def assignments() -> Path:
    """Return the folder of the sources, with solutions."""
    packed = Path(__file__).parent / "assignments"
    return packed if packed.is_dir() else Path(__file__).parents[2] / "tutorials" / "assignments"
