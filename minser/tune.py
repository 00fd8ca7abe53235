"""Search for better settings of a recipe, by validation scores alone: ``python -m minser.tune``.

    OUT/trial003/fold0/ ...   a run folder for each trial and fold, ready to go on
    OUT/trials.csv            every trial: its settings, how far it was trained, what the validation part said
    OUT/tuning.png            the same, drawn
    OUT/best.toml             the winner, a recipe

Random search (Bergstra & Bengio, 2012, JMLR 13: 281) trains every trial to the end. Successive halving (Jamieson &
Talwalkar, 2016, AISTATS) trains all of them for a few epochs, goes on with the better half for twice as many, and so
on. No test part is looked at. Trial k draws from (seed of the search, k), so more trials add to those that are done.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from minser import recipes
from minser.corpus.contents import describe
from minser.corpus.dataset import adapted, corpus_hash, find_corpus, list_clips, load_dataset
from minser.recipes import Recipe
from minser.recipes.search_space import Space, draw_values, read_space
from minser.runs import run_folder
from minser.study.one_fold import Fold, check_begun, read_result, with_whole_paths
from minser.study.workers import run_folds
from minser.system import cli, csv_file
from minser.system.atomic import write_atomic
from minser.system.lock import locked
from minser.training.history import Row, best_epoch, from_csv

KEPT = ("val_uar", "val_accuracy", "val_loss")
Trial = list[Fold]


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = cli.study_parser(
        "tune",
        "Search for better settings of a recipe, by validation scores alone; a second call goes on with the first.",
        "python -m minser.tune --recipe minser --space space.toml --trials 16 --method halving",
    )
    parser.add_argument(
        "--space", type=Path, required=True, metavar="FILE",
        help="TOML with a recipe's sections; each field a list of values, or { low = 1e-4, high = 1e-2, log = true }",
    )  # fmt: skip
    parser.add_argument("--trials", type=int, default=16, metavar="N", help="how many settings are tried (16)")
    parser.add_argument("--method", choices=("random", "halving"), default="random", help="search (%(default)s)")
    parser.add_argument("--folds", type=int, nargs="+", metavar="K", help="folds whose validation parts are averaged")
    parser.add_argument("--seed", type=int, default=0, help="draws the trials (0)")
    parser.add_argument("--out", type=Path, help="folder for table, plot and best.toml (runs/tune/RECIPE)")
    return cli.run("tune", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says."""
    recipe = recipes.read(arguments.recipe).replace(recipes.parse_assignments(arguments.set))
    space = read_space(arguments.space, recipe)
    out: Path = arguments.out or Path("runs", "tune", recipe.name)
    drawn, trials = draw_trials(recipe, space, out, arguments)
    with locked(out):
        outcome: dict[int, tuple[int, Row]] = {}
        left = list(range(len(trials)))
        for epochs in rungs(recipe, len(trials) if arguments.method == "halving" else 1):
            scores = train_rung({k: trials[k] for k in left}, epochs, arguments)
            outcome |= {k: (epochs, each) for k, each in scores.items()}
            write_results(drawn, trials, outcome, out)
            left = sorted(scores, key=lambda k: (-scores[k]["val_uar"], k))
            print(f"{epochs} epochs: trial {left[0]} leads {len(left)} with {100 * scores[left[0]]['val_uar']:.1f}")
            winner, left = left[0], left[: -(-len(left) // 2)]
        best = trials[winner][0].recipe.replace({"data.fold": recipe.data.fold})
        write_atomic(out / "best.toml", replace(best, name=f"{recipe.name}_tuned").to_toml())
    print(f"trial {winner}: " + ", ".join(f"{name} {value}" for name, value in drawn[winner].items()))
    print(f"trials.csv, tuning.png and best.toml are in {out}")
    print(f"test it: python -m minser.crossval --recipe {out / 'best.toml'}")
    return 0


def draw_trials(
    recipe: Recipe, space: Space, out: Path, arguments: argparse.Namespace
) -> tuple[list[dict[str, Any]], list[Trial]]:
    """Return each trial's settings and its folds.

    Raises
    ------
    OSError, ValueError
        If the corpus or a setting is bad, or `out` holds trials of another search or corpus.
    """
    numbers: list[int] = arguments.folds or [recipe.data.fold]
    if arguments.trials < 1:
        raise ValueError(f"trials must be 1 or more, got {arguments.trials}")
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"folds must differ, got {' '.join(map(str, numbers))}")
    if recipe.data.split == "all":
        raise ValueError("data.split all has no validation part, by which trials are compared")
    root = find_corpus(recipe, arguments.data).absolute()
    _, clips, names = list_clips(recipe, root)  # a folder without clips is told once, not for each trial
    print(describe(root, clips, names), flush=True)
    drawn = [draw_values(space, np.random.default_rng([arguments.seed, k])) for k in range(arguments.trials)]
    trials = []
    for number, values in enumerate(drawn):
        changed = with_whole_paths(adapted(recipe.replace(values), root))
        each_fold = [changed.replace({"data.fold": fold}) for fold in numbers]
        folder = out.absolute() / f"trial{number:03d}"
        trial = [Fold(each, root, folder / f"fold{each.data.fold}", tested=False) for each in each_fold]
        if any(run_folder.is_run(fold.run) for fold in trial):  # the others would cost features
            corpus = corpus_hash(load_dataset(changed, root))
            for fold in trial:
                check_begun(fold, corpus)
        trials.append(trial)
    return drawn, trials


def rungs(recipe: Recipe, n_trials: int) -> list[int]:
    """Return the numbers of epochs after which trials are compared, the last being the recipe's.

    Examples
    --------
    >>> from minser.recipes import Training
    >>> rungs(Recipe("any", training=Training(epochs=40)), 8)
    [5, 10, 20, 40]
    """
    epochs = recipe.training.epochs
    halvings = min(n_trials.bit_length(), epochs.bit_length()) - 1
    return [epochs >> n for n in range(halvings, -1, -1)]


def train_rung(trials: dict[int, Trial], epochs: int, arguments: argparse.Namespace) -> dict[int, Row]:
    """Train trials for so many epochs in all, and return the scores of those that did not fail.

    Raises
    ------
    ValueError
        If all failed.
    """
    folds = [replace(fold, epochs=epochs) for trial in trials.values() for fold in trial]

    def name(fold: Fold) -> str:
        return f"{fold.run.parent.name}, {fold.title}"

    ended = run_folds(
        folds,
        jobs=arguments.jobs,
        scheduler=arguments.scheduler,
        command="tune",
        name=name,
        tell=lambda fold: f"{name(fold)}: validation UAR {100 * scores_after(fold, epochs)['val_uar']:.1f}",
    )
    failed = {fold.run for fold in ended}
    scores = {
        number: {
            name: float(np.mean([each[name] for each in (scores_after(fold, epochs) for fold in trial)]))
            for name in KEPT
        }
        for number, trial in trials.items()
        if not failed & {fold.run for fold in trial}
    }
    if not scores:
        raise ValueError("every trial failed")
    return scores


def scores_after(fold: Fold, epochs: int) -> Row:
    """Return the validation scores of the epoch that is kept of the first so many; later ones may be on disk."""
    columns = from_csv((fold.run / "history.csv").read_text(encoding="utf-8"))
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)][:epochs]
    return rows[best_epoch(rows, fold.recipe.training.select) - 1]


def write_results(
    drawn: list[dict[str, Any]], trials: list[Trial], outcome: dict[int, tuple[int, Row]], out: Path
) -> None:
    """Write the table of all trials and the figure; a trial that failed has no scores."""
    rows: list[list[object]] = [["trial", "epochs", *KEPT, "parameters", *drawn[0]]]
    for number, values in enumerate(drawn):
        epochs, scores = outcome.get(number, ("", dict.fromkeys(KEPT, "")))
        parameters = read_result(trials[number][0].run)["parameters"] if number in outcome else ""
        rows.append([number, epochs, *scores.values(), parameters, *values.values()])
    write_atomic(out / "trials.csv", csv_file.to_text(rows))
    from minser import plots  # matplotlib takes a second to load, in every process of a fold too
    from minser.plots.tuning import tuning_figure

    known = sorted(outcome)
    figure = tuning_figure(
        {name: [drawn[k][name] for k in known] for name in drawn[0]},
        [outcome[k][1]["val_uar"] for k in known],
        [outcome[k][0] for k in known],
    )
    plots.save(figure, out / "tuning.png")


if __name__ == "__main__":
    sys.exit(main())
