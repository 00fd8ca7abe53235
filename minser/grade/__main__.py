"""Grade submissions, or build the assignments: ``python -m minser.grade``."""

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from tqdm import tqdm

from minser.grade import catalogue, classroom, feedback, gradescope, sandbox
from minser.grade.build import build_all
from minser.grade.classroom import Submission
from minser.grade.feedback import Row
from minser.grade.marking import mark_file
from minser.system import cli, csv_file
from minser.system.atomic import write_atomic

WAITS = "not graded yet"


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = cli.parser(
        "grade",
        "Grade a submission (.py or .ipynb) or a folder of them, offline. Or `build OUT`: write the assignments, for "
        "students and for teachers. Or `gradescope NN OUT.zip`: write an autograder. Student code runs in a sandbox.",
        "python -m minser.grade submissions --class list.csv --csv points.csv --pages feedback",
    )
    parser.add_argument("what", type=Path, metavar="WHAT", help="file, folder, or the word build or gradescope")
    parser.add_argument("more", nargs="*", metavar="OUT", help="after build: where to; after gradescope: NN OUT.zip")
    parser.add_argument("--assignment", metavar="NN", help="grade this one alone (that whose functions a file has)")
    parser.add_argument("--class", type=Path, dest="list", metavar="LIST.csv", help="students: name, id, e-mail")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write a table; an earlier one is kept as .before.csv")
    parser.add_argument("--pages", type=Path, metavar="FOLDER", help="write a page of feedback for each of --class")
    parser.add_argument("--regrade", action="store_true", help="show what changes in the table that --csv FILE has")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write Gradescope's results.json; one for all files")
    parser.add_argument(
        "--visibility", choices=feedback.VISIBILITIES, default="visible", help="Gradescope's, of marks and hints"
    )
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
    word, more = str(arguments.what), arguments.more
    if arguments.seconds < 1 or arguments.seed < 0:
        raise ValueError(
            f"--seconds must be at least 1 and --seed at least 0, got {arguments.seconds}, {arguments.seed}"
        )
    if word == "build" and len(more) == 1:
        written = build_all(Path(more[0]), seed=arguments.seed)
        print(f"{len(written)} files in {Path(more[0], 'student')} and {Path(more[0], 'teacher')}")
    elif word == "gradescope" and len(more) == 2:
        settings = gradescope.Settings(catalogue.find(more[0]), arguments.visibility, arguments.seed, arguments.seconds)
        write_atomic(Path(more[1]), gradescope.archive(settings))
        print(f"{more[1]}: upload it as {settings.assignment}'s autograder")
    elif more:
        raise ValueError(
            f"expected one submission or folder, build OUT, or gradescope NN OUT.zip, got {more[0]} as well"
        )
    else:
        grade(arguments)
    return 0


def grade(arguments: argparse.Namespace) -> None:
    """Grade a file, a folder or a class; each row is written as soon as it is complete."""
    obstacle = None if arguments.unsandboxed else sandbox.obstacle()
    if obstacle:
        raise ValueError(f"no sandbox can be built here ({obstacle}): --unsandboxed runs student code without one")
    wanted = catalogue.find(arguments.assignment) if arguments.assignment else None
    found = classroom.find_submissions(arguments.what, wanted)
    single = arguments.what.is_file() and not arguments.list
    if single and found[0].why:
        raise ValueError(f"{arguments.what}: {found[0].why}")
    table = Table(arguments, found, single)
    table.write(table.rows)  # a place that cannot be written is noticed now
    limits = sandbox.Limits(seconds=arguments.seconds, sandboxed=not arguments.unsandboxed)
    options = {"seed": arguments.seed, "limits": limits, "n_parallel": os.cpu_count() or 1}
    work = list(zip(table.rows, table.files, strict=True))
    for row, files in tqdm(work, unit="row", disable=True if single else None):  # None: hidden unless it is a terminal
        classroom.grade_row(row, files, lambda one: mark_file(one.path, one.assignment, **options))
        table.write([row])
        tqdm.write(table.text(row), file=sys.stdout)
    if single and table.rows[0].marks is None:
        raise ValueError(f"{arguments.what}: {table.rows[0].state()}")


class Table:
    """The rows of what is graded, and where they are written."""

    def __init__(self, arguments: argparse.Namespace, found: list[Submission], single: bool) -> None:
        self.arguments, self.single = arguments, single
        if arguments.list:
            self.header, self.rows, self.files = class_rows(found, arguments)
        elif arguments.pages:
            raise ValueError("--pages: needs --class, which says who gets one")
        else:
            self.header, self.files = ["file"], [[submission] for submission in found]
            self.rows = [Row((one.name,), one.name, one.name, one.assignment, notes=[WAITS]) for one in found]
        self.before = read_before(arguments.csv, self.header) if arguments.regrade else None
        self.keep = arguments.csv and arguments.csv.with_suffix(".before.csv")  # until the first write

    def write(self, rows: list[Row]) -> None:
        """Write the table, and the pages of some rows."""
        if self.arguments.csv:
            write_atomic(self.arguments.csv, feedback.table(self.header, self.rows, self.before), keep=self.keep)
            self.keep = None
        if self.arguments.json:
            results = {row.key: feedback.gradescope(row.marks or (), self.arguments.visibility) for row in self.rows}
            content = next(iter(results.values())) if self.single else results
            write_atomic(self.arguments.json, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        if self.arguments.pages:
            self.arguments.pages.mkdir(parents=True, exist_ok=True)
            for row in rows:
                write_atomic(self.arguments.pages / f"{quote(row.key, safe=' @+')}.html", feedback.page(row))

    def text(self, row: Row) -> str:
        """Return what is printed of a row: all of it, or a line."""
        changes = feedback.changes(row, self.before or {})
        text = feedback.lines(row.marks) if self.single and row.marks else f"{row.label}: {row.state()}"
        return f"{text} (changed: {changes})" if changes else text


def class_rows(
    found: list[Submission], arguments: argparse.Namespace
) -> tuple[list[str], list[Row], list[list[Submission]]]:
    """Return the header of a class list, and a row and the files of each student; name what belongs to nobody."""
    header, students = classroom.read_class(arguments.list)
    owned, nobodys = classroom.assign(found, arguments.what, students)
    for one in nobodys:
        print(f"{one.name}: {one.why or one.assignment}, of nobody in {arguments.list}")
    counts = Counter(one.assignment for files in owned.values() for one in files if not one.why)
    if len(counts) > 1:
        names = ", ".join(f"{name} ({n} files)" for name, n in sorted(counts.items()))
        raise ValueError(f"{arguments.what}: {names}: choose one by --assignment, a class has one table each")
    assignment = next(iter(counts), "")
    rows = [Row(one.cells, one.key, one.label, assignment, notes=[WAITS]) for one in students]
    return header, rows, list(owned.values())


def read_before(path: Path | None, header: list[str]) -> dict[tuple[str, ...], dict[str, str]]:
    """Return what an earlier table says, by the first cells of its rows."""
    if path is None:
        raise ValueError("--regrade: needs --csv, the table with the earlier points")
    (_, titles), *rows = csv_file.read_rows(path) or [(1, list[str]())]
    if titles[: len(header)] != header or "points" not in titles:
        raise ValueError(f"{path}: line 1: expected columns {', '.join(header)} and points, as for this class")
    return {tuple(row[: len(header)]): dict(zip(titles, row, strict=False)) for _, row in rows}


if __name__ == "__main__":
    sys.exit(main())
