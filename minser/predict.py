"""Name the emotion of sound files: ``python -m minser.predict --run DIR FILE...``."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from minser import command
from minser.recognizer import Recognizer


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code; 2 if a file could not be read."""
    parser = command.parser(
        "predict",
        "Name the emotion of each sound file, with the probability of every emotion.",
        "python -m minser.predict --run runs/minser voice.wav",
    )
    parser.add_argument("--run", type=Path, required=True, help="run folder of a trained network")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of lines")
    parser.add_argument("files", nargs="+", metavar="FILE", help="WAV, FLAC, OGG or MP3")
    return command.run("predict", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says; a bad file gets its line and the others go on."""
    recognizer = Recognizer.load(arguments.run)
    results: list[dict[str, Any]] = []
    failed = False
    for file in arguments.files:
        try:
            probs = recognizer.predict_file(file)
        except (OSError, ValueError) as error:
            print(f"minser predict: {' '.join(str(error).split())}", file=sys.stderr)
            failed = True
            continue
        named = {name: round(float(p), 6) for name, p in zip(recognizer.emotions, probs, strict=True)}
        emotion = recognizer.emotions[int(probs.argmax())]
        results.append({"file": file, "emotion": emotion, "probabilities": named})
        if not arguments.json:
            print(f"{file}  {emotion:9}  " + "  ".join(f"{name} {p:.3f}" for name, p in named.items()))
    if arguments.json:
        print(json.dumps(results, indent=2, ensure_ascii=False))
    return 2 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
