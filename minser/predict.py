"""Name the emotion of sound files: ``python -m minser.predict PATH...``."""

import argparse
import csv
import glob
import io
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from minser.corpus.listing import is_hidden, is_sound
from minser.corpus.spelling import composed
from minser.features.pieces import HOP_S, WINDOW_S
from minser.recognizer import Answer, Recognizer
from minser.system import cli, columns, csv_file
from minser.system.atomic import write_atomic

STDIN = "-"
MANY = 20  # files from which on a progress bar tells more than the lines alone
WIDEST = 40  # columns of a file's name in the table


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code; 2 if a file could not be read."""
    parser = cli.parser(
        "predict",
        "Name the emotion in sound files, with a probability for each, and say where not to trust it. "
        "What is longer than 7 s, silence at its ends not counted, is answered in windows.",
        "python -m minser.predict --run runs/minser voice.wav recordings/",
    )
    parser.add_argument("--run", type=Path, help="run folder of a trained network (the one shipped with minser)")
    style = parser.add_mutually_exclusive_group()
    style.add_argument("--json", dest="style", action="store_const", const="json", help="print JSON, not a table")
    style.add_argument("--csv", dest="style", action="store_const", const="csv", help="print CSV, not a table")
    parser.add_argument("--over-time", type=Path, metavar="DIR", help="write the course over time here, PNG and CSV")
    parser.add_argument(
        "--window", type=float, default=WINDOW_S, metavar="S", help="length of a window (%(default)g s)"
    )
    parser.add_argument("--hop", type=float, default=HOP_S, metavar="S", help="step between windows (%(default)g s)")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="sound file, folder, pattern, or - for stdin")
    return cli.run("predict", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says; a bad file gets its line and the others go on."""
    recognizer = Recognizer.load(arguments.run)
    files, complaints = find_files(arguments.paths)
    if arguments.over_time:
        arguments.over_time.mkdir(parents=True, exist_ok=True)
    n_bad, n_files = len(complaints), len(complaints) + len(files)
    seen: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for text in complaints:
        print(f"minser predict: {text}", file=sys.stderr)
    head = "" if arguments.style == "json" else header(arguments.style, recognizer.emotions, files)
    for file in tqdm(files, unit="file", leave=False, disable=None if len(files) >= MANY else True):
        name = "stdin" if file == STDIN else Path(file).name
        key = composed(name).casefold()  # what a disk may take for one name
        seen[key] += 1  # another folder may have one of the same name
        try:
            answer = listen(recognizer, file, window_s=arguments.window, hop_s=arguments.hop)
            if arguments.over_time:
                write_course(arguments.over_time, name if seen[key] == 1 else f"{name}-{seen[key]}", answer)
        except (OSError, ValueError) as error:
            n_bad += 1
            tqdm.write(f"minser predict: {cli.one_line(error)}", file=sys.stderr)
            continue
        if arguments.style == "json":
            probabilities = {name: round(float(p), 7) for name, p in zip(answer.emotions, answer.probs, strict=True)}
            rows.append(
                {
                    "file": file,
                    "emotion": answer.emotion,
                    "probabilities": probabilities,
                    "notes": list(answer.notes),
                }
            )
        else:
            lines = [head] * bool(head) + [row(arguments.style, file, answer, files)]
            tqdm.write("\n".join(lines), file=sys.stdout)
            head = ""  # it stands above the first answer
    if arguments.style == "json":
        print(json.dumps(rows, indent=2))
    if n_bad and n_files > 1:
        print(f"minser predict: {n_bad} of {n_files} gave no answer", file=sys.stderr)
    return 2 if n_bad else 0


def find_files(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the files that paths mean, each once, and a line for each path that means none."""
    files: list[str] = []
    complaints = []
    for path in paths:
        found = [path]
        if path != STDIN and Path(path).is_dir():
            files_below = sorted(Path(path).rglob("*"))
            found = [str(file) for file in files_below if is_sound(file) and not is_hidden(file, Path(path))]
        elif path != STDIN and not Path(path).exists() and glob.has_magic(path):
            found = [file for file in sorted(glob.glob(path, recursive=True)) if Path(file).is_file()]
        if not found:
            complaints.append(f"{path!r}: expected sound files, found none")
        files += found
    return list(dict.fromkeys(files)), complaints


def listen(recognizer: Recognizer, file: str, *, window_s: float, hop_s: float) -> Answer:
    """Return the answer to a file, or to what comes on stdin, which goes through a file: any length, no memory."""
    if file != STDIN:
        return recognizer.answer_file(file, window_s=window_s, hop_s=hop_s)
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.seek(0)
        return recognizer.answer_file(copy, window_s=window_s, hop_s=hop_s)


def header(style: str | None, emotions: Sequence[str], files: Sequence[str]) -> str:
    """Return the first line of a table or of CSV; in a narrow window that of a table names two columns only."""
    if style == "csv":
        return csv_line(["file", "emotion", *emotions, "notes"])
    return _line("file", "emotion", (), emotions, files) if _is_narrow(emotions, files) else _head(emotions, files)


def row(style: str | None, file: str, answer: Answer, files: Sequence[str]) -> str:
    """Return a file's line of a table or of CSV; in the table its notes stand below.

    In a narrow window the probabilities stand below too, each behind its emotion.
    """
    if style == "csv":
        return csv_line([file, answer.emotion, *(f"{p:.6f}" for p in answer.probs), "; ".join(answer.notes)])
    name = "".join(letter if letter.isprintable() else "?" for letter in file)
    likely = list(zip(answer.emotions, answer.probs, strict=True))
    if _is_narrow(answer.emotions, files):
        below = columns.flowed("  ", (f"{emotion} {p:.2f}" for emotion, p in likely), columns=columns.of_window())
        lines = [_line(name, answer.emotion, (), answer.emotions, files), *below]
    else:
        cells = [columns.padded(f"{p:.2f}", max(4, columns.width(emotion)), ">") for emotion, p in likely]
        lines = [_line(name, answer.emotion, cells, answer.emotions, files)]
    return "\n".join([*lines, *(f"  {note}" for note in answer.notes)])


def _head(emotions: Sequence[str], files: Sequence[str]) -> str:
    """Return the headings of a table with a column for each emotion."""
    return _line("file", "emotion", [columns.padded(name, 4, ">") for name in emotions], emotions, files)


def _is_narrow(emotions: Sequence[str], files: Sequence[str]) -> bool:
    """Return whether the window has no room for that."""
    return columns.width(_head(emotions, files)) > columns.of_window()


def _line(name: str, emotion: str, cells: Sequence[str], emotions: Sequence[str], files: Sequence[str]) -> str:
    """Return a line of the table: a name and an emotion in their columns, then cells of any width."""
    widest = min(WIDEST, max([4, *map(columns.width, files)]))
    first = columns.padded(columns.shortened(name, widest), widest)
    second = columns.padded(emotion, max([9, *map(columns.width, emotions)]))
    return "  ".join([first, second, *cells]).rstrip()


def csv_line(cells: Sequence[object]) -> str:
    """Return one line of CSV, without its end."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)  # what may end a line is quoted inside of a cell
    return text.getvalue().removesuffix("\r\n")


def write_course(folder: Path, name: str, answer: Answer) -> None:
    """Write the windows of a recording: as CSV, and as a picture."""
    from minser.plots import save  # matplotlib takes a second to load: only where a picture is drawn
    from minser.plots.timeline import course_figure

    windows = (
        [f"{start_s:.3f}", f"{end_s:.3f}", str(int(is_speech)), *(f"{p:.6f}" for p in probs)]
        for (start_s, end_s), is_speech, probs in zip(answer.times_s, answer.is_speech, answer.course, strict=True)
    )
    write_atomic(folder / f"{name}.csv", csv_file.to_text([["start_s", "end_s", "speech", *answer.emotions], *windows]))
    figure = course_figure(answer.times_s, answer.course, answer.is_speech, answer.emotions, title=name)
    save(figure, folder / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
