"""Disks that are full, small, read-only or gone under a training; on a small file system where one may be mounted.

A folder is made read-only in two ways: by mounting it so, and by its mode. No mode holds root back, so under root the
second way takes from the training the right to ignore modes (setpriv). What the system does not allow is skipped, and
the reason printed.
"""

import contextlib
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from minser import audio
from minser.training import checkpoint
from tests.robustness.workshop import content, environment, make_corpus, python, training_arguments

pytestmark = pytest.mark.slow

BIG = ["--set", "model.channels=[64, 128]", "--epochs", "2"]  # a checkpoint of about a megabyte


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("disk") / "corpus")


@pytest.fixture(scope="module")
def expected(tmp_path_factory, corpus):
    """Return what a training leaves that nothing disturbed."""
    calm = tmp_path_factory.mktemp("calm")
    ended(train(calm, corpus, *BIG), 0)
    return content(calm / "run")


def train(place, corpus, *more, before=(), **variables):
    """Start a training in a folder."""
    command = [*before, *python("-m", "minser.train", *training_arguments(corpus, str(place / "run")), *more)]
    return start(command, place.parent, **variables)


def start(command, folder, **variables):
    """Start a command in a folder."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=environment() | variables, text=True, **pipes)


def ended(process, code):
    """Return what a training said, that ended with this code and no traceback."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == code, err
    assert "Traceback" not in err
    assert err.count("minser train: ") == (1 if code else 0), err
    return out + err


@pytest.fixture
def disk(tmp_path):
    """Return a folder on a file system of six megabytes, or nothing where none may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", folder], capture_output=True)
    yield folder if mounted.returncode == 0 else None
    subprocess.run(["umount", "-l", folder / "run"], capture_output=True)
    subprocess.run(["umount", "-l", folder], capture_output=True)


def wait_for(path, process):
    """Wait until a file is there."""
    while not path.exists():
        assert process.poll() is None
        time.sleep(0.01)


def test_a_full_disk(tmp_path, corpus, disk, expected):
    """The last good state is used as soon as there is room again."""
    if disk is None:  # no right to mount: files beyond a size fail in the same place
        disk = tmp_path / "small"
        disk.mkdir()
        assert "File too large" in ended(
            train(disk, corpus, *BIG, before=["sh", "-c", 'ulimit -f 600; exec "$@"', "sh"]), 2
        )
    else:
        filler = disk / "filler"
        process = train(disk, corpus, *BIG)
        wait_for(disk / "run" / "previous.safetensors", process)
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(10_000))
        text = ended(process, 2)
        assert "No space left on device" in text
        assert "go on with: python -m minser.train --resume" in text
        checkpoint.load(disk / "run" / "last.safetensors")
        filler.unlink()
    ended(train(disk, corpus, *BIG, "--resume"), 0)
    assert content(disk / "run") == expected


@dataclass
class Place:
    """A folder that can be made read-only, and what must stand before a command that is to be held back by it."""

    folder: Path
    is_mounted: bool
    before: tuple[str, ...]

    def close(self, folder):
        """Make a folder read-only, with all that is in it."""
        if self.is_mounted:
            mount("--bind", folder, folder)
            mount("-o", "remount,bind,ro", folder)
        else:
            self._set_modes(folder, 0o555)

    def open(self, folder):
        """Make it writable again."""
        if self.is_mounted:
            subprocess.run(["umount", "-l", folder], capture_output=True)
        else:
            self._set_modes(folder, 0o755)

    def _set_modes(self, folder, mode):
        for each in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            each.chmod(mode)


def mount(*arguments):
    """Mount, or skip the test where that is not allowed."""
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing may be mounted here, so no folder can be mounted read-only: {done.stderr.strip()}")


@pytest.fixture(params=["mount", "mode"])
def place(request, tmp_path):
    """Return a place of either kind."""
    before = ()
    if request.param == "mode" and os.geteuid() == 0:
        before = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
        if shutil.which("setpriv") is None or subprocess.run([*before, "true"], capture_output=True).returncode:
            pytest.skip("root ignores modes, and setpriv, which could change that, is not here or not allowed")
    elif request.param == "mount" and os.geteuid():
        pytest.skip("only root may mount a folder read-only")
    folder = tmp_path / "place"
    folder.mkdir()
    place = Place(folder, request.param == "mount", before)
    yield place
    for each in (folder / "run", folder):
        if each.exists():
            place.open(each)


FORBIDDEN = ("Read-only file system", "Permission denied")


def test_a_folder_that_turns_read_only(place, corpus, expected):
    """The last good state stays, and is used as soon as the folder is writable again."""
    process = train(place.folder, corpus, *BIG, before=place.before)
    run = place.folder / "run"
    wait_for(run / "last.safetensors", process)
    place.close(run)
    text = ended(process, 2)
    assert text.count("cannot be written: ") == 1
    assert any(word in text for word in FORBIDDEN)
    assert "go on with: python -m minser.train --resume" in text
    checkpoint.load(run / "last.safetensors")
    before = content(run)
    text = ended(train(place.folder, corpus, *BIG, "--resume", before=place.before), 2)
    assert any(word in text for word in FORBIDDEN)
    assert content(run) == before
    place.open(run)
    ended(train(place.folder, corpus, *BIG, "--resume", before=place.before), 0)
    assert content(run) == expected


def test_a_start_where_nothing_can_be_written(place, corpus, expected):
    home = place.folder / "home"
    home.mkdir()
    variables = {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    place.close(place.folder)
    for inner in (place.folder, place.folder / "inner"):
        text = ended(train(inner, corpus, *BIG, before=place.before, **variables), 2)
        assert any(word in text for word in FORBIDDEN)
    assert list(place.folder.iterdir()) == [home]
    assert list(home.iterdir()) == []
    place.open(place.folder)
    ended(train(place.folder, corpus, *BIG, before=place.before), 0)
    assert content(place.folder / "run") == expected


@pytest.mark.parametrize("place", [pytest.param("mount", marks=pytest.mark.long), "mode"], indirect=True)
def test_an_answer_where_nothing_can_be_written(place, corpus, tmp_path):
    """Package, home and working directory are read-only, as in a container: numba keeps its machine code elsewhere."""
    ended(train(tmp_path, corpus, "--epochs", "1"), 0)
    package = Path(audio.__file__).parents[1]
    shutil.copytree(package, place.folder / "minser", ignore=shutil.ignore_patterns("__pycache__"))
    waveform = np.random.default_rng(0).uniform(-0.3, 0.3, 16000)
    audio.save(place.folder / "voice.wav", waveform, sr=16000)
    place.close(place.folder)
    command = [*place.before, *python("-m", "minser.predict", "--run", str(tmp_path / "run"), "voice.wav")]
    variables = {"HOME": str(place.folder), "PYTHONPATH": str(place.folder), "XDG_CACHE_HOME": str(place.folder)}
    out, err = start(command, place.folder, **variables).communicate(timeout=500)
    assert err == "minser: compiling its loops, once; later runs start at once\n"
    assert "voice.wav" in out
    assert sorted(path.name for path in place.folder.iterdir()) == ["minser", "voice.wav"]


def test_a_folder_that_is_deleted(tmp_path, corpus):
    place = tmp_path / "place"
    place.mkdir()
    process = train(place, corpus, *BIG)
    wait_for(place / "run" / "last.safetensors", process)
    (place / "run").rename(place / "going")
    shutil.rmtree(place / "going")
    assert "cannot be written: No such file or directory" in ended(process, 2)
    assert list(place.iterdir()) == []
