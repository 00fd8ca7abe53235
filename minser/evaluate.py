"""Score a trained network on its test part again: ``python -m minser.evaluate --run DIR``."""

import argparse
import sys
from pathlib import Path

from minser.corpus.dataset import find_corpus, load_dataset
from minser.runs import run_folder
from minser.system import cli


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = cli.parser(
        "evaluate",
        "Score a run's best network on its test part; renew predictions, report, model card and plots.",
        "python -m minser.evaluate --run runs/minser",
    )
    parser.add_argument("--run", type=Path, required=True, help="run folder of a trained network")
    parser.add_argument("--data", help="folder of the corpus (where the run found it, else as for training)")
    return cli.run("evaluate", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says."""
    recipe = run_folder.read_recipe(arguments.run)
    recorded = run_folder.recorded_corpus(arguments.run).get("root", "")  # where the run found it
    there = recorded if recorded and Path(recorded).is_dir() else None
    root = find_corpus(recipe, arguments.data or there, was=recorded)
    dataset = load_dataset(recipe, root)
    print(run_folder.write_scores(arguments.run, recipe, dataset))
    return 0


if __name__ == "__main__":
    sys.exit(main())
