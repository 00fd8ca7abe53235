"""One fold and seed of a cross-validation, trained into a run folder of its own.

    config.toml, environment.json, trained_on.json, history.csv, best.safetensors   as of any run
    last.safetensors, previous.safetensors   until the training is finished
    result.json        what the validation part says, after the training
    predictions.csv    of the test part; not of a fold that is only validated

`python -m minser.evaluate --run FOLDER` adds report and plots. Comes in: a `Fold`. Goes out: its files.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numba

from minser.corpus import recipe_batches
from minser.corpus.dataset import Dataset, corpus_hash, load_dataset
from minser.nn.arrays import count_parameters
from minser.recipes import Recipe
from minser.runs import run_folder
from minser.runs.build import build_trainer, predict_test_part
from minser.system import json_file
from minser.system.atomic import write_atomic

RESULT, PREDICTIONS = "result.json", "predictions.csv"

_RESULT_SHAPE = {
    **dict.fromkeys(("fold", "seed", "epoch", "epochs", "parameters", "threads"), int),
    "train_accuracy": float,
    **dict.fromkeys(("val_loss", "val_accuracy", "val_uar"), (float, None)),
    **dict.fromkeys(("split", "shares", "corpus"), str),
    "minutes": (float, None),
}


@dataclass(frozen=True)
class Fold:
    """What one process has to do.

    Attributes
    ----------
    recipe : Recipe
        With the fold and the seed in it.
    root : Path
        Folder of the corpus.
    run : Path
        Run folder, made if it is not there; it goes on where it was left.
    tested : bool
        Whether the test part is predicted when the training is finished.
    """

    recipe: Recipe
    root: Path
    run: Path
    tested: bool = True

    @property
    def title(self) -> str:
        """Fold and seed in words."""
        return f"fold {self.recipe.data.fold}, seed {self.recipe.training.seed}"

    @property
    def n_epochs_done(self) -> int:
        """Epochs that are on disk."""
        history = self.run / "history.csv"
        return max(0, history.read_bytes().count(b"\n") - 1) if history.is_file() else 0

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.is_trained and (not self.tested or (self.run / PREDICTIONS).is_file())

    @property
    def is_trained(self) -> bool:
        """Whether the training is finished; ValueError if its result is damaged."""
        return (self.run / RESULT).is_file() and bool(read_result(self.run))


def read_result(run: Path) -> dict[str, Any]:
    """Return what the validation part said of a fold.

    Returns
    -------
    dict
        ``fold``, ``seed``; ``epoch`` (the one that is kept) with its ``train_accuracy`` (on clips as they were
        augmented, under dropout), ``val_loss``, ``val_accuracy``, ``val_uar`` (None where nothing is held out);
        ``epochs`` (trained); ``parameters``;
        ``minutes`` (of the whole training, None where it was not timed) and ``threads``; ``split``,
        ``shares`` (what its parts share); ``corpus`` (hash).

    Raises
    ------
    OSError, ValueError
        If it is not there or damaged.
    """
    problem = "damaged (delete it, and the fold is trained again)"
    return dict(json_file.read(run / RESULT, _RESULT_SHAPE, problem=problem))


def check_begun(fold: Fold, corpus: str) -> None:
    """Raise ValueError where a fold was begun with another recipe or is of another corpus than `corpus`, its hash."""
    if run_folder.is_run(fold.run):
        run_folder.check_same_recipe(fold.run, fold.recipe)
    if (fold.run / RESULT).is_file() and read_result(fold.run)["corpus"] != corpus:
        raise ValueError(f"{fold.run} was trained on another corpus than {fold.root}, or on other features of it")


def train_fold(fold: Fold) -> None:
    """Train a fold, or go on with it, and leave its result on disk; nothing happens if it is done.

    Raises
    ------
    BlockingIOError
        If another process is at work in the run folder.
    OSError, ValueError, FloatingPointError
        If files are bad, the split leaks what its protocol does not name, or the loss is no number.
    """
    with run_folder.held(fold.run):
        if fold.is_done:
            return
        dataset = load_dataset(fold.recipe, fold.root)
        if not fold.is_trained:
            _train(fold, dataset)
        if fold.tested:
            model = run_folder.load_model(fold.run, fold.recipe).model
            write_atomic(fold.run / PREDICTIONS, predict_test_part(fold.recipe, dataset, model).to_text())


def _train(fold: Fold, dataset: Dataset) -> None:
    """Train the epochs that are left, and write what the validation part says."""
    if untrained := dataset.untrained():
        print(f"{fold.recipe.name}, {fold.title}: {untrained}", flush=True)
    trainer = build_trainer(fold.recipe, dataset, goes_on=run_folder.has_checkpoint(fold.run))
    seconds = []
    if run_folder.is_run(fold.run):
        run_folder.resume(fold.run, trainer, dataset)
    else:
        run_folder.create_run(fold.run, fold.recipe, dataset)
    while not trainer.is_finished:
        start = time.perf_counter()
        trainer.run_epoch(
            lambda epoch: recipe_batches.training_batches(fold.recipe, dataset, epoch, trainer.step),
            lambda: recipe_batches.evaluation_batches(fold.recipe, dataset, dataset.split.val),
            name_of=lambda index: dataset.clips[index].name,
        )
        run_folder.save_epoch(fold.run, trainer, dataset)
        seconds.append(time.perf_counter() - start)
    best = trainer.history[trainer.best_epoch - 1]
    result = {
        "fold": fold.recipe.data.fold,
        "seed": fold.recipe.training.seed,
        "epoch": trainer.best_epoch,
        "train_accuracy": best["train_accuracy"],
        **{name: best[name] if dataset.split.holds_out else None for name in ("val_loss", "val_accuracy", "val_uar")},
        "epochs": len(trainer.history),
        "parameters": count_parameters(trainer.model),
        # the median: the first epoch may compile loops, and epochs of an earlier process were as long
        "minutes": round(median(seconds) * len(trainer.history) / 60, 2) if seconds else None,
        "threads": numba.get_num_threads(),
        "split": dataset.split.name,
        "shares": dataset.split.shares,
        "corpus": corpus_hash(dataset),
    }
    write_atomic(fold.run / RESULT, json.dumps(result, indent=1) + "\n")
    for name in (run_folder.LAST, run_folder.PREVIOUS):
        (fold.run / name).unlink(missing_ok=True)
