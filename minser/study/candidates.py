"""Several recipes compared by validation scores alone, all of them kept, and the nested figure beside the winner.

    OUT/CANDIDATE/fold0_seed0/ ...   a run folder each
    OUT/tried.csv                    what the validation parts said, of every candidate that was ever tried in OUT
    OUT/predictions.csv, summary.json   the nested figure: each fold and seed predicted by the candidate that its own
                                        validation part chose

Folds that test every actor leave no actor unseen by whoever compares the candidates' test scores. So candidates are
compared by validation scores alone. Even then the validation clips of one fold, or of one seed where seeds draw the
split, are test clips of another, and the winner over all has been helped by them. The nested figure has no such help:
for each fold and seed, the candidate that its own validation part prefers predicts its test part (Cawley & Talbot,
2010, JMLR 11: 2079). Since no seed leans on another, their spread tells of the choice's luck too.

A test part is predicted only by the candidate that was chosen for it. Comes in: recipes, a protocol, a folder. Goes
out: these files.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from minser import recipes
from minser.corpus.dataset import Dataset, make_split
from minser.corpus.spelling import composed
from minser.recipes import Recipe
from minser.runs import run_folder
from minser.study.cross_validation import Means, plan, tell_scores, tell_validation, train_all, write_results
from minser.study.one_fold import RESULT, Fold, read_result
from minser.study.summary import settings_of
from minser.system import csv_file
from minser.system.atomic import write_atomic
from minser.system.lock import locked

_KEPT = ("fold", "seed", "val_uar", "val_accuracy", "val_loss", "epoch", "parameters")
"""What ``tried.csv`` says of a fold's validation part, between the candidate's name and its settings."""


def read_candidates(names: Sequence[str]) -> list[Recipe]:
    """Return recipes by name, by file, or by a folder of TOML files.

    Raises
    ------
    OSError, ValueError
        If one cannot be read, there is none, or two have one name.
    """
    files = [
        str(file) for name in names for file in (sorted(Path(name).glob("*.toml")) if Path(name).is_dir() else [name])
    ]
    candidates = [recipes.read(file) for file in files]
    if not candidates:
        raise FileNotFoundError(f"{', '.join(names)}: no TOML file is there")
    seen = [composed(recipe.name).casefold() for recipe in candidates]  # their folders, which a disk may take for one
    if twice := sorted({name for name in seen if seen.count(name) > 1}):
        raise ValueError(f"candidates need names of their own; {twice[0]!r} is there twice: {', '.join(files)}")
    return candidates


def compare_candidates(candidates: Sequence[Recipe], protocol: str, out: Path, means: Means) -> None:
    """Train what is missing, write what was tried and the nested figure, and print both.

    Raises
    ------
    BlockingIOError
        If another process is at work in `out`.
    OSError, ValueError
        As `cross_validate`, or if the recipes would not be tested on the same clips.
    """
    plans = {recipe.name: plan(recipe, protocol, out / recipe.name, means) for recipe in candidates}
    _check_same_parts(plans)
    folds, dataset = plans[candidates[0].name]
    with locked(out):
        try:
            untested = [replace(fold, tested=False) for each, _ in plans.values() for fold in each]
            train_all(untested, means, tell_validation)
        finally:
            write_atomic(out / "tried.csv", csv_file.to_text([("candidate", *_KEPT, "settings"), *read_tried(out)]))
        scores = {name: [read_result(fold.run)["val_uar"] for fold in plans[name][0]] for name in sorted(plans)}
        print("\nvalidation UAR, mean of all folds and seeds; the first is the one to take:")
        for name in sorted(scores, key=lambda name: -np.mean(scores[name])):
            print(f"{100 * np.mean(scores[name]):6.1f}  {name}")
        chosen = [list(scores)[best] for best in np.argmax(list(scores.values()), axis=0)]  # of equals the first
        print("\nnested: " + "; ".join(f"{fold.title} chose {name}" for fold, name in zip(folds, chosen, strict=True)))
        picked = [plans[name][0][place] for place, name in enumerate(chosen)]
        train_all(picked, means, tell_scores)
        write_results("nested", protocol, picked, dataset, out)


def _check_same_parts(plans: Mapping[str, tuple[list[Fold], Dataset]]) -> None:
    """Raise ValueError unless all candidates validate and test on the same clips, fold by fold and seed by seed."""
    told = [f"{name}: {dataset.source}, {dataset.split.describe()}" for name, (_, dataset) in plans.items()]
    parts = [list(_parts(*each)) for each in plans.values()]
    for other, text in zip(parts, told, strict=True):
        if other != parts[0]:
            raise ValueError(f"candidates must be tested on the same clips; {told[0]}; {text}")


def _parts(folds: list[Fold], dataset: Dataset) -> Iterator[Any]:
    """Yield of each fold its corpus, number and seed, and the names of the clips that it validates and tests on."""
    for fold in folds:
        split = make_split(fold.recipe, dataset.clips, dataset.features.digests)
        names = [[dataset.clips[i].name for i in part] for part in (split.val, split.test)]
        yield fold.root, fold.recipe.data.fold, fold.recipe.training.seed, names


def read_tried(out: Path) -> list[list[Any]]:
    """Return rows on all candidates in a folder: name, what was `_KEPT`, and the settings in which they differ."""
    runs = sorted(file.parent for file in out.glob(f"*/fold*_seed*/{RESULT}"))
    candidates = [run_folder.read_recipe(run) for run in runs]
    settings = [settings_of(recipe, run.name) for recipe, run in zip(candidates, runs, strict=True)]
    differing = [
        name
        for name in (settings[0] if settings else ())
        if name not in ("data.fold", "training.seed") and len({repr(each[name]) for each in settings}) > 1
    ]
    rows = []
    for run, recipe, values in zip(runs, candidates, settings, strict=True):
        result = read_result(run)
        changes = "; ".join(f"{name}={values[name]!r}" for name in differing)
        rows.append([recipe.name, *(result[name] for name in _KEPT), changes])
    return sorted(rows, key=lambda row: (row[0], row[2], row[1]))
