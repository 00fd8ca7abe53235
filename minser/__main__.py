"""List the commands: ``python -m minser``."""

import sys

import minser

COMMANDS = {
    "train": "train a network by a recipe",
    "evaluate": "score a trained network on its test part",
    "predict": "name the emotion of sound files",
    "explore": "draw and count what a corpus holds",
    "bench": "measure speed against librosa, side by side",
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
