"""A job for the contenders: a network, its weights and a batch in a folder; and the settings that suit torch best.

Comes in: a network's name. Goes out: a folder that both contenders read, and settings.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minser.nn.arrays import model_arrays
from tests.benchmark import networks, twin
from tests.benchmark.contender import TUNINGS, start_torch
from tests.benchmark.rounds import steps_a_turn

LAYOUTS = {"contiguous_format": "contiguous", "channels_last": "channels_last"}
"""torch's two memory formats, and what people call them."""

WARM_UP = 3
TRIAL_TURNS, TRIAL_S = 5, 0.4


@dataclass(frozen=True)
class Choice:
    """How torch is run: its settings, its environment, and both in words."""

    settings: dict[str, Any]
    environ: dict[str, str]
    text: str


def prepare(folder: Path, name: str) -> None:
    """Write a network's layers, weights and a batch for both contenders."""
    model, shape = networks.build(name)
    networks.move_off_start(model)
    x, y = networks.draw_batch(shape, max(networks.batch_sizes(name, training=False)))
    np.savez(folder / "arrays.npz", allow_pickle=False, x=x, y=y, **model_arrays(model))
    (folder / "layers.json").write_text(json.dumps(twin.describe(model, shape)), encoding="utf-8")


def plain_settings(name: str, *, training: bool, batch: int, threads: int) -> dict[str, Any]:
    """Return what both contenders are told: float32, dropout as in the recipe; and torch's plainest way."""
    return {
        "model": name,
        "training": training,
        "batch": batch,
        "threads": threads,
        "dropout": True,
        "dtype": "float32",
        "layout": "contiguous_format",
        "compile": False,
    }


def choose_torch(folder: Path, settings: Mapping[str, Any]) -> tuple[Choice, Choice]:
    """Return the fastest ways to run torch as installed, and with its allocator tuned.

    Every layout is tried with every tuning, each in a process of its own; the least of a few turns decides, because
    foreign load only adds.
    """
    installed = min((trial(folder, settings, layout, "as installed", {}) for layout in LAYOUTS), key=_seconds)
    tuned = min(
        (trial(folder, settings, layout, name, own) for layout in LAYOUTS for name, own in TUNINGS.items()),
        key=_seconds,
    )
    return installed[1], tuned[1]


def trial(
    folder: Path, settings: Mapping[str, Any], layout: str, tuning: str, own: dict[str, str]
) -> tuple[float, Choice]:
    """Return seconds a step of one way to run torch."""
    tried = {**settings, "layout": layout}
    with start_torch(folder, tried, own) as contender:
        answer = contender.ask("run", steps=WARM_UP)
        steps = steps_a_turn(answer["seconds"], turn_s=TRIAL_S)
        seconds = min(contender.ask("run", steps=steps)["seconds"] for _ in range(TRIAL_TURNS))
    adam = f"{answer['adam']} Adam" if "adam" in answer else ""
    return seconds, Choice(tried, own, ", ".join(filter(None, (LAYOUTS[layout], adam, tuning))))


def tell(text: str) -> None:
    """Say on stderr what is being done, for whoever waits."""
    print(f"minser benchmark: {text}", file=sys.stderr, flush=True)


def _seconds(tried: tuple[float, Choice]) -> float:
    """Return what a trial took."""
    return tried[0]
