"""Grade submissions, or build the assignments: ``python -m minser.grade``."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from minser.grade import catalogue, feedback, sandbox
from minser.grade.build import build_all
from minser.grade.marking import Mark, mark_file
from minser.system import cli
from minser.system.atomic import write_atomic

Result = tuple[str, Sequence[Mark] | str]  # assignment; marks, or why there are none


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = cli.parser(
        "grade",
        "Grade a submission (.py or .ipynb) or a folder of them, offline; or `build OUT`: write the assignments, "
        "for students without solutions, for teachers with them. Student code runs in a sandbox.",
        "python -m minser.grade submissions --csv points.csv",
    )
    parser.add_argument("what", type=Path, metavar="SUBMISSION_OR_FOLDER", help="file, folder, or the word build")
    parser.add_argument("out", type=Path, nargs="?", metavar="OUT", help="after build: where to")
    parser.add_argument("--assignment", metavar="NN", help="its number (found in the file's name)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write Gradescope's results.json; one for all files")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write a table of the class")
    parser.add_argument("--seed", type=int, default=0, help="draws the hidden inputs (0); a teacher's secret")
    parser.add_argument("--seconds", type=int, default=10, help="limit for each question (10)")
    parser.add_argument(
        "--unsandboxed",
        action="store_true",
        help="run student code without a sandbox, where none can be built: it may do all that you may",
    )
    return cli.run("grade", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says."""
    if str(arguments.what) == "build" and arguments.out:
        written = build_all(arguments.out)
        print(f"{len(written)} files in {arguments.out / 'student'} and {arguments.out / 'teacher'}")
        return 0
    if arguments.out:
        raise ValueError(f"expected one submission or folder, or build OUT, got {arguments.out} as well")
    if arguments.seconds < 1 or arguments.seed < 0:
        raise ValueError(
            f"--seconds must be at least 1 and --seed at least 0, got {arguments.seconds}, {arguments.seed}"
        )
    obstacle = None if arguments.unsandboxed else sandbox.obstacle()
    if obstacle:
        raise ValueError(f"no sandbox can be built here ({obstacle}): --unsandboxed runs student code without one")
    files = submissions(arguments.what)
    fixed = catalogue.find(arguments.assignment) if arguments.assignment else None
    results: dict[str, Result] = {}
    single = arguments.what.is_file()
    for path in tqdm(files, unit="file", disable=True if single else None):  # None: hidden unless stderr is a terminal
        name = path.name if single else path.relative_to(arguments.what).as_posix()
        results[name] = grade(path, name, fixed, arguments)
        tqdm.write(text(name, results[name], single), file=sys.stdout)
    if single and isinstance(results[files[0].name][1], str):
        raise ValueError(f"{files[0]}: {results[files[0].name][1]}")
    write(results, arguments, single)
    return 0


def submissions(what: Path) -> list[Path]:
    """Return the files to grade.

    Raises
    ------
    OSError, ValueError
        If there are none.
    """
    if not what.exists():
        raise FileNotFoundError(f"{what}: no such file or folder")
    found = [path for path in (what, *sorted(what.rglob("*"))) if path.suffix in (".py", ".ipynb") and path.is_file()]
    files = [path for path in found if not any(part.startswith(".") for part in path.relative_to(what).parts)]
    if not files:
        raise ValueError(f"{what}: expected a .py or .ipynb file, or a folder with some")
    return files


def grade(path: Path, name: str, fixed: str | None, arguments: argparse.Namespace) -> Result:
    """Return a submission's assignment and marks; nothing in a submission ends the grading of a class."""
    assignment = fixed or catalogue.named_in(Path(name))
    if assignment is None:
        return "", "no assignment's number in the name, such as 01_: use --assignment"
    limits = sandbox.Limits(seconds=arguments.seconds, sandboxed=not arguments.unsandboxed)
    try:
        return assignment, mark_file(
            path, assignment, seed=arguments.seed, limits=limits, n_parallel=os.cpu_count() or 1
        )
    except (OSError, ValueError) as error:
        return assignment, str(error)


def text(name: str, result: Result, single: bool) -> str:
    """Return what is printed of a submission: all of it, or a line."""
    assignment, marks = result
    if isinstance(marks, str):
        return f"{name}: {marks}"
    if single:
        return feedback.lines(marks)
    return f"{name}: {assignment}, {feedback.total(marks):g} of {sum(mark.of for mark in marks)}"


def write(results: dict[str, Result], arguments: argparse.Namespace, single: bool) -> None:
    """Write the files that were asked for."""
    if arguments.json:
        pages = {name: feedback.gradescope([] if isinstance(m, str) else m) for name, (_, m) in results.items()}
        content = next(iter(pages.values())) if single else pages
        write_atomic(arguments.json, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    if arguments.csv:
        write_atomic(arguments.csv, feedback.table(results))


if __name__ == "__main__":
    sys.exit(main())
