"""Measure minser: ``python -m tests.benchmark features``, ``train``, ``infer``, ``memory`` or ``start``."""

import argparse
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from minser.system import cli
from tests.benchmark import contender, features, memory, networks, roofline, speed, start

TOPICS = {
    "features": "features against librosa",
    "train": "training steps against torch",
    "infer": "forward passes against torch",
    "memory": "memory of a training process against torch",
    "start": "imports, a prediction as a whole process, and the first compilation",
}
ROUNDS = {"features": 15, "train": 15, "infer": 15, "memory": 3, "start": 7}


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code; without a topic it shows its help."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmark",
        description="Measure minser against librosa and torch: the same work, the same threads, each in its own "
        "process, in turn. Each topic has its own --help.",
        epilog="example: python -m tests.benchmark train --model trimmed_logmel --rounds 7",
    )
    topics = parser.add_subparsers(dest="topic", metavar="TOPIC")
    for name, text in TOPICS.items():
        topic = topics.add_parser(
            name, help=text, description=f"{text}.".capitalize(), epilog=f"example: python -m tests.benchmark {name}"
        )
        topic.add_argument(
            "--rounds", type=int, default=ROUNDS[name], help="rounds, of which the median counts (%(default)s)"
        )
        if name == "features":
            continue
        topic.add_argument("--threads", type=int, default=all_cores(), help="of each contender (all: %(default)s)")
        topic.add_argument("--json", action="store_true", help="print a list of JSON objects instead of a table")
        if name != "start":
            known = networks.NAMES if name == "infer" else networks.RECIPES
            topic.add_argument(
                "--model", action="append", choices=known, metavar="NAME", help=f"{', '.join(known)} (all); repeatable"
            )
        if name in ("train", "infer"):
            topic.add_argument(
                "--roofline",
                action="store_true",
                help="instead: what bounds each of minser's layers, beside the machine's peaks",
            )
    arguments = parser.parse_args(argv)
    if arguments.topic is None:
        parser.print_help()
        return 0
    return cli.run("benchmark", execute, arguments)


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says."""
    if arguments.topic == "features":
        print(features.compare(rounds=arguments.rounds))
        return 0
    for name in ("rounds", "threads"):
        if getattr(arguments, name) < 1:
            raise ValueError(f"--{name}: expected 1 or more, got {getattr(arguments, name)}")
    rows, text = measured(arguments)
    print(json.dumps(rows, indent=2) if arguments.json else text)
    return 0


def measured(arguments: argparse.Namespace) -> tuple[Sequence[dict[str, Any]], str]:
    """Return a topic's rows, and its table with what is true of all its contenders."""
    topic, rounds, threads = arguments.topic, arguments.rounds, arguments.threads
    training = topic != "infer"
    if topic != "start":
        names = arguments.model or (networks.RECIPES if training else networks.NAMES)
        if topic != "memory" and arguments.roofline:
            layers = [
                row
                for name in names
                for row in roofline.measure_layers(name, training=training, rounds=rounds, threads=threads)
            ]
            return layers, roofline.layer_table(layers)
    need("torch")
    if topic == "start":
        need("librosa")
        rows = start.measure_start(rounds=rounds, threads=threads)
        text = start.start_table(rows)
    elif topic == "memory":
        rows = [memory.measure_memory(name, rounds=rounds, threads=threads) for name in names]
        text = memory.memory_table(rows)
    else:
        rows = [row for name in names for row in speed.measure(name, training=training, rounds=rounds, threads=threads)]
        text = speed.table(rows)
    return rows, f"{text}\n{contender.dropped_line()}"


def need(library: str) -> None:
    """Raise ValueError if a library is not installed."""
    if importlib.util.find_spec(library) is None:
        raise ValueError(f'{library} is not installed: python -m pip install -e ".[reference]"')


def all_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(main())
