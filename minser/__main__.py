"""List the commands, or run one: ``python -m minser``, ``python -m minser train``."""

import importlib
import sys
import textwrap

import minser
from minser.system import columns

COMMANDS = {
    "train": "train a network by a recipe",
    "evaluate": "score a trained network on its test part",
    "predict": "name the emotion of sound files, also over time",
    "explain": "show which parts of a recording count for an emotion",
    "web": "serve a page that listens, in this machine's browser",
    "crossval": "train and test a recipe on every fold of a protocol, compare, tabulate",
    "tune": "search for better settings by validation scores",
    "export": "write a network as ONNX or for torch, or make one ready to ship",
    "grade": "grade assignments in a sandbox, or build them for students and teachers",
    "explore": "draw and count what a corpus holds",
    "data": "check a corpus, count its clips, fetch RAVDESS, make the synthetic corpus, draw spectrograms",
}


def main(argv: list[str] | None = None) -> int:
    """Run the command that the first argument names and return its exit code; without one print them, a line each."""
    name, *rest = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if name in COMMANDS:
        module = importlib.import_module(f"minser.{name}")
        module = importlib.import_module(f"minser.{name}.__main__") if hasattr(module, "__path__") else module
        return int(module.main(rest))
    if name not in ("-h", "--help"):
        print(f"minser: expected one of {', '.join(COMMANDS)}, got {name!r}", file=sys.stderr)
        return 2
    print(f"minser {minser.__version__}: speech emotion recognition in NumPy\n")
    for name, text in COMMANDS.items():
        print(textwrap.fill(f"  python -m minser.{name:9} {text}", columns.of_window(), subsequent_indent=28 * " "))
    print("\nEach says more with --help; its dot may be a space.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
