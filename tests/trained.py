"""A run folder as a training leaves it, but in a moment: what the commands that listen are tested with."""

from pathlib import Path

import numpy as np

from minser import experiment
from minser.config import Recipe, read
from minser.corpus.clip import EMOTIONS
from minser.training import checkpoint
from minser.training.trainer import model_arrays

SMALL = read("toy").replace({"model.channels": [4, 8], "features.n_mels": 16})


def make_run(folder: Path, recipe: Recipe = SMALL, *, in_channels: int = 1, **state: float) -> Path:
    """Write a recipe and drawn weights; `state` is stored with them."""
    model = experiment.build_model(recipe, in_channels=in_channels, n_classes=8)
    weight = model.params["logits.weight"]  # zero in a new network: every answer would be the same
    weight[...] = 0.3 * np.random.default_rng(0).standard_normal(weight.shape)
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(recipe.to_toml())
    told = {"epoch": 1, "classes": EMOTIONS, "in_channels": in_channels} | state
    checkpoint.save(folder / "best.safetensors", model_arrays(model), told)
    return folder


def speak(seconds: float, *, sr: int = 16000, seed: int = 0) -> np.ndarray:
    """Return something like a voice: a buzz whose pitch trembles, in syllables, with a little noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * sr)) / sr
    pitch = 150 * (1 + 0.2 * np.sin(2 * np.pi * 0.7 * t) + 0.02 * np.sin(2 * np.pi * 5.3 * t))
    phase = np.cumsum(pitch) / sr
    buzz = sum(np.sin(2 * np.pi * k * phase) / k for k in range(1, 20))
    loudness = np.maximum(0.02, np.sin(2 * np.pi * 2 * t)) ** 2
    return (0.2 * buzz * loudness + 0.001 * rng.standard_normal(t.size)).astype(np.float32)
