"""A corpus of a third of a second a clip, settings that train in a moment, and folds in this process."""

import contextlib
import shutil
import sys

import pytest

from minser import crossval
from minser.study import cross_validation, summary
from minser.study.one_fold import train_fold
from minser.system.cli import BAD_INPUT

QUICK = [
    "--recipe", "toy", "--seeds", "1", "--set", "training.epochs=1", "--set", "model.channels=[4]",
    "--set", "features.sr=8000", "--set", "features.n_mels=16", "--set", "features.n_frames=8",
    "--set", "features.trim_top_db=0",
]  # fmt: skip


def run_here(folds, *, jobs, scheduler, command, name, tell):
    """Train folds one after the other, in this process."""
    failed = []
    for fold in folds:
        if not fold.is_done:
            try:
                train_fold(fold)
                print(tell(fold))
            except BAD_INPUT as error:
                print(f"minser {command}: {name(fold)}: {error}", file=sys.stderr)
                failed.append(fold)
    return failed


@contextlib.contextmanager
def in_this_process(folder):
    """Work in a folder, train folds in this process, and draw few actors for intervals that nobody looks at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MINSER_DATA", raising=False)
        patch.setattr(cross_validation, "run_folds", run_here)
        patch.setattr(summary, "N_DRAWS", 200)
        yield


@pytest.fixture(scope="session")
def finished(tmp_path_factory, tiny_corpus):
    """Return a working directory in which luna was done with one seed."""
    folder = tmp_path_factory.mktemp("finished")
    with in_this_process(folder):
        assert crossval.main([*QUICK, "--data", str(tiny_corpus)]) == 0
    return folder


@pytest.fixture
def call(finished, tmp_path, tiny_corpus):
    """Return the command on a tiny recipe, in a copy of the finished working directory."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    with in_this_process(tmp_path):
        yield lambda *more: crossval.main(
            [*QUICK[2 * ("--candidates" in more) :], "--data", str(tiny_corpus), *more]  # these are the recipes
        )
