"""List the commands: ``python -m minser``."""

import sys

import minser

COMMANDS = {
    "train": "train a network by a recipe",
    "evaluate": "score a trained network on its test part",
    "predict": "name the emotion of sound files, also over time",
    "explain": "show which parts of a recording count for an emotion",
    "web": "serve a page that listens, in this machine's browser",
    "crossval": "train and test a recipe on every fold of a protocol, compare, tabulate",
    "tune": "search for better settings by validation scores",
    "export": "write weights for torch, read them back, or make a network ready to ship",
    "grade": "grade assignments in a sandbox, or build them for students and teachers",
    "explore": "draw and count what a corpus holds",
    "data": "check a copy of RAVDESS, count its clips, make the synthetic corpus, draw spectrograms",
}


def main(argv: list[str] | None = None) -> int:
    """Print the commands, one line each."""
    print(f"minser {minser.__version__}: speech emotion recognition in NumPy\n")
    for name, text in COMMANDS.items():
        print(f"  python -m minser.{name:9} {text}")
    print("\nEach says more with --help.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
