"""Look after corpora: ``python -m minser.data check|info|toy``."""

import argparse
import sys
from collections import Counter
from pathlib import Path

import soundfile

from minser import command, experiment
from minser.corpus import index, ravdess, toy


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code; 1 if a check found faults."""
    parser = command.parser("data", "Look after corpora.", "python -m minser.data check data/ravdess")
    actions = parser.add_subparsers(required=True, metavar="check|info|toy")
    for name, function, text in (
        ("check", check, "compare a copy of RAVDESS with the published files"),
        ("info", info, "count a corpus's clips"),
    ):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("folder", nargs="?", help="folder of the corpus (MINSER_DATA, else ./data)")
        action.set_defaults(function=function)
    action = actions.add_parser("toy", help="make the embedded synthetic corpus", description="make it")
    action.add_argument("folder", help="a new folder")
    action.add_argument("--seed", type=int, default=0, help="other voices for another seed")
    action.set_defaults(function=make_toy)
    arguments = parser.parse_args(argv)
    return command.run("data", arguments.function, arguments)


def check(arguments: argparse.Namespace) -> int:
    """Compare a copy of RAVDESS with the published files."""
    report = index.check(_folder(arguments))
    print(report)
    return 0 if report.ok else 1


def info(arguments: argparse.Namespace) -> int:
    """Count a corpus's clips by channel, emotion, sex and intensity, and their length."""
    folder = _folder(arguments)
    clips, _ = ravdess.scan(folder)
    if not clips:
        raise FileNotFoundError(f"{folder}: no clips of RAVDESS or in its layout")
    print(f"{folder}: {len(clips)} clips by {len({clip.actor for clip in clips})} actors")
    for field in ("channel_name", "emotion_name", "sex", "intensity_name"):
        counts = Counter(getattr(clip, field) for clip in clips)
        print(f"  {field.removesuffix('_name'):10}" + "  ".join(f"{k} {n}" for k, n in counts.items()))
    seconds = [soundfile.info(clip.path).duration for clip in clips]
    print(f"  length    {min(seconds):.2f} to {max(seconds):.2f} s, {sum(seconds) / 3600:.2f} h in all")
    return 0


def make_toy(arguments: argparse.Namespace) -> int:
    """Make the embedded corpus."""
    folder = toy.make_corpus(Path(arguments.folder), seed=arguments.seed)
    print(f"synthetic voices in RAVDESS's layout are in {folder}")
    return 0


def _folder(arguments: argparse.Namespace) -> Path:
    """Return the corpus that is meant."""
    folder = experiment.find_ravdess(arguments.folder)
    if folder is None:
        raise FileNotFoundError("no corpus in MINSER_DATA or ./data; name a folder")
    return folder


if __name__ == "__main__":
    sys.exit(main())
