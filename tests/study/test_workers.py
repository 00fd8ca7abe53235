"""Folds in real processes: what dies is named, what was trained stays, and what goes on ends in the same bytes."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numba
import pytest

from minser import recipes
from minser.study.one_fold import Fold, read_result, train_fold
from minser.study.workers import run_folds
from minser.system.lock import locked

SETTINGS = {
    "training.epochs": 30, "training.lr": 0.01, "model.channels": [4, 8], "features.sr": 8000, "features.n_mels": 16,
    "features.n_frames": 8, "features.trim_top_db": 0,
}  # fmt: skip
RECIPE = recipes.read("toy").replace(SETTINGS)


def fold_of(root, number, run, **changes):
    return Fold(RECIPE.replace({"data.fold": number, **changes}), root, Path(run).absolute())


def run(*folds, jobs=1):
    """Train folds in processes, and return which failed."""
    lines = {"command": "test", "name": lambda fold: fold.run.name, "tell": lambda fold: f"{fold.run.name} is done"}
    return {fold.run.name for fold in run_folds(folds, jobs=jobs, scheduler=None, **lines)}


def wait_for(condition, *, seconds=120.0):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def is_free(run):
    try:
        with locked(run):
            return True
    except BlockingIOError:
        return False


def test_what_is_done_is_passed_over_and_bad_numbers_are_refused(workplace, tiny_corpus, capsys):
    fold = fold_of(tiny_corpus, 0, "run", **{"training.epochs": 1})
    train_fold(fold)
    assert run(fold) == set()
    assert capsys.readouterr().out == ""
    with pytest.raises(ValueError, match="jobs must be 1 or more, got 0"):
        run(fold, jobs=0)


@pytest.mark.slow
def test_folds_that_die_are_named_and_go_on_to_the_same_bytes(workplace, tiny_corpus, capsys):
    good, missing, killed = (
        fold_of(tiny_corpus, 0, "good"),
        fold_of(workplace / "nowhere", 1, "missing"),
        fold_of(tiny_corpus, 2, "killed"),
    )

    def kill():
        wait_for(lambda: killed.n_epochs_done >= 2)
        (process,) = [child for child in multiprocessing.active_children() if child.name == killed.title]
        process.kill()

    thread = threading.Thread(target=kill)
    thread.start()
    assert run(missing, killed, good, jobs=2) == {"missing", "killed"}
    thread.join()
    told = capsys.readouterr()
    assert told.out == "good is done\n"
    assert "test: killed: its process was killed by signal 9\n" in told.err
    assert "test: missing: " in told.err
    assert "nowhere" in told.err
    assert good.is_done
    assert not killed.is_done
    assert read_result(good.run)["threads"] == max(1, numba.get_num_threads() // 2)

    n_before = killed.n_epochs_done
    assert run(killed, jobs=2) == set()
    assert 2 <= n_before < 30
    whole = fold_of(tiny_corpus, 2, "whole")
    train_fold(whole)
    for name in ("best.safetensors", "history.csv", "predictions.csv"):
        assert (killed.run / name).read_bytes() == (whole.run / name).read_bytes()


COMMAND = [
    sys.executable, "-m", "minser.crossval", "--recipe", "toy", "--seeds", "1", "--out", "out",
    *(word for name, value in SETTINGS.items() for word in ("--set", f"{name}={value}")),
]  # fmt: skip
FIRST = Path("out", "fold0_seed0")


def first_fold(root):
    return fold_of(root, 0, FIRST)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_folds_end_with_the_command_whatever_ends_it(workplace, tiny_corpus, number):
    command = [*COMMAND, "--data", str(tiny_corpus), "--set", "training.epochs=2000"]
    with subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: first_fold(tiny_corpus).n_epochs_done >= 2)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does: every process of the group gets it
        else:
            process.send_signal(number)
        try:
            error = process.communicate(timeout=60)[1]
        finally:
            process.kill()
    wait_for(lambda: is_free(FIRST), seconds=30)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert "Traceback" not in error
    assert error.endswith("minser crossval: stopped\n") == (number == signal.SIGINT)
    n_done = first_fold(tiny_corpus).n_epochs_done
    time.sleep(1)
    assert first_fold(tiny_corpus).n_epochs_done == n_done


@pytest.fixture
def cluster(workplace):
    """Start a real scheduler and two workers on loopback; return its address and the workers."""
    pytest.importorskip("distributed")
    address_file = workplace / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    commands = [
        [*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", address_file],
        *(
            [*dask, "worker", "--scheduler-file", address_file, "--host", "127.0.0.1", "--nthreads", "1",
             "--no-nanny", "--no-dashboard", "--local-directory", workplace / name]
            for name in ("one", "two")
        ),
    ]  # fmt: skip
    started = [subprocess.Popen(list(map(str, command)), **quiet) for command in commands]
    try:
        wait_for(address_file.is_file)
        yield json.loads(address_file.read_text())["address"], started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_loses_nothing(cluster, tiny_corpus):
    address, workers = cluster
    command = [*COMMAND, "--data", str(tiny_corpus)]
    with subprocess.Popen([*command, "--scheduler", address], stdout=subprocess.PIPE, text=True) as process:
        wait_for(lambda: sum(fold_of(tiny_corpus, k, f"out/fold{k}_seed0").n_epochs_done >= 2 for k in range(5)) >= 2)
        workers[0].kill()
        out = process.communicate(timeout=300)[0]
    assert process.returncode == 0
    assert "5/5  toy, fold" in out
    assert workers[1].poll() is None
    local = [*command, "--out", "local", "--jobs", "2"]
    assert subprocess.run(local, stdout=subprocess.DEVNULL, check=True).returncode == 0
    assert Path("out", "predictions.csv").read_bytes() == Path("local", "predictions.csv").read_bytes()


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_one_line(workplace, tiny_corpus):
    pytest.importorskip("distributed")
    command = [*COMMAND, "--data", str(tiny_corpus), "--scheduler", "tcp://127.0.0.1:1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("minser crossval: ")
    assert "127.0.0.1:1" in done.stderr
    assert done.stderr.count("\n") == 1
