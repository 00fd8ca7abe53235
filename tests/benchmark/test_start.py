import json
import os
import sys

import pytest

from tests.benchmark import start
from tests.benchmark.rounds import Rounds, Sample
from tests.benchmark.speed import times


def test_other_probabilities_are_refused():
    def ours(*values):
        return json.dumps([{"probabilities": dict(enumerate(values))}])

    start.check_same(ours(0.25, 0.75), "[0.2501, 0.7499]")
    with pytest.raises(ValueError, match="not timed, because the predictions differ"):
        start.check_same(ours(0.25, 0.75), "[0.75, 0.25]")


def test_a_failed_process_is_one_line(tmp_path):
    with pytest.raises(ValueError, match=r"ended with 1 and said: KeyError: 'odd'$"):
        start.output_of([sys.executable, "-c", "raise KeyError('odd')"], tmp_path, os.environ)


def test_a_whole_process_is_timed_with_its_cpu(tmp_path):
    seconds, cpu = start.process_turn([sys.executable, "-c", "sum(range(10**6))"], tmp_path, os.environ)()
    assert seconds > 0.005
    assert cpu > 0.005


def test_the_table_is_readable():
    samples = (Sample((0.5, 0.7)), Sample((12.0, 15.0)), Sample((11.0, 11.0)))
    timed = times(Rounds(samples, used=2, thrown_out=1, remark="noisy"))
    counts = {"rounds_used": 2, "rounds_thrown_out": 1, "remarks": ["noisy"]}
    versions = {"librosa_version": "1.0.0", "torch_version": "2.13.0+cpu"}
    first = {"model": "first train + predict", "minser_ms": 21000.0, "minser_again_ms": 6500.0}
    lines = start.start_table(
        [{"model": "import minser.recognizer", "threads": 2, **versions, **timed, **counts}, first]
    ).splitlines()
    assert max(map(len, lines)) <= 120
    assert lines[0].endswith("ratio = librosa 1.0.0 and torch 2.13.0+cpu / minser")
    assert "600 (550-650)" in lines[2]
    assert "22.5x" in lines[2]
    assert lines[3] == "import minser.recognizer: 2 rounds, 1 thrown out; noisy"
    assert lines[4].endswith("21.0 s; again: 6.5 s")


@pytest.mark.slow
@pytest.mark.long
def test_start_from_end_to_end(monkeypatch):
    monkeypatch.setattr(start, "IMPORTS", {"import minser": "import torch"})
    pytest.importorskip("torch")
    pytest.importorskip("librosa")
    rows = start.measure_start(rounds=1, threads=2)
    assert [row["model"] for row in rows] == ["predict one file", "import minser", "first train + predict"]
    assert all(row["ratio"] > 0 for row in rows[:-1])
    assert min(rows[-1]["minser_ms"], rows[-1]["minser_again_ms"]) > 0
    assert rows[-1]["torch_ms"] is None
    assert max(map(len, start.start_table(rows).splitlines())) <= 120
    json.dumps(rows)
