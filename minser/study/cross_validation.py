"""One recipe under one protocol: every fold and seed, what is missing trained, the rest taken from disk.

    OUT/fold0_seed0/ ...   a run folder each, see `minser.study.one_fold`
    OUT/predictions.csv    out-of-fold predictions of all folds and seeds
    OUT/summary.json       scores, settings, parameters, minutes

Comes in: a recipe, the name of a protocol, a folder. Goes out: these files.
"""

import itertools
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minser.corpus.contents import describe
from minser.corpus.dataset import (
    Dataset,
    adapted,
    check_effect,
    corpus_hash,
    find_corpus,
    list_clips,
    load_dataset,
)
from minser.evaluation.predictions import Pooled, Predictions
from minser.recipes import Recipe
from minser.runs import run_folder
from minser.runs.build import build_trainer
from minser.runs.first_weights import with_whole_path
from minser.study import summary
from minser.study.one_fold import PREDICTIONS, Fold, check_begun, read_result
from minser.study.protocols import (
    N_SEEDS,
    check_asked,
    check_clips,
    count_folds,
    recipe_per_fold,
    under_protocol,
)
from minser.study.workers import run_folds
from minser.system import columns
from minser.system.atomic import write_atomic
from minser.system.lock import locked
from minser.system.words import counted


@dataclass(frozen=True)
class Means:
    """What to compute with.

    Attributes
    ----------
    data : str or None
        Folder of the corpus; None: as for training.
    n_seeds : int or None
        Seeds of each fold; None: the protocol's own number.
    jobs : int
        Processes at a time.
    scheduler : str or None
        Address of a Dask scheduler.
    asked : collection of str
        Full names of the settings that the command line changes: each must have an effect.
    """

    data: str | None
    n_seeds: int | None
    jobs: int
    scheduler: str | None
    asked: Collection[str] = ()


def cross_validate(recipe: Recipe, protocol: str, out: Path, means: Means) -> None:
    """Train what is missing, and write predictions and summary.

    Raises
    ------
    BlockingIOError
        If another process is at work in `out`.
    OSError, ValueError
        If recipe, protocol or corpus are bad, `out` holds another recipe's folds, or a fold failed.
    """
    folds, dataset = plan(recipe, protocol, out, means)
    print(describe(dataset.root, dataset.clips, dataset.names), flush=True)
    with locked(out):
        train_all(folds, means, tell_scores)
        write_results(recipe.name, protocol, folds, dataset, out)


def plan(recipe: Recipe, protocol: str, out: Path, means: Means) -> tuple[list[Fold], Dataset]:
    """Return the folds of a recipe under a protocol, and the dataset of the first; its split is checked for leaks.

    Raises
    ------
    OSError, ValueError
        If recipe, protocol or corpus are bad, or `out` holds folds of another recipe or corpus.
    """
    recipe = under_protocol(recipe, protocol)
    check_asked(means.asked, protocol)
    root = find_corpus(recipe, means.data)
    source, clips, _ = list_clips(recipe, root)
    check_clips(protocol, clips)
    check_effect(means.asked, recipe, source, clips, means.data)
    recipe = adapted(recipe, root)
    dataset = load_dataset(recipe.replace({"data.fold": 0, "training.seed": 0}), root)
    n_seeds = N_SEEDS.get(protocol, 3) if means.n_seeds is None else means.n_seeds
    recipes = recipe_per_fold(recipe, n_folds=count_folds(recipe, dataset.clips), n_seeds=n_seeds)
    return begin(recipes, dataset, out), dataset


def begin(recipes: Sequence[Recipe], dataset: Dataset, out: Path) -> list[Fold]:
    """Return the folds of some recipes in a folder, a run folder for each.

    Parameters
    ----------
    recipes : sequence of Recipe
        One for each fold and seed.
    dataset : Dataset
        As the first of them sees its corpus.
    out : Path
        The folder.

    Raises
    ------
    OSError, ValueError
        If the network cannot be built, or `out` holds folds of another recipe or corpus.
    """
    folder, root = out.absolute(), dataset.root.absolute()  # a worker's current directory is another
    names = [f"fold{each.data.fold}_seed{each.training.seed}" for each in recipes]
    folds = [Fold(_start(each, name), root, folder / name) for each, name in zip(recipes, names, strict=True)]
    for fold in folds:
        check_begun(fold, corpus_hash(dataset))
    if not all(fold.is_trained for fold in folds):
        build_trainer(folds[0].recipe, dataset)  # what the recipe lacks is told once, not by every fold
    return folds


def _start(recipe: Recipe, name: str) -> Recipe:
    """Return a fold's recipe; where it starts from another cross-validation, from the run of the same fold and seed."""
    run = Path(recipe.model.weights, name)
    starts_from_run = recipe.model.weights and run_folder.is_run(run)
    return with_whole_path(recipe.replace({"model.weights": str(run)}) if starts_from_run else recipe)


def train_all(folds: Sequence[Fold], means: Means, tell: Callable[[Fold], str]) -> None:
    """Train and test the folds that are not done, with a line for each.

    Raises
    ------
    ValueError
        If a fold failed; the others are trained first.
    """
    n_done = sum(fold.is_done for fold in folds)
    print(f"{counted(len(folds), 'fold')}, {n_done} of them done already", flush=True)
    numbers = itertools.count(n_done + 1)

    def name(fold: Fold) -> str:
        return f"{fold.recipe.name}, {fold.title}"

    def line(fold: Fold) -> str:
        start = f"{next(numbers):3d}/{len(folds)}  "
        return columns.folded(f"{start}{name(fold)}: {tell(fold)}", columns=columns.of_window(), indent=len(start))

    failed = run_folds(folds, jobs=means.jobs, scheduler=means.scheduler, command="crossval", name=name, tell=line)
    if failed:
        raise ValueError(
            f"{len(failed)} of {counted(len(folds), 'fold')} failed; the same command does what is missing"
        )


def tell_validation(fold: Fold) -> str:
    """Return what the validation part said of a fold."""
    result = read_result(fold.run)
    took = "" if result["minutes"] is None else f", {result['minutes']:.1f} min"
    score = result["val_uar"]
    validation = "no validation part, kept" if score is None else f"validation UAR {100 * score:.1f} in"
    return f"{validation} epoch {result['epoch']} of {result['epochs']}{took}"


def tell_scores(fold: Fold) -> str:
    """Return what test and validation part said of a fold."""
    return f"{summary.in_words(Predictions.read(fold.run / PREDICTIONS))}; {tell_validation(fold)}"


def write_results(name: str, protocol: str, folds: list[Fold], dataset: Dataset, out: Path) -> None:
    """Write predictions and summary of finished folds, and print the summary."""
    tables = [Predictions.read(fold.run / PREDICTIONS) for fold in folds]
    write_summary(*summary.summarise(name, protocol, folds, tables, dataset), out)


def write_summary(pooled: Pooled, content: Mapping[str, Any], out: Path) -> None:
    """Write predictions.csv and summary.json into a folder, and print the summary."""
    write_atomic(out / "predictions.csv", pooled.to_text())
    write_atomic(out / "summary.json", json.dumps(content, indent=1) + "\n")
    print("\n".join(summary.lines(content, width=columns.of_window())))
    print(columns.folded(f"predictions.csv and summary.json are in {out}", columns=columns.of_window()))
