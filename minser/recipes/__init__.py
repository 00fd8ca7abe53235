"""Recipes: everything that decides a result. Each is a TOML file beside this one, read into frozen dataclasses."""

from minser.recipes.recipe import (
    RECIPE_FOLDER,
    Augment,
    Data,
    Features,
    Model,
    Recipe,
    Training,
    help_of,
    parse_assignments,
    pick,
    read,
)

__all__ = [
    "RECIPE_FOLDER",
    "Augment",
    "Data",
    "Features",
    "Model",
    "Recipe",
    "Training",
    "help_of",
    "parse_assignments",
    "pick",
    "read",
]
