"""Measure minser: ``python -m minser.bench features``."""

import argparse
import sys

from minser import command
from minser.bench import features


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = command.parser("bench", "Measure minser against its models.", "python -m minser.bench features")
    topics = parser.add_subparsers(required=True, metavar="features")
    topic = topics.add_parser("features", help="features against librosa", description="features against librosa")
    topic.add_argument("--rounds", type=int, default=15, help="runs of each function, of which the median counts (15)")
    topic.set_defaults(function=measure_features)
    arguments = parser.parse_args(argv)
    return command.run("bench", arguments.function, arguments)


def measure_features(arguments: argparse.Namespace) -> int:
    """Print the table of features."""
    print(features.compare(rounds=arguments.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
