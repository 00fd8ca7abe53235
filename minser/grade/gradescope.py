"""Gradescope's autograder: the archive that a teacher uploads, and what runs in it for each submission.

Comes in: settings; there, a folder with a submission. Goes out: a zip; there, results.json in every case.
"""

import io
import json
import os
import sys
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from minser.grade import catalogue, classroom, feedback, sandbox
from minser.grade.marking import Mark, mark_file
from minser.grade.questions import SOURCES
from minser.system.atomic import write_atomic

NOBODY = 65534  # a user without rights, on every Linux
_MINSER = Path(__file__).parents[1]
_OWN_FILES = ("__init__.py", "runtime.py", "grade/**/*.py", "system/*.py")  # of minser, what the grader needs

SETUP = """#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image.
set -e
apt-get update
apt-get install -y python3 python3-venv
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || apt-get install -y python3.11 python3.11-venv
"$(command -v python3.11 || command -v python3)" -m venv /autograder/venv
/autograder/venv/bin/python -m pip install 'numpy>=2.0'
cd /autograder/source
chmod -R go-rwx settings.json minser/grade/assignments minser/grade/checks  # the seed, the solutions
"""

RUN = """#!/usr/bin/env bash
# Gradescope runs this in /autograder for each submission.
cd "$(dirname "$0")"
mkdir -p results
echo '{"score": 0, "output": "The grader failed. Please tell your teacher, who can see why."}' > results/results.json
PYTHONPATH=source exec venv/bin/python -m minser.grade.gradescope source/settings.json submission results/results.json
"""


@dataclass(frozen=True)
class Settings:
    """What the teacher chose."""

    assignment: str
    visibility: str = "visible"
    seed: int = 0
    seconds: int = 10


def archive(settings: Settings) -> bytes:
    """Return the zip to upload: Gradescope's two scripts, the settings, and of minser what grades.

    Parameters
    ----------
    settings : Settings
        Stay with Gradescope; student code cannot read them.
    """
    files = {"setup.sh": SETUP.encode(), "run_autograder": RUN.encode()}
    files["settings.json"] = json.dumps(asdict(settings)).encode()
    for pattern in _OWN_FILES:
        for path in sorted(_MINSER.glob(pattern)):
            if SOURCES not in path.parents:
                files[f"minser/{path.relative_to(_MINSER).as_posix()}"] = path.read_bytes()
    for path in (*SOURCES.glob("*.py"), *SOURCES.glob("*.csv")):
        files[f"minser/grade/assignments/{path.name}"] = path.read_bytes()
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)  # with a date of its own: the same settings give the same bytes
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if content.startswith(b"#!") else 0o100644) << 16
            book.writestr(entry, content)
    return memory.getvalue()


def results(settings: Settings, folder: Path) -> dict[str, Any]:
    """Return the content of results.json for a submission, whatever is in it.

    Parameters
    ----------
    settings : Settings
        As the teacher chose them.
    folder : Path
        What the student handed in.
    """
    obstacle = sandbox.obstacle()
    if obstacle:
        print(
            f"No sandbox ({obstacle}): student code can reach the network, and read what user {NOBODY} may read in "
            "this container; it still runs in a process of its own, with limits, and cannot write results."
        )
    limits = sandbox.Limits(settings.seconds, obstacle is None, NOBODY if obstacle and os.getuid() == 0 else None)
    row = feedback.Row((), "", "submission", settings.assignment)
    try:
        found = classroom.find_submissions(folder, settings.assignment)
    except (OSError, ValueError):
        found = []
    n = os.cpu_count() or 1
    classroom.grade_row(
        row, found, lambda one: mark_file(one.path, one.assignment, seed=settings.seed, limits=limits, n_parallel=n)
    )
    if row.marks:
        return feedback.gradescope(row.marks, settings.visibility, "\n".join([f"Graded: {row.file}", *row.notes]))
    wish = f"Hand in {settings.assignment}.py or {settings.assignment}.ipynb. Nothing was graded:"
    nothing = [Mark(entry.name, 0, entry.points, "not found") for entry in catalogue.ASSIGNMENTS[row.assignment]]
    return feedback.gradescope(nothing, settings.visibility, "\n".join([wish, *row.notes]))


def main() -> None:
    """Grade in Gradescope's container: settings, folder and results are the command's three words."""
    settings, folder, target = map(Path, sys.argv[1:])
    chosen = Settings(**json.loads(settings.read_text(encoding="utf-8")))
    write_atomic(target, json.dumps(results(chosen, folder), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
