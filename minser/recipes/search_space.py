"""What a search may change in a recipe, and how a trial's values are drawn.

    [model]
    hidden = [64, 128, 256]                             # one of these
    head_dropout = { low = 0.2, high = 0.6 }            # uniform; whole numbers if both ends are
    [training]
    lr = { low = 1e-4, high = 1e-2, log = true }        # uniform on a logarithmic scale

Comes in: a TOML file with a recipe's sections and fields. Goes out: values for these fields.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minser.recipes.recipe import Recipe, read_toml

Space = Mapping[str, list[Any] | dict[str, Any]]
"""By a field's full name, what it may be: one of a list, or a number from ``low`` to ``high``, both included."""


def read_space(path: Path, recipe: Recipe) -> Space:
    """Read a search space, and try its values on a recipe.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is not TOML, names a field that a recipe lacks or a value that the field cannot have, would compare trials
        on different clips, or is empty.
    """
    space: dict[str, list[Any] | dict[str, Any]] = {}
    for section, fields in read_toml(path, "space").items():
        if not isinstance(fields, Mapping):
            raise ValueError(f"space {path}: expected [sections] of a recipe, got {section:.500} = {fields!r:.500}")
        for field, values in fields.items():
            name = f"{section}.{field}"
            space[name] = held = _values(values, where=f"space {path}: {name:.500}")
            for value in [held["low"], held["high"]] if isinstance(held, dict) else held:
                recipe.replace({name: value}, source=f"space {path}")
            if section == "data":
                raise ValueError(
                    f"space {path}: {name}: trials are compared on the same clips, so [data] cannot be searched"
                )
    if not space:
        raise ValueError(f"space {path}: it names no field")
    return space


def draw_values(space: Space, rng: np.random.Generator) -> dict[str, Any]:
    """Return a value for each field of a space."""
    return {
        name: _draw(**values, rng=rng) if isinstance(values, dict) else values[int(rng.integers(len(values)))]
        for name, values in space.items()
    }


def _draw(*, low: float, high: float, log: bool = False, rng: np.random.Generator) -> float:
    """Return a number: a whole one if both ends are, else with four significant digits, so that it can be read."""
    is_whole = isinstance(low, int) and isinstance(high, int)
    if log:
        value = math.exp(rng.uniform(math.log(low), math.log(high)))
    elif is_whole:
        return int(rng.integers(int(low), int(high), endpoint=True))
    else:
        value = rng.uniform(low, high)
    value = round(value) if is_whole else float(f"{value:.4g}")
    return min(max(value, low), high)


def _values(values: Any, *, where: str) -> list[Any] | dict[str, Any]:
    """Return choices or a range as they stand in the file, or say what is wrong with them."""
    if isinstance(values, list) and values:
        return values
    if not isinstance(values, dict) or not {"low", "high"} <= values.keys() <= {"low", "high", "log"}:
        raise ValueError(f"{where} must be a list of values or {{ low, high, log }}, got {values!r:.500}")
    low, high = values["low"], values["high"]
    if not all(type(end) in (int, float) for end in (low, high)) or not low <= high:
        got = f"{low!r:.100} and {high!r:.100}"
        raise ValueError(f"{where}: low and high must be numbers, low the smaller, got {got}")
    if values.get("log") and low <= 0:
        raise ValueError(f"{where}: a logarithmic scale begins above 0, got {low!r:.100}")
    return values
