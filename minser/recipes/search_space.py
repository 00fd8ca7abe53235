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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minser.recipes.recipe import Recipe, read_toml


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; drawn uniformly, or uniformly in their logarithm."""

    low: float
    high: float
    log: bool = False

    def draw(self, rng: np.random.Generator) -> float:
        """Return a number: a whole one if both ends are, else with four significant digits, so that it can be read."""
        if self.log:
            value = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        elif self.is_whole:
            return int(rng.integers(int(self.low), int(self.high), endpoint=True))
        else:
            value = rng.uniform(self.low, self.high)
        value = round(value) if self.is_whole else float(f"{value:.4g}")
        return min(max(value, self.low), self.high)

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)


Space = Mapping[str, list[Any] | Range]
"""By a field's full name, what it may be."""


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
    space: dict[str, list[Any] | Range] = {}
    for section, fields in read_toml(path, "space").items():
        if not isinstance(fields, Mapping):
            raise ValueError(f"space {path}: expected [sections] of a recipe, got {section:.500} = {fields!r:.500}")
        for field, values in fields.items():
            name = f"{section}.{field}"
            space[name] = held = _values(values, where=f"space {path}: {name:.500}")
            for value in [held.low, held.high] if isinstance(held, Range) else held:
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
        name: values.draw(rng) if isinstance(values, Range) else values[int(rng.integers(len(values)))]
        for name, values in space.items()
    }


def _values(values: Any, *, where: str) -> list[Any] | Range:
    """Return choices or a range as they stand in the file, or say what is wrong with them."""
    if isinstance(values, list) and values:
        return values
    if not isinstance(values, dict) or not {"low", "high"} <= values.keys() <= {"low", "high", "log"}:
        raise ValueError(f"{where} must be a list of values or {{ low, high, log }}, got {values!r:.500}")
    span = Range(**values)
    if not all(type(end) in (int, float) for end in (span.low, span.high)) or not span.low <= span.high:
        got = f"{span.low!r:.100} and {span.high!r:.100}"
        raise ValueError(f"{where}: low and high must be numbers, low the smaller, got {got}")
    if span.log and span.low <= 0:
        raise ValueError(f"{where}: a logarithmic scale begins above 0, got {span.low!r:.100}")
    return span
