"""Train and test a recipe on every fold of a protocol: ``python -m minser.crossval``.

What is finished stays: a second call trains only what is missing. ``--candidates`` compares recipes by validation
scores, ``--compare`` two protocols, ``--table`` prints the table of all results.
"""

import argparse
import sys
from pathlib import Path

from minser import recipes
from minser.recipes import Recipe
from minser.study.candidates import compare_candidates, read_candidates
from minser.study.cross_validation import Means, cross_validate
from minser.study.protocols import PROTOCOLS
from minser.study.results import read_summary, results_table, side_by_side, sources_table
from minser.system import cli, columns

RESULTS = Path("data", "results")


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = cli.study_parser(
        "crossval",
        "Train and test a recipe on every fold and seed of a protocol. What is finished is kept; a second call trains "
        "what is missing.",
        "python -m minser.crossval --recipe minser --protocol luna --jobs 2",
    )
    parser.add_argument(
        "--protocol", metavar="NAME", default="luna",
        help=f"{', '.join(PROTOCOLS)}; published: the recipe's own split; own, loso: of any corpus with speakers",
    )  # fmt: skip
    parser.add_argument("--seeds", type=int, metavar="N", help="seeds 0 to N-1 (luna 5, loso 1, else 3)")
    parser.add_argument(
        "--out", type=Path, help="folder for predictions.csv and summary.json (runs/crossval/RECIPE/PROTOCOL)"
    )
    parser.add_argument(
        "--candidates", nargs="+", metavar="RECIPE",
        help="compare recipes, or a folder of them, by validation scores; tried.csv keeps them all",
    )  # fmt: skip
    parser.add_argument(
        "--compare", nargs=2, metavar="PROTOCOL", help="two protocols, or folders of results, side by side with the gap"
    )
    parser.add_argument("--table", nargs="*", metavar="DIR", help=f"print the table of results ({RESULTS}/*/*)")
    return cli.run("crossval", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says."""
    if arguments.table is not None:
        folders = [Path(name) for name in arguments.table] or [
            f.parent for f in sorted(RESULTS.glob("*/*/summary.json"))
        ]
        summaries = [read_summary(folder) for folder in folders]
        print(results_table(summaries), sources_table(summaries), sep="\n", end="")
        return 0
    means = Means(arguments.data, arguments.seeds, arguments.jobs, arguments.scheduler)
    changes = recipes.parse_assignments(arguments.set)
    if arguments.candidates:
        candidates = [recipe.replace(changes) for recipe in read_candidates(arguments.candidates)]
        out = arguments.out or Path("runs", "crossval", "candidates", arguments.protocol)
        compare_candidates(candidates, arguments.protocol, out, means)
        return 0
    recipe = recipes.read(arguments.recipe).replace(changes)
    if arguments.compare:
        first, second = (stored_or_computed(recipe, name, arguments.out, means) for name in arguments.compare)
        print("\n" + "\n".join(side_by_side(first, second, width=columns.of_window())))
        return 0
    cross_validate(recipe, arguments.protocol, arguments.out or default_out(recipe, arguments.protocol), means)
    return 0


def default_out(recipe: Recipe, protocol: str) -> Path:
    """Return where a result goes if nobody says so."""
    return Path("runs", "crossval", recipe.name, protocol)


def stored_or_computed(recipe: Recipe, name: str, out: Path | None, means: Means) -> Path:
    """Return a folder of results: `name` itself if it is one, else the protocol's, completed first."""
    if Path(name, "summary.json").is_file():
        return Path(name)
    folder = out / name if out else default_out(recipe, name)
    cross_validate(recipe, name, folder, means)
    return folder


if __name__ == "__main__":
    sys.exit(main())
