"""Train and test a recipe on every fold of a protocol: ``python -m minser.crossval``.

What is finished stays: a second call trains only what is missing. ``--candidates`` compares recipes by validation
scores, ``--compare`` two protocols, ``--test-data`` tests on another corpus, ``--table`` prints the table of all
results.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from minser import recipes
from minser.corpus.dataset import find_corpus, list_clips
from minser.recipes import Recipe
from minser.study.across import train_and_test
from minser.study.candidates import compare_candidates, read_candidates
from minser.study.cross_validation import Means, cross_validate
from minser.study.protocols import PROTOCOLS, protocol_for
from minser.study.results import read_summary, results_table, side_by_side, sources_table
from minser.system import cli, columns

RESULTS = Path("data", "results")
TRAINING = ("recipe", "data", "set", "jobs", "scheduler")
"""Options that say what is trained, and how."""


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = cli.study_parser(
        "crossval",
        "Train and test a recipe on every fold and seed of a protocol. What is finished is kept; a second call trains "
        "what is missing.",
        "python -m minser.crossval --recipe minser --protocol luna --jobs 2",
    )
    parser.add_argument(
        "--protocol", metavar="NAME",
        help=f"{', '.join(PROTOCOLS)} (luna, of other corpora than RAVDESS own); published: the recipe's own split; "
        "loso: of any corpus with speakers",
    )  # fmt: skip
    parser.add_argument("--seeds", type=int, metavar="N", help="seeds 0 to N-1 (luna 5, loso 1, else 3)")
    parser.add_argument(
        "--out", type=Path, help="folder for predictions.csv and summary.json (runs/crossval/RECIPE/PROTOCOL)"
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--test-data", type=Path, metavar="DIR", help="test on all of another corpus, which chooses nothing"
    )
    instead.add_argument(
        "--candidates", nargs="+", metavar="RECIPE",
        help="compare recipes, or a folder of them, by validation scores; tried.csv keeps them all",
    )  # fmt: skip
    instead.add_argument(
        "--compare", nargs=2, metavar="PROTOCOL", help="two protocols, or folders of results, side by side with the gap"
    )
    instead.add_argument("--table", nargs="*", metavar="DIR", help=f"print the table of results ({RESULTS}/*/*)")
    return cli.run("crossval", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says."""
    if arguments.table is not None:
        cli.refuse(arguments, (*TRAINING, "protocol", "seeds", "out"), "beside --table")
        folders = [Path(name) for name in arguments.table] or [
            f.parent for f in sorted(RESULTS.glob("*/*/summary.json"))
        ]
        summaries = [read_summary(folder) for folder in folders]
        print(results_table(summaries), sources_table(summaries), sep="\n", end="")
        return 0
    changes = recipes.parse_assignments(arguments.set)
    jobs = cli.jobs_of(arguments)
    means = Means(arguments.data, arguments.seeds, jobs, arguments.scheduler, changes.keys())
    if arguments.candidates:
        cli.refuse(arguments, ("recipe",), "beside --candidates")
        candidates = [recipe.replace(changes) for recipe in read_candidates(arguments.candidates)]
        protocol = arguments.protocol or default_protocol(candidates[0], means)
        out = arguments.out or Path("runs", "crossval", "candidates", protocol)
        compare_candidates(candidates, protocol, out, means)
        return 0
    recipe = recipes.read(arguments.recipe or cli.RECIPE).replace(changes)
    if arguments.compare:
        cli.refuse(arguments, ("protocol",), "beside --compare")
        fixed = [PROTOCOLS.get(name, {}) for name in arguments.compare if not is_stored(name)]
        cli.refuse(arguments, () if fixed else (*TRAINING, "seeds", "out"), "on results that are there")
        of_one = {name for name in changes if 0 < sum(name in each for each in fixed) < len(fixed)}
        means = replace(means, asked=changes.keys() - of_one)
        first, second = (stored_or_computed(recipe, name, arguments.out, means) for name in arguments.compare)
        print("\n" + "\n".join(side_by_side(first, second, width=columns.of_window())))
        return 0
    if arguments.test_data:
        cli.refuse(arguments, ("protocol",), "beside --test-data: data.split divides the corpus that is trained on")
        train_and_test(recipe, arguments.test_data, arguments.out, means)
        return 0
    protocol = arguments.protocol or default_protocol(recipe, means)
    cross_validate(recipe, protocol, arguments.out or default_out(recipe, protocol), means)
    return 0


def default_protocol(recipe: Recipe, means: Means) -> str:
    """Return the protocol that keeps the speakers of a corpus apart."""
    recipe = recipe.replace(PROTOCOLS["luna"])
    return protocol_for(list_clips(recipe, find_corpus(recipe, means.data))[1])


def default_out(recipe: Recipe, protocol: str) -> Path:
    """Return where a result goes if nobody says so."""
    return Path("runs", "crossval", recipe.name, protocol)


def is_stored(name: str) -> bool:
    """Return whether a folder of results has this name."""
    return Path(name, "summary.json").is_file()


def stored_or_computed(recipe: Recipe, name: str, out: Path | None, means: Means) -> Path:
    """Return a folder of results: `name` itself if it is one, else the protocol's, completed first."""
    if is_stored(name):
        return Path(name)
    folder = out / name if out else default_out(recipe, name)
    cross_validate(recipe, name, folder, means)
    return folder


if __name__ == "__main__":
    sys.exit(main())
