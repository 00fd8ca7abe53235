"""Several trainings at once, and other numbers of threads: the same bytes."""

import os
import subprocess

import pytest

from tests.robustness.workshop import content, environment, make_corpus, python, training_arguments

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("together") / "corpus")


def start(place, corpus, run, **variables):
    return subprocess.Popen(
        python("-m", "minser.train", *training_arguments(corpus, run, epochs=2)),
        cwd=place, env=environment() | variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_two_trainings_build_and_share_one_cache(tmp_path, corpus):
    processes = [start(tmp_path, corpus, name) for name in ("one", "two")]
    for process in processes:
        assert process.communicate(timeout=300)[1] == ""
        assert process.returncode == 0
    assert content(tmp_path / "one") == content(tmp_path / "two")
    caches = [path.name.partition("-")[0] for path in (tmp_path / "data" / "cache").iterdir()]
    assert sorted(caches) == ["CACHEDIR.TAG", "features", "waveforms"]


def test_two_trainings_in_one_run_folder_are_one_too_many(tmp_path, corpus):
    processes = [start(tmp_path, corpus, "run") for _ in range(2)]
    errors = [process.communicate(timeout=300)[1] for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 2]
    assert "another process is working in this run folder" in "".join(errors) or "exists" in "".join(errors)
    assert "Traceback" not in "".join(errors)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_number_of_threads_changes_no_byte(tmp_path, corpus, threads):
    if int(threads) > (os.cpu_count() or 1):
        threads = "1"
    for name, variables in (("some", {"NUMBA_NUM_THREADS": threads}), ("default", {})):
        process = start(tmp_path, corpus, name, **variables)
        assert process.communicate(timeout=300)[1] == ""
    assert content(tmp_path / "some") == content(tmp_path / "default")
