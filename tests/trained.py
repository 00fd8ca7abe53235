"""A run folder as a training leaves it, but in a moment: what the commands that listen are tested with."""

from pathlib import Path

import numpy as np
import pytest

from minser import train
from minser.corpus.clip import EMOTIONS
from minser.nn.arrays import model_arrays
from minser.recipes import Recipe, read
from minser.runs.build import build_model
from minser.training import checkpoint

QUICK = [
    "--recipe", "toy", "--set", "model.channels=[4, 8]", "--set", "features.sr=8000", "--set", "features.n_mels=16",
    "--set", "features.n_frames=8", "--set", "features.trim_top_db=0",
]  # fmt: skip
"""Arguments of a training that takes a moment."""

SMALL = read("toy").replace({"model.channels": [4, 8], "features.n_mels": 16})


def make_run(folder: Path, recipe: Recipe = SMALL, *, in_channels: int = 1, **state: float) -> Path:
    """Write a recipe and drawn weights; `state` is stored with them."""
    model = build_model(recipe, in_channels=in_channels, n_classes=8)
    weight = model.params["logits.weight"]  # zero in a new network: every answer would be the same
    weight[...] = 0.3 * np.random.default_rng(0).standard_normal(weight.shape)
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(recipe.to_toml())
    told = {"epoch": 1, "classes": EMOTIONS, "in_channels": in_channels} | state
    checkpoint.save(folder / "best.safetensors", model_arrays(model), told)
    return folder


def train_toy(folder: Path, corpus: Path, *settings: str) -> Path:
    """Train a small network of the toy recipe on a corpus, by way of the command, and return the run folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert train.main([*QUICK, *settings, "--data", str(corpus)]) == 0
    return folder / "runs" / "toy"


def speak(seconds: float, *, sr: int = 16000, seed: int = 0) -> np.ndarray:
    """Return something like a voice: a buzz whose pitch trembles, in syllables, with a little noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * sr)) / sr
    pitch = 150 * (1 + 0.2 * np.sin(2 * np.pi * 0.7 * t) + 0.02 * np.sin(2 * np.pi * 5.3 * t))
    phase = np.cumsum(pitch) / sr
    buzz = sum(np.sin(2 * np.pi * k * phase) / k for k in range(1, 20))
    loudness = np.maximum(0.02, np.sin(2 * np.pi * 2 * t)) ** 2
    return (0.2 * buzz * loudness + 0.001 * rng.standard_normal(t.size)).astype(np.float32)
