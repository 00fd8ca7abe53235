import json

import pytest

from tests.benchmark import speed
from tests.benchmark.rounds import Rounds, Sample

KEYS = {"model", "minser_ms", "torch_ms", "ratio", "torch_tuned_ms", "ratio_tuned", "batch", "threads"}


@pytest.fixture
def row():
    samples = (Sample((0.1,)), Sample((0.3, 0.2, 0.25)), Sample((0.05,)))
    return {
        **{"model": "spectrogram_images", "batch": 32, "threads": 2},
        **speed.times(Rounds(samples, used=3, thrown_out=1, remark="")),
        **{"rounds_used": 3, "rounds_thrown_out": 1, "remarks": [], "torch_version": "2.13.0+cpu", "loss": 2.0},
        **{"torch_settings": "channels_last, fused Adam, as installed", "minser_error": 1e-3, "torch_error": 1e-3},
        **{"torch_tuned_settings": "channels_last, foreach Adam, MALLOC_* and THP"},
    }


def test_ratios_are_torch_over_minser(row):
    assert row.keys() >= KEYS
    assert (row["minser_ms"], row["torch_ms"]) == pytest.approx((100, 250))
    assert (row["ratio"], row["ratio_tuned"]) == pytest.approx((2.5, 0.5))
    assert row["torch_ms_quartiles"] == pytest.approx([225, 275])
    assert row["torch_compiled_ms"] is row["ratio_compiled"] is None
    json.dumps(row)


def test_the_table_is_readable(row):
    lines = speed.table([row]).splitlines()
    assert max(map(len, lines)) <= 120
    assert "2.50x" in lines[2]
    assert "0.50x" in lines[2]
    assert "3 rounds, 1 thrown out" in lines[3]


@pytest.mark.slow
@pytest.mark.parametrize("training", [True, False])
def test_a_comparison_from_end_to_end(tiny, training):
    pytest.importorskip("torch")
    (row,) = speed.measure(tiny, training=training, rounds=1, threads=2)
    assert row.keys() >= KEYS
    assert min(row[key] for key in ("minser_ms", "torch_ms", "torch_tuned_ms", "ratio", "ratio_tuned")) > 0
    assert row["remarks"][-1] == "no C++ compiler for torch.compile"
    assert ("Adam" in row["torch_settings"]) == training
    assert row["rounds_used"] == 1
    assert speed.table([row])
