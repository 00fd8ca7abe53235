"""One recipe trained on one corpus and tested on another, with as many seeds as are asked for.

    OUT/fold0_seed0/ ...                       a run folder each, as of a cross-validation
    OUT/on_EMO-DB/predictions.csv, summary.json   what all seeds say of the other corpus

Nothing of the other corpus selects anything: the epoch is the one that the recipe takes on the first corpus. Trained
once, the networks can be tested on any number of corpora.

Comes in: a recipe, two folders of corpora. Goes out: these files.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from minser.corpus.contents import describe
from minser.corpus.dataset import (
    IMAGES,
    OWN,
    OWN_SETTINGS,
    Dataset,
    adapted,
    check_effect,
    corpus_hash,
    find_corpus,
    holds_own,
    list_clips,
    load_dataset,
)
from minser.evaluation.predictions import Pooled, Predictions, count_speakers
from minser.recipes import Recipe
from minser.runs import across, first_weights, heard
from minser.study import summary
from minser.study.cross_validation import Means, begin, tell_validation, train_all, write_summary
from minser.study.one_fold import Fold
from minser.study.protocols import check_asked, recipe_per_fold
from minser.system.lock import locked
from minser.system.words import counted

N_SEEDS = 3


def train_and_test(recipe: Recipe, test_root: Path, out: Path | None, means: Means) -> None:
    """Train what is missing, test every seed's network on another corpus, and write and print the scores.

    Parameters
    ----------
    recipe : Recipe
        What it says of own recordings goes for those of the two corpora that are own recordings.
    test_root : Path
        Folder of the corpus that is tested.
    out : Path or None
        Folder of the results; None: ``runs/crossval/RECIPE/from_CORPUS``.
    means : Means
        Its `data` is the corpus that is trained on.

    Raises
    ------
    BlockingIOError
        If another process is at work in `out`.
    OSError, ValueError
        If recipe or corpora are bad, the two have clips or a published corpus in common, or no emotion, `out` holds
        another recipe's folds, or a training failed.
    """
    dataset, other, recipe = _load(recipe, test_root, means)
    out = out or Path("runs", "crossval", recipe.name, f"from_{_called(dataset)}")
    n_seeds = N_SEEDS if means.n_seeds is None else means.n_seeds
    begun = begin(recipe_per_fold(recipe, n_folds=1, n_seeds=n_seeds), dataset, out)
    folds = [replace(fold, tested=False) for fold in begun]
    _check_unheard(folds, dataset, other)
    for title, each in (("trained on", dataset), ("tested on", other)):
        print(f"{title} {each.root}: {each.source}\n{describe(each.root, each.clips, each.names)}", flush=True)
    with locked(out):
        train_all(folds, means, tell_validation)
        print(f"tested on {other.root}:")
        tables = []
        for fold in folds:
            table, left_out, _ = across.predict(fold.run, fold.recipe, other)
            print(f"seed {fold.recipe.training.seed}: {summary.in_words(table)}", flush=True)
            tables.append(table)
        pooled, content = _summarise(folds, tables, dataset, other)
        content["left_out"] = left_out
        place = out / f"on_{_called(other)}"
        place.mkdir(exist_ok=True)
        write_summary(pooled, content, place)


def _load(recipe: Recipe, test_root: Path, means: Means) -> tuple[Dataset, Dataset, Recipe]:
    """Return the corpus that is trained on, the one that is tested, and the recipe as it reads the first."""
    check_asked(means.asked)
    root = find_corpus(recipe, means.data)
    if test_root.resolve() == root.resolve():
        raise ValueError(f"{test_root} would be trained on and tested on: name two corpora, or leave --test-data out")
    elsewhere = recipe.replace(dict.fromkeys(OWN_SETTINGS, ""))
    are_own = [holds_own(each) for each in (root, test_root)]
    here, there = (recipe if is_own or not any(are_own) else elsewhere for is_own in are_own)
    source, clips, _ = list_clips(here, root)
    other = across.load_whole(there, test_root)
    of_both = {"data.speech", "data.song"} if "RAVDESS" in other.source.split(", ") else set()
    check_effect({*means.asked} - of_both, here, source, clips, means.data)
    if IMAGES in (source, other.source):
        raise ValueError(f"{root} and {test_root}: expected sounds, pictures do not say of which corpus they are")
    here = adapted(here, root)
    dataset = load_dataset(here.replace({"data.fold": 0, "training.seed": 0}), root)
    across.shared_labels(dataset.names, other, root)
    return dataset, other, here


def _check_unheard(folds: Sequence[Fold], dataset: Dataset, other: Dataset) -> None:
    """Refuse a test on clips or a corpus that is trained on, or that the networks heard to which the folds go on."""
    own = {"source": dataset.source, "audio": dataset.features.digests}
    across.check_unheard([own], other, f"{dataset.root} holds")
    for run in filter(None, (first_weights.first_run(fold.recipe) for fold in folds)):
        across.check_unheard(heard.read_parts(run), other, f"{run} was trained on")


def _summarise(
    folds: Sequence[Fold], tables: Sequence[Predictions], dataset: Dataset, other: Dataset
) -> tuple[Pooled, dict[str, Any]]:
    """Return what `summary.summarise` does, said of two corpora."""
    called = f"{_called(dataset)} to {_called(other)}"
    pooled, content = summary.summarise(folds[0].recipe.name, called, folds, tables, other)
    split, tested = dataset.split, tables[0]
    heading = (
        f"{folds[0].recipe.name} trained on {dataset.source} ({split.name}: {counted(len(split.train), 'clip')}, "
        f"{len(split.val)} for validation), tested on {other.source}: seeds: {len(folds)}, test clips of a seed: "
        f"{len(tested.files)}, speakers: {count_speakers(tested.actors) or 'unknown'}; {summary.chosen(folds)}"
    )
    return pooled, content | {"heading": heading, "shares": "", "corpus": corpus_hash(other)}


def _called(dataset: Dataset) -> str:
    """Return what a corpus is called in the name of a folder: of own recordings that of their own."""
    return dataset.root.resolve().name if dataset.source == OWN else dataset.source.replace(", ", "+").replace(" ", "_")
