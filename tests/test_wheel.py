"""What is installed is whole: a wheel of the source distribution, in an environment of its own, far from the clone."""

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from minser.__main__ import COMMANDS
from minser.grade import catalogue, sandbox

pytestmark = [pytest.mark.slow, pytest.mark.long]

CLONE = Path(__file__).parents[1]
CLIP = "voices/Actor_01/03-01-05-01-01-01-01.wav"
QUICK = "--recipe toy --data voices --set training.epochs=1"

LINES = [
    "data toy voices",
    "data info voices",
    "data images pictures --data voices",
    "data check pictures",
    "explore --data voices",
    "train --recipe toy --data voices --epochs 2",
    "evaluate --run runs/toy",
    f"predict {CLIP}",
    "predict --run runs/toy --over-time course voices/Actor_01",
    f"explain {CLIP}",
    f"crossval {QUICK} --protocol luna --seeds 1 --jobs 2",
    f"tune {QUICK} --space space.toml --trials 2",
    "export --run runs/toy weights.safetensors",
    "web --help",
    "grade build assignments",
]

LAYERS = """
import numpy as np
from minser.nn import Dense

def test_gradients(check_gradients, smooth_input):
    check_gradients(Dense(3, 2, rng=np.random.default_rng(0)), smooth_input(4, 3))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with an environment that has the wheel, an empty folder, and the unpacked source distribution."""
    place = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", place / "venv"], check=True)
    (place / "work").mkdir()
    pip = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    python(place, *pip, "hatchling")
    python(place, "-m", "hatchling", "build", "-t", "sdist", "-d", place, within=CLONE)
    (archive,) = place.glob("minser-*.tar.gz")
    python(place, *pip, f"{archive}[test]")  # pip makes the wheel
    with tarfile.open(archive) as file:
        file.extractall(place, filter="data")
    (place / archive.name.removesuffix(".tar.gz")).rename(place / "source")
    return place


def python(place, *arguments, within="work"):
    """Run the environment's Python in a folder, warnings as errors, and return what it printed."""
    program = place / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MINSER_DATA")}
    done = subprocess.run(
        [program, *arguments], cwd=place / within, env=variables, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def test_every_command_runs(place):
    assert {line.split()[0] for line in LINES} == set(COMMANDS)
    (place / "work" / "space.toml").write_text("[training]\nlr = [0.001, 0.01]\n", encoding="utf-8")
    for line in LINES:
        python(place, "-W", "error", "-m", "minser", *line.split())
    how = [] if sandbox.obstacle() is None else ["--unsandboxed"]
    told = python(place, "-W", "error", "-m", "minser.grade", "assignments/teacher", *how)
    marks = re.findall(r", (\d+) of (\d+)$", told, re.MULTILINE)
    assert len(marks) == 2 * len(catalogue.ASSIGNMENTS)  # script and notebook
    assert all(points == most for points, most in marks)


def test_what_it_carries_passes_its_tests(place):
    (folder,) = place.glob("venv/[Ll]ib/**/minser/grade/assignments")  # they are tests for those who solve them
    told = python(place, "-m", "pytest", "-W", "error", "--doctest-modules", "--pyargs", "minser", f"--ignore={folder}")
    assert re.search(r"\n=+ \d\d+ passed in ", told)
    (place / "work" / "my_layers.py").write_text(LAYERS, encoding="utf-8")
    assert " 1 passed in " in python(place, "-m", "pytest", "my_layers.py")


def test_the_source_distribution_holds_what_its_tests_read(place):
    names = ["tests/test_readme.py", "tests/test_architecture.py", "tests/recipes", "tests/evaluation"]
    python(place, "-m", "pytest", *names, within="source")
