"""Train and predict for long in one process, and watch its memory: ``python -m tests.robustness.long``."""

import argparse
import gc
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import psutil

from minser import recipes
from minser.corpus import recipe_batches
from minser.corpus.dataset import load_dataset
from minser.recognizer import Recognizer
from minser.runs import run_folder
from minser.runs.build import build_trainer
from tests.robustness.workshop import SETTINGS, SR, make_corpus

ALLOWED_GROWTH = 16 * 2**20
"""Bytes by which memory may grow from the first tenth to the end: less than a kilobyte a step would be a leak."""


def memory() -> int:
    """Return the bytes that are this process's own."""
    gc.collect()
    return int(psutil.Process().memory_full_info().uss)


def train_long(n_steps: int, corpus: Path, run: Path) -> list[int]:
    """Take so many steps, a checkpoint after every hundredth; return memory after each tenth."""
    plain = {name: value for name, value in SETTINGS.items() if not name.startswith("training.")}
    changes = recipes.parse_assignments([f"{name}={value}" for name, value in plain.items()])
    recipe = recipes.read("toy").replace({**changes, "training.epochs": 10**6, "training.batch_size": 16})
    dataset = load_dataset(recipe, corpus)
    trainer = build_trainer(recipe, dataset)
    run.mkdir()
    run_folder.create_run(run, recipe, dataset)
    used, n_done = [], 0

    def on_step(*_: object) -> None:
        nonlocal n_done
        n_done += 1
        if n_done % 100 == 0:
            run_folder.save_step(run, trainer)
        if n_done % (n_steps // 10) == 0:
            used.append(memory())

    while n_done < n_steps:
        trainer.run_epoch(
            lambda epoch: recipe_batches.training_batches(recipe, dataset, epoch),
            lambda: recipe_batches.evaluation_batches(recipe, dataset, dataset.split.val),
            on_step=on_step,
        )
        run_folder.save_epoch(run, trainer, dataset)
    return used


def predict_long(n_predictions: int, run: Path) -> list[int]:
    """Name the emotion of so many sounds of many lengths; return memory after each tenth."""
    recognizer, rng, used = Recognizer.load(run), np.random.default_rng(0), []
    for number in range(1, n_predictions + 1):
        recognizer.predict(rng.uniform(-0.5, 0.5, SR // 2 + number % 997).astype(np.float32), sr=SR)
        if number % (n_predictions // 10) == 0:
            used.append(memory())
    return used


def main(argv: list[str] | None = None) -> int:
    """Run the harness and print its figures; 1 if memory grew."""
    parser = argparse.ArgumentParser(prog="python -m tests.robustness.long", description="Train and predict for long.")
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--predictions", type=int, default=100_000)
    arguments = parser.parse_args(argv)
    warnings.simplefilter("ignore")
    is_flat = True
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        trained = train_long(arguments.steps, make_corpus(Path(folder, "corpus")), run)
        predicted = predict_long(arguments.predictions, run)
    for what, count, used in (("steps", arguments.steps, trained), ("predictions", arguments.predictions, predicted)):
        print(f"{count} {what}: {used[0] / 2**20:.1f} MiB after a tenth, {used[-1] / 2**20:.1f} MiB at the end")
        is_flat &= used[-1] - used[0] < ALLOWED_GROWTH
    return 0 if is_flat else 1


if __name__ == "__main__":
    sys.exit(main())
