"""Train a network by a recipe: ``python -m minser.train``.

Without arguments it trains minser's own recipe where RAVDESS is found, and otherwise the embedded corpus.
``main`` reads in the order of the work: config, features, model, fit, evaluation.
"""

import argparse
import sys
import time
from pathlib import Path

from tqdm import tqdm

from minser import command, config, datasets, experiment, run_folder, samples
from minser.config import Recipe
from minser.training.history import Row
from minser.training.lock import locked
from minser.training.trainer import Trainer

FLAGS = ("data.split", "data.fold", "training.epochs", "training.batch_size", "training.lr", "training.seed")


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = command.parser("train", "Train a network.", "python -m minser.train --recipe trimmed_logmel --seed 1")
    parser.add_argument(
        "--recipe", help="minser, trimmed_logmel, toy or a TOML file (minser if RAVDESS is found, else toy)"
    )
    parser.add_argument("--data", help="folder of RAVDESS (MINSER_DATA, else ./data)")
    parser.add_argument("--run", type=Path, help="folder for weights, report and plots (runs/RECIPE)")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    for name in FLAGS:
        parser.add_argument(
            f"--{name.partition('.')[2].replace('_', '-')}",
            dest=name,
            metavar="X",
            help=f"{config.help_of(name)}",
        )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.FIELD=VALUE",
        help="any other setting of the recipe",
    )
    return command.run("train", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says."""
    # config
    recipe = choose_recipe(arguments)
    root = datasets.find_corpus(recipe, arguments.data)
    recipe = datasets.adapted(recipe, root)
    run: Path = arguments.run or Path("runs", recipe.name)
    goes_on = arguments.resume and run_folder.is_run(run)
    if goes_on:
        run_folder.check_same_recipe(run, recipe)
    elif run_folder.is_used(run) and not arguments.resume:
        raise FileExistsError(f"{run} exists: --resume goes on with it, --run DIR names another")
    run.mkdir(parents=True, exist_ok=True)
    with locked(run):
        # features
        dataset = datasets.load_dataset(recipe, root)
        print(f"{recipe.name} on {root}: {dataset.split.describe()}")

        # model
        trainer = experiment.build_trainer(recipe, dataset)
        if goes_on:
            run_folder.resume(run, trainer, dataset)
            state = "finished" if trainer.is_finished else "goes on"
            print(f"{run} {state} after {len(trainer.history)} epochs")
        else:
            run_folder.create_run(run, recipe, dataset)

        # fit
        while not trainer.is_finished:
            start = time.perf_counter()
            row = fit_epoch(recipe, dataset, trainer)
            run_folder.save_epoch(run, trainer, dataset)
            seconds = time.perf_counter() - start
            print(describe(row, recipe.training.epochs, len(dataset.train) / seconds), flush=True)

        # evaluation
        print(run_folder.evaluate(run, recipe, dataset))
    print(f"weights, report and plots are in {run}")
    return 0


def choose_recipe(arguments: argparse.Namespace) -> Recipe:
    """Return the recipe that the command line means, with its changes; without --recipe a resumed run has its own.

    Raises
    ------
    FileNotFoundError, ValueError
        If a recipe, a setting or a corpus is not there.
    """
    flags = [f"{name}={value}" for name in FLAGS if (value := getattr(arguments, name)) is not None]
    changes = config.parse_assignments(flags + arguments.set)
    if arguments.recipe:
        return config.read(arguments.recipe).replace(changes)
    if arguments.resume and arguments.run and run_folder.is_run(arguments.run):
        return run_folder.read_recipe(arguments.run).replace(changes)
    if datasets.find_ravdess(arguments.data):
        return config.read("minser").replace(changes)
    print("RAVDESS is not here (data/README.md says how to get it): training on the embedded synthetic voices")
    return config.read("toy").replace(changes)


def fit_epoch(recipe: Recipe, dataset: datasets.Dataset, trainer: Trainer) -> Row:
    """Train one epoch under a progress bar, which shows itself on a terminal only."""
    epoch = len(trainer.history) + 1
    seen, loss_sum, n_correct = 0, 0.0, 0
    with tqdm(total=len(dataset.train), desc=f"epoch {epoch}", unit="clips", leave=False, disable=None) as bar:

        def on_step(n_clips: int, loss: float, correct: int) -> None:
            nonlocal seen, loss_sum, n_correct
            seen, loss_sum, n_correct = seen + n_clips, loss_sum + loss * n_clips, n_correct + correct
            bar.set_postfix(loss=f"{loss_sum / seen:.3f}", accuracy=f"{n_correct / seen:.3f}", refresh=False)
            bar.update(n_clips)

        return trainer.run_epoch(
            lambda epoch: samples.training_batches(recipe, dataset, epoch),
            lambda: samples.evaluation_batches(recipe, dataset, dataset.split.val),
            on_step=on_step,
        )


def describe(row: Row, epochs: int, clips_per_s: float) -> str:
    """Return an epoch's line."""
    return (
        f"epoch {row['epoch']:3.0f}/{epochs}  loss {row['train_loss']:.3f}  accuracy {row['train_accuracy']:.3f}  "
        f"validation: loss {row['val_loss']:.3f}  accuracy {row['val_accuracy']:.3f}  UAR {row['val_uar']:.3f}  "
        f"{clips_per_s:.0f} clips/s"
    )


if __name__ == "__main__":
    sys.exit(main())
