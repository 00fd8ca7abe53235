import time

import pytest

from tests.benchmark.timing import interleaved_medians


def test_contenders_take_turns_after_a_warm_up():
    calls = []
    interleaved_medians([lambda: calls.append("a"), lambda: calls.append("b")], rounds=3)
    assert "".join(calls) == "ab" + 3 * "ab"


def test_the_median_forgives_one_slow_round(monkeypatch):
    clock = iter([0, 1, 10, 15, 20, 22])  # three rounds of 1, 5 and 2 seconds
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    assert interleaved_medians([lambda: None], rounds=3) == [2]


def test_no_round_is_refused():
    with pytest.raises(ValueError, match="rounds: expected 1 or more, got 0"):
        interleaved_medians([], rounds=0)
