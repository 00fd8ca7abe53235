import os
import sys

import pytest

from tests.benchmark import contender
from tests.benchmark.contender import Contender, clean_environment

ECHO = "import sys\nprint('{\"hello\": 1}', flush=True)\nfor line in sys.stdin: print(line, end='', flush=True)"


def test_no_contender_inherits_what_tunes_another():
    dirty = {"PATH": "/bin", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1", "NUMBA_CACHE_DIR": "/c", "THP_X": "1"}
    dirty |= {"OPENBLAS_NUM_THREADS": "1", "MKL_X": "1", "KMP_BLOCKTIME": "0", "NUMBA_NUM_THREADS": "1"}
    assert clean_environment(dirty, {"MALLOC_X_": "2"}) == {"PATH": "/bin", "NUMBA_CACHE_DIR": "/c", "MALLOC_X_": "2"}


def test_the_output_names_what_is_dropped():
    line = contender.dropped_line()
    for start in ("OMP_*", "OPENBLAS_*", "MALLOC_*", "KMP_*", "MKL_*", "NUMBA_*", "THP_*"):
        assert start in line


def test_words_are_answered():
    with Contender("echo", [sys.executable, "-c", ECHO], dict(os.environ)) as process:
        assert process.greeting == {"hello": 1}
        assert process.ask("run", steps=3) == {"word": "run", "steps": 3}


def test_a_death_is_told_in_one_line():
    with pytest.raises(ValueError, match=r"^odd: its process ended with 1: ValueError: why$"):
        Contender("odd", [sys.executable, "-c", "raise ValueError('why')"], dict(os.environ))


def test_a_death_between_words_is_told_too():
    program = "import sys\nprint('{}', flush=True)\nsys.stdin.readline()\nsys.exit('no memory')"
    with (
        pytest.raises(ValueError, match=r"^odd: its process ended with 1: no memory$"),
        Contender("odd", [sys.executable, "-c", program], dict(os.environ)) as process,
    ):
        process.ask("run", steps=1)


@pytest.mark.slow
def test_the_torch_process_knows_nothing_of_minser(prepared, tiny, monkeypatch):
    pytest.importorskip("torch")
    from tests.benchmark import job

    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")  # as minser's own import sets it
    settings = job.plain_settings(tiny, training=True, batch=4, threads=1)
    with contender.start_torch(prepared, settings, {"MALLOC_TRIM_THRESHOLD_": "1000000"}) as process:
        environ = contender.Path(f"/proc/{process._process.pid}/environ").read_text()
        assert "OMP_WAIT_POLICY" not in environ
        assert "OPENBLAS_CORETYPE" not in environ
        assert "MALLOC_TRIM_THRESHOLD_=1000000" in environ
        answer = process.ask("run", steps=2)
        assert answer["adam"] in ("foreach", "fused")
        assert answer["seconds"] > 0
        assert process.ask("peak")["peak"] > process.greeting["resident"] > 0
