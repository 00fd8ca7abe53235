"""Show why a network answers as it does: ``python -m minser.explain FILE``."""

import argparse
import sys
from pathlib import Path

from minser import audio
from minser.corpus.spelling import composed
from minser.recognizer import Recognizer
from minser.system import cli


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = cli.parser(
        "explain",
        "Draw which parts of a recording's mel spectrogram count for an emotion, in three ways: saliency, Grad-CAM and "
        "occlusion. Of a recording longer than 7 s (silence at its ends not counted) the window where the emotion is "
        "likeliest.",
        "python -m minser.explain --run runs/minser voice.wav",
    )
    parser.add_argument("--run", type=Path, help="run folder of a trained network (the one shipped with minser)")
    parser.add_argument("--emotion", type=composed, help="what to explain (the likeliest emotion)")
    parser.add_argument("--out", type=Path, help="the picture, a PNG file (FILE's name with -explained.png, here)")
    parser.add_argument("file", metavar="FILE", help="a sound file")
    return cli.run("explain", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says."""
    if arguments.out and arguments.out.suffix.lower() != ".png":
        raise ValueError(f"--out: expected a name that ends in .png, got {str(arguments.out)!r}")
    recognizer = Recognizer.load(arguments.run)
    waveform, sr = audio.load(arguments.file)
    answer = recognizer.answer_file(arguments.file)
    emotion = arguments.emotion or answer.emotion
    evidence = recognizer.explain(waveform, sr=sr, emotion=emotion)
    from minser.plots import save  # matplotlib takes a second to load: bad input is told before
    from minser.plots.explanation import explanation_figure

    percent = 100 * float(answer.probs[recognizer.emotions.index(emotion)])
    figure = explanation_figure(
        **vars(evidence),
        emotion=emotion,
        title=f"{Path(arguments.file).name}: why {emotion}? ({percent:.0f} %)",
    )
    out = arguments.out or Path(f"{Path(arguments.file).stem}-explained.png")
    save(figure, out)
    print(f"{arguments.file}: {emotion} {percent:.1f} %; the picture is {out}")
    for note in answer.notes:
        print(f"  {note}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
