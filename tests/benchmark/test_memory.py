from importlib.metadata import version

import pytest

from tests.benchmark import memory


def test_no_round_is_refused():
    with pytest.raises(ValueError, match="--rounds: expected 1 or more, got 0"):
        memory.measure_memory("minser", rounds=0, threads=1)


@pytest.mark.slow
def test_memory_from_end_to_end(tiny):
    pytest.importorskip("torch")
    row = memory.measure_memory(tiny, rounds=1, threads=2)
    for column in memory.COLUMNS:
        assert 0 < row[f"{column}_mb"] < row[f"{column}_peak_mb"]
    assert row["ratio"] == pytest.approx(row["torch_mb"] / row["minser_mb"])
    lines = memory.memory_table([row]).splitlines()
    assert "MB" in lines[0]
    assert f"torch {version('torch')};" in lines[0]
    assert all(len(line) <= 120 for line in lines[:2])
