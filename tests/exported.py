"""A network of each kind that recipes build, with drawn weights: what is tested in other libraries."""

from pathlib import Path

import numpy as np

from minser import nn, recipes
from minser.corpus.clip import EMOTIONS
from minser.nn.arrays import model_arrays
from minser.nn.layer import Shape
from minser.runs.build import POOLINGS
from minser.training import checkpoint
from tests.benchmark import networks

RECIPES = sorted(file.stem for file in recipes.RECIPE_FOLDER.glob("*.toml"))
FLAT = {"model.pooling": "flatten"}
PICTURE = {"features.image_size": 64, "features.n_frames": 96}  # VGG16 leaves 2 x 3 of it
NETWORKS = {
    **{name: (name, {}) for name in RECIPES if name != "vgg16_transfer"},
    **{f"toy, {pooling}": ("toy", {"model.pooling": pooling}) for pooling in POOLINGS},
    "toy, no blocks": ("toy", {**FLAT, "model.channels": []}),
    "two_channel, flat, no blocks": ("two_channel", {**FLAT, "model.channels": []}),
    "vgg16": ("vgg16_transfer", PICTURE),
    "vgg16, flat": ("vgg16_transfer", {**PICTURE, **FLAT}),
}
"""Recipes, and what is changed in them."""


def draw_run(run: Path, which: str) -> tuple[nn.Sequential, Shape]:
    """Write one of `NETWORKS` as a run folder; return it, and the shape (n_bins, n_frames, channels) of a sample."""
    name, changes = NETWORKS[which]
    run.mkdir()
    (run / "config.toml").write_text(recipes.read(name).replace(changes).to_toml())
    model, shape = networks.build(str(run / "config.toml"))
    networks.move_off_start(model)
    weight = model.params["logits.weight"]
    weight[...] = np.random.default_rng(0).standard_normal(weight.shape) / np.sqrt(len(weight))
    state = {"epoch": 1, "classes": EMOTIONS, "in_channels": shape[2]}
    checkpoint.save(run / "best.safetensors", model_arrays(model), state)
    return model, shape
