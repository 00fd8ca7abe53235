import pytest

from tests.benchmark import roofline


def test_the_lower_peak_bounds():
    busy = roofline.rates({"ms": 20.0, "gflop": 1.0, "gb": 0.01}, gemm_gflops=100.0, copy_gbs=10.0)
    assert busy == {"gflops": 50.0, "gbs": 0.5, "bound": "arithmetic", "roof": 0.5}
    moving = roofline.rates({"ms": 20.0, "gflop": 0.0, "gb": 0.1}, gemm_gflops=100.0, copy_gbs=10.0)
    assert (moving["bound"], moving["roof"]) == ("memory", 0.5)
    assert roofline.rates({"ms": 0.0, "gflop": 0.0, "gb": 0.0}, gemm_gflops=1.0, copy_gbs=1.0)["bound"] == "-"


def test_no_walk_is_refused():
    with pytest.raises(ValueError, match="--rounds: expected 1 or more, got 0"):
        roofline.measure_layers("minser", training=True, rounds=0, threads=1)


@pytest.mark.slow
@pytest.mark.parametrize("training", [True, False])
def test_each_layer_has_a_line_and_the_total_is_the_sum(tiny, training):
    rows = roofline.measure_layers(tiny, training=training, rounds=2, threads=2)
    forward = [row for row in rows if row["direction"] == "forward"]
    assert len(rows) == len(forward) * (1 + training)
    assert forward[0]["layer"] == ("conv1" if training else "conv1-drop1")  # without a way back they are one step
    assert forward[-1]["layer"] == "total"
    assert forward[-1]["ms"] == pytest.approx(sum(row["ms"] for row in forward[:-1]))
    lines = roofline.layer_table(rows).splitlines()
    assert len(lines) == 3 + len(forward)
    assert max(map(len, lines[1:])) <= 120  # the heading here holds a path
