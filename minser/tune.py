"""Search for better settings of a recipe, by validation scores alone: ``python -m minser.tune``.

    OUT/trial003/fold0/ ...   a run folder for each trial and fold
    OUT/trials.csv            every trial: its settings, and what the validation part said
    OUT/tuning.png            the same, drawn
    OUT/best.toml             the winner, a recipe

The search is random (Bergstra & Bengio, 2012, JMLR 13: 281). No test part is looked at. Trial k draws from (seed of
the search, k), so more trials add to those that are done.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from minser import recipes
from minser.corpus.contents import describe
from minser.corpus.dataset import adapted, check_effect, corpus_hash, find_corpus, list_clips, load_dataset
from minser.recipes import Recipe
from minser.recipes.search_space import Space, draw_values, read_space
from minser.runs import run_folder
from minser.runs.first_weights import with_whole_path
from minser.study.cross_validation import tell_validation
from minser.study.one_fold import Fold, check_begun, read_result
from minser.study.protocols import protocol_for
from minser.study.workers import run_folds
from minser.system import cli, columns, csv_file
from minser.system.atomic import write_atomic
from minser.system.lock import locked
from minser.training.history import Row

KEPT = ("val_uar", "val_accuracy", "val_loss")
Trial = list[Fold]


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = cli.study_parser(
        "tune",
        "Search for better settings of a recipe, by validation scores alone; a second call goes on with the first.",
        "python -m minser.tune --recipe minser --space space.toml --trials 16",
    )
    parser.add_argument(
        "--space", type=Path, required=True, metavar="FILE",
        help="TOML with a recipe's sections; each field a list of values, or { low = 1e-4, high = 1e-2, log = true }",
    )  # fmt: skip
    parser.add_argument("--trials", type=int, default=16, metavar="N", help="how many settings are tried (16)")
    parser.add_argument("--folds", type=int, nargs="+", metavar="K", help="folds whose validation parts are averaged")
    parser.add_argument("--seed", type=int, default=0, help="draws the trials (0)")
    parser.add_argument("--out", type=Path, help="folder for table, plot and best.toml (runs/tune/RECIPE)")
    return cli.run("tune", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says."""
    asked = recipes.parse_assignments(arguments.set)
    recipe = recipes.read(arguments.recipe or cli.RECIPE).replace(asked)
    space = read_space(arguments.space, recipe)
    if drawn_too := sorted(asked.keys() & space.keys()):
        raise ValueError(f"{drawn_too[0]} has no effect, because {arguments.space} names it too: leave one of them out")
    if arguments.folds and "data.fold" in asked:
        raise ValueError("data.fold has no effect beside --folds: leave one of them out")
    out: Path = arguments.out or Path("runs", "tune", recipe.name)
    drawn, trials = draw_trials(recipe, space, out, arguments)
    with locked(out):
        scores = train_trials(trials, arguments)
        write_results(drawn, trials, scores, out)
        winner = max(scores, key=lambda k: scores[k]["val_uar"])  # of equals the first
        best = trials[winner][0].recipe.replace({"data.fold": recipe.data.fold})
        write_atomic(out / "best.toml", replace(best, name=f"{recipe.name}_tuned").to_toml())
    print(f"trial {winner}: " + ", ".join(f"{name} {value}" for name, value in drawn[winner].items()))
    print(f"trials.csv, tuning.png and best.toml are in {out}")
    where = ["--data", arguments.data] if arguments.data else []
    protocol = protocol_for(list_clips(best, trials[winner][0].root)[1])
    print("test it:", cli.command("crossval", "--recipe", out / "best.toml", "--protocol", protocol, *where))
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
    source, clips, names = list_clips(recipe, root)  # a folder without clips is told once, not for each trial
    asked = {*recipes.parse_assignments(arguments.set), *["data.fold"] * bool(arguments.folds)}
    first = recipe.replace({"data.fold": numbers[0]})
    check_effect(asked, first, source, clips, arguments.data)
    print(describe(root, clips, names), flush=True)
    drawn = [draw_values(space, np.random.default_rng([arguments.seed, k])) for k in range(arguments.trials)]
    trials = []
    for number, values in enumerate(drawn):
        changed = with_whole_path(adapted(recipe.replace(values), root))
        each_fold = [changed.replace({"data.fold": fold}) for fold in numbers]
        folder = out.absolute() / f"trial{number:03d}"
        trial = [Fold(each, root, folder / f"fold{each.data.fold}", tested=False) for each in each_fold]
        if any(run_folder.is_run(fold.run) for fold in trial):  # the others would cost features
            corpus = corpus_hash(load_dataset(changed, root))
            for fold in trial:
                check_begun(fold, corpus)
        trials.append(trial)
    return drawn, trials


def train_trials(trials: list[Trial], arguments: argparse.Namespace) -> dict[int, Row]:
    """Train trials, and return the mean scores over the folds of those that did not fail.

    Raises
    ------
    ValueError
        If all failed.
    """

    def name(fold: Fold) -> str:
        return f"{fold.run.parent.name}, {fold.title}"

    failed = run_folds(
        [fold for trial in trials for fold in trial],
        jobs=cli.jobs_of(arguments),
        scheduler=arguments.scheduler,
        command="tune",
        name=name,
        tell=lambda fold: columns.folded(
            f"{name(fold)}: {tell_validation(fold)}", columns=columns.of_window(), indent=2
        ),
    )
    whole = {k: trial for k, trial in enumerate(trials) if not any(fold in failed for fold in trial)}
    results = {k: [read_result(fold.run) for fold in trial] for k, trial in whole.items()}
    if not results:
        raise ValueError("every trial failed")
    return {k: {name: float(np.mean([each[name] for each in rows])) for name in KEPT} for k, rows in results.items()}


def write_results(drawn: list[dict[str, Any]], trials: list[Trial], scores: dict[int, Row], out: Path) -> None:
    """Write the table of all trials and the figure; a trial that failed has no scores."""
    rows: list[list[object]] = [["trial", *KEPT, "parameters", *drawn[0]]]
    for number, values in enumerate(drawn):
        each = scores.get(number, dict.fromkeys(KEPT, ""))
        parameters = read_result(trials[number][0].run)["parameters"] if number in scores else ""
        rows.append([number, *each.values(), parameters, *values.values()])
    write_atomic(out / "trials.csv", csv_file.to_text(rows))
    from minser import plots  # matplotlib takes a second to load, in every process of a fold too
    from minser.plots.tuning import tuning_figure

    figure = tuning_figure(
        {name: [drawn[k][name] for k in scores] for name in drawn[0]}, [each["val_uar"] for each in scores.values()]
    )
    plots.save(figure, out / "tuning.png")


if __name__ == "__main__":
    sys.exit(main())
