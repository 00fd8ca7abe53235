"""Train a network by a recipe: ``python -m minser.train``.

Without arguments it trains minser's own recipe where RAVDESS is found, and otherwise the embedded corpus.
``main`` reads in the order of the work: config, features, model, fit, evaluation.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from minser import recipes
from minser.corpus import recipe_batches
from minser.corpus.contents import describe as describe_clips
from minser.corpus.dataset import (
    NO_CORPUS,
    Dataset,
    adapted,
    check_effect,
    find_corpus,
    find_ravdess,
    list_clips,
    load_dataset,
)
from minser.recipes import Recipe
from minser.runs import first_weights, run_folder
from minser.runs.build import build_trainer
from minser.system import cli, columns
from minser.system.signals import stop_requests
from minser.system.words import counted
from minser.training.history import Row
from minser.training.trainer import Trainer

FLAGS = (
    *("data.split", "data.fold", "model.weights"),
    *("training.epochs", "training.batch_size", "training.lr", "training.seed"),
)


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = cli.parser("train", "Train a network.", "python -m minser.train --recipe trimmed_logmel --seed 1")
    parser.add_argument(
        "--recipe", help="minser, trimmed_logmel, toy or a TOML file (minser if a corpus is found, else toy)"
    )
    parser.add_argument("--data", help="folder of the corpus (MINSER_DATA, else ./data, else the embedded corpus)")
    parser.add_argument("--run", type=Path, help="folder for weights, report and plots (runs/RECIPE)")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    parser.add_argument(
        "--checkpoint-steps", type=int, default=50, metavar="N", help="save after N steps, and each epoch (50)"
    )
    parser.add_argument(
        "--on-nan", choices=("stop", "skip"), default="stop", help="at a loss or gradient that is no number (stop)"
    )
    for name in FLAGS:
        parser.add_argument(
            f"--{name.partition('.')[2].replace('_', '-')}",
            dest=name,
            metavar="X",
            help=f"{recipes.help_of(name)}",
        )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.FIELD=VALUE",
        help="any other setting of the recipe; of own recordings data.label_pattern and data.speaker_pattern, regular "
        "expressions that find (?P<label>...) and (?P<speaker>...) in a file's path, or data.speakers_csv, a table",
    )
    return cli.run("train", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says."""
    # config
    recipe = choose_recipe(arguments)
    run: Path = arguments.run or Path("runs", recipe.name)
    goes_on = arguments.resume and run_folder.is_run(run)
    root = run_folder.find_corpus(run, recipe, arguments.data) if goes_on else find_corpus(recipe, arguments.data)
    source, clips, names = list_clips(recipe, root)
    check_effect(asked_for(arguments), recipe, source, clips, arguments.data)
    recipe = first_weights.with_whole_path(adapted(recipe, root))
    if arguments.checkpoint_steps < 1:
        raise ValueError(f"--checkpoint-steps must be 1 or more, got {arguments.checkpoint_steps}")
    if goes_on:
        run_folder.check_same_recipe(run, recipe)
    elif run_folder.is_used(run):
        found = "exists: --resume goes on with it" if run_folder.is_run(run) else "exists and holds no run"
        raise FileExistsError(f"{run} {found}, --run DIR names another")
    with run_folder.held(run):
        # features
        print(f"{root}: {source}\n{describe_clips(root, clips, names)}", flush=True)
        dataset = load_dataset(recipe, root)
        print(columns.folded(f"{recipe.name} on {root}: {dataset.split.describe()}", columns=columns.of_window()))
        if untrained := dataset.untrained():
            print(columns.folded(untrained, columns=columns.of_window()))

        # model
        trainer = build_trainer(recipe, dataset, goes_on=goes_on and run_folder.has_checkpoint(run))
        if goes_on:
            if problem := run_folder.resume(run, trainer, dataset):
                print(problem)
            state = "finished" if trainer.is_finished else "goes on"
            steps = f" and {counted(trainer.step, 'step')}" * (trainer.step > 0)
            print(f"{run} {state} after {counted(len(trainer.history), 'epoch')}{steps}")
        else:
            run_folder.create_run(run, recipe, dataset)

        # fit
        try:
            fit(recipe, dataset, trainer, run, arguments)
        except (KeyboardInterrupt, OSError, FloatingPointError) as error:
            if isinstance(error, KeyboardInterrupt) or run_folder.has_checkpoint(run):
                more = ["--data", arguments.data] if arguments.data else []
                if isinstance(error, FloatingPointError) or arguments.on_nan == "skip":
                    more += ["--on-nan", "skip"]
                print("\ngo on with:", cli.command("train", "--resume", "--run", run, *more), flush=True)
            raise

        # evaluation
        print(run_folder.write_scores(run, recipe, dataset))
    print(f"{'weights, report and plots' if dataset.split.holds_out else 'weights and curves'} are in {run}")
    return 0


def choose_recipe(arguments: argparse.Namespace) -> Recipe:
    """Return the recipe that the command line means, with its changes; without --recipe a resumed run has its own.

    Raises
    ------
    FileNotFoundError, ValueError
        If a recipe, a setting or a corpus is not there.
    """
    changes = asked_for(arguments)
    if arguments.recipe:
        return recipes.read(arguments.recipe).replace(changes)
    if arguments.resume and arguments.run and run_folder.is_run(arguments.run):
        return run_folder.read_recipe(arguments.run).replace(changes)
    if find_ravdess(arguments.data):
        return recipes.read("minser").replace(changes)
    print(f"{NO_CORPUS}: training on the embedded synthetic voices")
    return recipes.read("toy").replace(changes)


def asked_for(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that the command line changes, by their full names."""
    flags = [f"{name}={value}" for name in FLAGS if (value := getattr(arguments, name)) is not None]
    return recipes.parse_assignments(flags + arguments.set)


def fit(recipe: Recipe, dataset: Dataset, trainer: Trainer, run: Path, arguments: argparse.Namespace) -> None:
    """Train to the end, with a checkpoint every few steps and after each epoch; Ctrl-C is heard between two steps."""
    with stop_requests() as is_asked_to_stop:

        def on_step() -> None:
            if is_asked_to_stop() or trainer.step % arguments.checkpoint_steps == 0:
                run_folder.save_step(run, trainer)
            if is_asked_to_stop():
                raise KeyboardInterrupt

        while not trainer.is_finished:
            start, n_before = time.perf_counter(), trainer.sums[2]
            row = fit_epoch(recipe, dataset, trainer, on_step, skips=arguments.on_nan == "skip")
            run_folder.save_epoch(run, trainer, dataset)
            seconds = time.perf_counter() - start
            print(describe(row, recipe.training.epochs, (len(dataset.train) - n_before) / seconds), flush=True)
            if is_asked_to_stop():
                raise KeyboardInterrupt


def fit_epoch(recipe: Recipe, dataset: Dataset, trainer: Trainer, on_step: Callable[[], None], *, skips: bool) -> Row:
    """Train on what is left of an epoch under a progress bar, which shows itself on a terminal only."""
    title, n_before = f"epoch {len(trainer.history) + 1}", trainer.sums[2]
    with tqdm(total=len(dataset.train), initial=n_before, desc=title, unit="clips", leave=False, disable=None) as bar:

        def show(n_clips: int) -> None:
            loss_sum, n_correct, n_seen = trainer.sums
            means = {"loss": f"{loss_sum / max(n_seen, 1):.3f}", "accuracy": f"{n_correct / max(n_seen, 1):.3f}"}
            bar.set_postfix(means, refresh=False)
            bar.update(n_clips)
            on_step()

        def skip(problem: str) -> None:
            print(f"skipped: {problem}", file=sys.stderr, flush=True)

        return trainer.run_epoch(
            lambda epoch: recipe_batches.training_batches(recipe, dataset, epoch, trainer.step),
            lambda: recipe_batches.evaluation_batches(recipe, dataset, dataset.split.val),
            on_step=show,
            on_nan=skip if skips else None,
            name_of=lambda index: dataset.clips[index].name,
        )


def describe(row: Row, epochs: int, clips_per_s: float) -> str:
    """Return an epoch's line, or two where the window is narrow."""
    training = f"epoch {row['epoch']:3.0f}/{epochs}  loss {row['train_loss']:.3f}  accuracy {row['train_accuracy']:.3f}"
    speed = f"{clips_per_s:.0f} clips/s"
    if row["val_loss"] != row["val_loss"]:  # NaN: nothing is held out
        return f"{training}  {speed}"
    scores = f"loss {row['val_loss']:.3f}  accuracy {row['val_accuracy']:.3f}  UAR {row['val_uar']:.3f}"
    line = f"{training}  validation: {scores}  {speed}"
    return line if len(line) <= columns.of_window() else f"{training}  {speed}\n  validation: {scores}"


if __name__ == "__main__":
    sys.exit(main())
