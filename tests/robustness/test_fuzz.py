"""Files that chance, hypothesis and coverage damaged; `fuzz` holds the harness for large numbers."""

import contextlib
import importlib.util
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minser import recipes
from minser.corpus.folders import find_recordings
from minser.corpus.images import find_images
from minser.runs.run_folder import load_model
from minser.training import checkpoint
from tests.robustness.fuzz import fuzz
from tests.robustness.targets import ALLOWED, CLIP, check, make_targets

pytestmark = pytest.mark.slow

NAMES = ["audio", "corpus", "checkpoint", "safetensors", "torch", "recipe", "space", "index", "result", "zip", "image"]
NAMES += ["table"] + ["media"] * (importlib.util.find_spec("av") is not None)
NAMES += ["keras"] * (importlib.util.find_spec("h5py") is not None)


def test_no_damaged_file_breaks_a_reader(tmp_path):
    fed, found = fuzz(300 * len(NAMES), seed=1, faults=tmp_path / "faults")
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
        check(type(target)((breaks,), (), ""), path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("recipe", b"[training]\nlr = " + b"[" * 3000),
        ("recipe", b"[training]\nlr = 1" + b"0" * 400),
        ("recipe", b"[training]\nlr = 1" + b"0" * 5000),
        ("space", b"[training]\nlr = " + b"{a=" * 3000),
        ("result", b"[" * 100_000),
        ("table", b"file,actor,y_true,y_pred,calm\na," + b"9" * 30 + b",calm,calm,1.0\n"),
        ("table", b"file,actor,fold,seed,y_true,y_pred,calm\na," + b"9" * 30 + b",0,0,calm,calm,1.0\n"),
    ],
)
def test_what_was_found_once(tmp_path, name, content):
    """Each of these ended in a traceback."""
    target = make_targets(tmp_path)[name]
    path = tmp_path / f"input{target.ending}"
    path.write_bytes(content)
    check(target, path)


NAME_PARTS = st.sampled_from([CLIP, "angry", "ANGRY", "calm", ".", "-", "01", " ", "\n", "\udcff", "é", "a" * 200])
FILE_NAMES = st.lists(NAME_PARTS, min_size=1, max_size=3).map("".join).filter(lambda name: name not in (".", ".."))
ENDINGS = st.sampled_from(["", ".png", ".JPG", ".wav", ".Wav", ".mp3"])


@settings(max_examples=300)
@given(st.lists(st.tuples(FILE_NAMES, FILE_NAMES, ENDINGS), max_size=6), st.sampled_from(["", "^[^-]+", "(a)?", "("]))
def test_folders_of_odd_names(tmp_path_factory, names, pattern):
    """Folders of images and of own recordings; a folder may bear the name of a file."""
    root = tmp_path_factory.mktemp("odd")
    for folder, name, ending in names:
        with contextlib.suppress(OSError):  # a name that this file system does not have
            (root / folder).mkdir(exist_ok=True)
            file = root / folder / f"{name}{ending}"
            file.mkdir() if ending == ".mp3" else file.touch()
    for find in (lambda: find_images(root), lambda: find_recordings(root, speaker_pattern=pattern)):
        with contextlib.suppress(*ALLOWED):
            find()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@settings(max_examples=300)
@given(st.fixed_dictionaries({}, optional={"classes": JSON, "epoch": JSON, "in_channels": JSON, "other": JSON}))
def test_whole_checkpoints_of_something_else(tmp_path_factory, state):
    """Their checksum is right, and nothing else."""
    run = tmp_path_factory.mktemp("run")
    checkpoint.save(run / "best.safetensors", {}, state)
    with contextlib.suppress(*ALLOWED):
        load_model(run, recipes.read("toy"))
        raise AssertionError("a network without weights")


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris is not installed: nothing follows coverage"
)
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("corpus", "zip", "index")])
def test_nor_does_one_that_coverage_led_to(name):
    command = [sys.executable, "-m", "tests.robustness.fuzz", "--atheris", name, "--inputs", "500"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
