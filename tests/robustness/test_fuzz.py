"""Files that chance, hypothesis and coverage damaged; `fuzz` holds the harness for large numbers."""

import importlib.util

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.robustness.fuzz import fuzz
from tests.robustness.targets import check, make_targets

pytestmark = pytest.mark.slow

NAMES = ["audio", "checkpoint", "recipe", "index", "zip", "image", "table"]


def test_no_damaged_file_breaks_a_reader(tmp_path):
    fed, found = fuzz(2100, seed=1, faults=tmp_path / "faults")
    assert list(fed) == NAMES
    assert found == []


@st.composite
def changed(draw, seeds):
    """Draw a whole file with some bytes replaced, cut out and added."""
    content = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.binary(max_size=12)) + content[at + draw(st.integers(0, 12)) :]
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


@pytest.mark.parametrize("name", NAMES)
def test_nor_does_one_that_hypothesis_chose(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp(name)
    target = make_targets(folder)[name]
    path = folder / f"input{target.ending}"

    @settings(max_examples=300, deadline=None)
    @given(changed(target.seeds))
    def run(content):
        path.write_bytes(content)
        check(target, path)

    run()


def test_a_reader_that_breaks_is_noticed(tmp_path):
    target = make_targets(tmp_path)["recipe"]
    path = tmp_path / "a"
    path.write_bytes(b"")

    def breaks(_):
        raise KeyError

    with pytest.raises(KeyError):
        check(type(target)(breaks, (), ""), path)


@pytest.mark.parametrize("name", ["audio", "checkpoint", "recipe"])
def test_nor_does_one_that_coverage_led_to(name):
    if importlib.util.find_spec("atheris") is None:
        return  # it has no builds for every Python; the two above hold without it
    import subprocess
    import sys

    command = [sys.executable, "-m", "tests.robustness.fuzz", "--atheris", name, "--inputs", "500"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
