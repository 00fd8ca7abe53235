"""Score a trained network on its test part again, or on another corpus: ``python -m minser.evaluate --run DIR``."""

import argparse
import sys
from pathlib import Path

from minser import recipes
from minser.corpus.dataset import OWN_SETTINGS, check_effect, holds_own, load_dataset
from minser.recipes import Recipe
from minser.recognizer import SHIPPED
from minser.runs import across, run_folder
from minser.system import cli, columns


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = cli.parser(
        "evaluate",
        "Score a run's best network on its test part; renew predictions, report, model card and plots. Or score it on "
        "a corpus that it never heard.",
        "python -m minser.evaluate --run runs/minser",
    )
    parser.add_argument("--run", required=True, help="run folder of a trained network, or shipped: minser's own")
    parser.add_argument("--data", help="folder of the corpus, or of another one (where the run found it)")
    parser.add_argument("--out", type=Path, help="folder for predictions, report and plot of another corpus (none)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="data.FIELD=VALUE",
        help="how to read another corpus, such as data.speaker_pattern",
    )
    return cli.run("evaluate", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says."""
    run = SHIPPED if arguments.run == "shipped" else Path(arguments.run)
    recipe = run_folder.read_recipe(run)
    root = run_folder.find_corpus(run, recipe, arguments.data)
    other = across.unheard(run, as_read(recipe, arguments, root), root) if arguments.data else None
    if other is None:
        if arguments.out or arguments.set:
            raise ValueError(f"--out and --set are for another corpus than the one that {run} was trained on")
        print(run_folder.write_scores(run, recipe, load_dataset(recipe, root)))
        return 0
    check_effect(recipes.parse_assignments(arguments.set), recipe, other.source, other.clips, None)
    found = across.score(run, recipe, other)
    print(found.text(width=columns.of_window()), end="")
    if arguments.out:
        across.write(found, arguments.out)
        print(f"predictions, report and plot are in {arguments.out}")
    return 0


def as_read(recipe: Recipe, arguments: argparse.Namespace, root: Path) -> Recipe:
    """Return a run's recipe as it reads another corpus: where that one's speakers are, --set says.

    The run's pattern of labels stays for own recordings, which may be those that it was trained on.
    """
    changes = recipes.parse_assignments(arguments.set)
    known = (*OWN_SETTINGS, "data.speech", "data.song")
    if wrong := [name for name in changes if name not in known]:
        raise ValueError(f"--set {wrong[0]} has no effect on another corpus: expected one of {', '.join(known)}")
    labels = recipe.data.label_pattern if holds_own(root) else ""
    return recipe.replace(
        {"data.label_pattern": labels, "data.speaker_pattern": "", "data.speakers_csv": "", **changes}
    )


if __name__ == "__main__":
    sys.exit(main())
