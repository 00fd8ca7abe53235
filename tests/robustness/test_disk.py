"""Disks that are full, small, read-only or gone under a training; on a small file system where one may be mounted."""

import contextlib
import shutil
import subprocess
import time

import pytest

from minser.training import checkpoint
from tests.robustness.workshop import content, environment, make_corpus, python, training_arguments

pytestmark = pytest.mark.slow

BIG = ["--set", "model.channels=[64, 128]", "--epochs", "2"]  # a checkpoint of about a megabyte


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("disk") / "corpus")


def train(place, corpus, *more, before=()):
    """Start a training in a folder."""
    command = [*before, *python("-m", "minser.train", *training_arguments(corpus, str(place / "run")), *more)]
    return subprocess.Popen(
        command, cwd=place.parent, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


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


def test_a_full_disk(tmp_path, corpus, disk):
    """The last good state is used as soon as there is room again."""
    calm = tmp_path / "calm"
    calm.mkdir()
    ended(train(calm, corpus, *BIG), 0)
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
        with filler.open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(10_000))
        text = ended(process, 2)
        assert "No space left on device" in text
        assert "go on with: python -m minser.train --resume" in text
        checkpoint.load(disk / "run" / "last.safetensors")
        filler.unlink()
    ended(train(disk, corpus, *BIG, "--resume"), 0)
    assert content(disk / "run") == content(calm / "run")


def test_a_folder_that_turns_read_only(corpus, disk):
    if disk is None:
        return  # who may not mount cannot make it so under a running process
    endless = [*BIG, "--epochs", "1000", "--set", "training.patience=0"]
    process = train(disk, corpus, *endless)
    wait_for(disk / "run" / "last.safetensors", process)
    run = disk / "run"
    subprocess.run(["mount", "--bind", run, run], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", run], check=True)
    assert "Read-only file system" in ended(process, 2)
    checkpoint.load(disk / "run" / "last.safetensors")
    assert "Read-only file system" in ended(train(disk, corpus, *endless, "--resume"), 2)


def test_a_folder_that_is_deleted(tmp_path, corpus):
    place = tmp_path / "place"
    place.mkdir()
    process = train(place, corpus, *BIG)
    wait_for(place / "run" / "last.safetensors", process)
    (place / "run").rename(place / "going")
    shutil.rmtree(place / "going")
    assert "cannot be written: No such file or directory" in ended(process, 2)
    assert list(place.iterdir()) == []
