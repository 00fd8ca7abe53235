import numpy as np
import pytest

from minser import nn
from tests.benchmark import walk


@pytest.fixture
def model(rng):
    return nn.Sequential(
        {
            "conv": nn.Conv2d(1, 4, kernel_size=3, padding=1, rng=rng),
            "norm": nn.BatchNorm(4),
            "relu": nn.ReLU(),
            "pool": nn.MaxPool2d(2),
            "drop": nn.Dropout(0.5),
            "flat": nn.Flatten(),
            "dense": nn.Dense(48, 3, rng=rng),
        }
    )


def test_work_and_traffic_are_counted_by_hand(model, rng):
    x = rng.standard_normal((2, 6, 8, 1)).astype(np.float32)
    rows = {(row["layer"], row["direction"]): row for row in walk.walk(model, x, training=True)}
    conv = rows["conv", "forward"]
    assert conv["gflop"] == pytest.approx(2e-9 * 2 * 6 * 8 * 9 * 4)
    assert conv["gb"] == pytest.approx(4e-9 * (2 * 48 + 2 * 48 * 4 + 9 * 4 + 4))
    back = rows["conv", "backward"]  # the first layer: the weights' gradient alone
    assert back["gflop"] == pytest.approx(conv["gflop"])
    assert back["gb"] == pytest.approx(4e-9 * (2 * 48 * 4 + 2 * 48 + 2 * (9 * 4 + 4)))
    dense = rows["dense", "backward"]
    assert dense["gflop"] == pytest.approx(2 * 2e-9 * 2 * 48 * 3)
    assert rows["flat", "forward"]["gb"] == rows["flat", "backward"]["gb"] == 0


def test_what_is_executed_as_one_is_one_row(model, rng):
    x = rng.standard_normal((2, 6, 8, 1)).astype(np.float32)
    rows = walk.walk(model, x, training=True)
    order = ["conv", "norm-drop", "flat", "dense"]
    assert [row["layer"] for row in rows] == [*order, *order]
    assert [row["layer"] for row in walk.walk(model, x, training=False)] == ["conv-drop", "flat", "dense"]
    block = rows[1]
    assert block["gb"] == pytest.approx(4e-9 * (2 * 48 * 4 + 2 * 12 * 4 + 8))


def test_a_broadcast_array_counts_once():
    assert walk.stored(np.broadcast_to(np.zeros((2, 1, 3), np.float32), (2, 50, 3))) == 24
    assert walk.stored(np.zeros((2, 3))) == 48


def test_peaks_are_positive_and_measure_holds_all(model, rng, monkeypatch):
    monkeypatch.setattr(walk, "PEAK_ROUNDS", 1)
    x = rng.standard_normal((2, 6, 8, 1)).astype(np.float32)
    measured = walk.measure(model, x, training=True, rounds=1, threads=2)
    assert measured["gemm_gflops"] > 0
    assert measured["copy_gbs"] > 0
    assert len(measured["layers"]) == 8
