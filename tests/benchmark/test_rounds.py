import time
from pathlib import Path

import pytest

from tests.benchmark import rounds
from tests.benchmark.rounds import Round, Sample


def test_contenders_take_turns_and_a_round_keeps_them_together(monkeypatch):
    monkeypatch.setattr(rounds, "busy_seconds", lambda: None)
    calls = []

    def contender(name, seconds):
        return lambda: (calls.append(name), (seconds, 0.0))[1]

    result = rounds.take_turns([contender("a", 1.0), contender("b", 2.0)], wanted=3)
    assert "".join(calls) == "ababab"
    assert [sample.median for sample in result.samples] == [1.0, 2.0]
    assert (result.used, result.thrown_out, result.remark) == (3, 0, "foreign load unknown, every round kept")


def test_a_disturbed_round_is_thrown_out_and_another_one_run(monkeypatch):
    loads = iter([0.0, 0.5, 0.01, 0.0])
    monkeypatch.setattr(rounds, "observed", lambda turn: (turn(), next(loads)))
    seconds = iter([1.0, 9.0, 2.0, 3.0])
    result = rounds.take_turns([lambda: next(seconds)], wanted=3)
    assert result.samples[0].seconds == (1.0, 2.0, 3.0)
    assert (result.used, result.thrown_out, result.remark) == (3, 1, "")


def test_one_disturbed_contender_spoils_the_round_for_all(monkeypatch):
    loads = iter([0.0, 0.5, 0.0, 0.0])
    monkeypatch.setattr(rounds, "observed", lambda turn: (turn(), next(loads)))
    result = rounds.take_turns([lambda: 1.0, lambda: 2.0], wanted=1)
    assert (result.used, result.thrown_out) == (1, 1)


def test_patience_ends_and_the_quietest_rounds_are_used_and_named(monkeypatch):
    loads = iter([0.9, 0.5, 0.7, 0.6, 0.8, 0.9])
    monkeypatch.setattr(rounds, "observed", lambda turn: (turn(), next(loads)))
    seconds = iter(range(6))
    result = rounds.take_turns([lambda: next(seconds)], wanted=2)
    assert result.samples[0].seconds == (1, 3)
    assert (result.used, result.thrown_out) == (2, 4)
    assert result.remark == "too few quiet rounds: the quietest, with up to 60% foreign load"


def test_fewer_quiet_rounds_than_wanted_are_enough_if_they_are_some():
    quiet = [Round((1.0,), 0.0)] * rounds.LEAST
    result = rounds.chosen([*quiet, *[Round((9.0,), 0.5)] * 20], wanted=10)
    assert (result.used, result.remark) == (rounds.LEAST, "")
    assert result.samples[0].median == 1.0


def test_foreign_load_is_what_is_neither_idle_nor_ours():
    assert rounds.foreign_share(busy=3.0, own=2.0, available=4.0) == 0.25
    assert rounds.foreign_share(busy=1.99, own=2.0, available=4.0) == 0.0
    assert rounds.foreign_share(busy=0.0, own=2.0, available=4.0) is None  # a container that counts nothing


def test_the_machines_own_count_goes_up_with_work():
    if not Path("/proc/stat").exists():
        pytest.skip("no /proc/stat")
    before = rounds.busy_seconds()
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert rounds.busy_seconds() - before >= 0.05


def test_without_proc_nothing_is_known(monkeypatch):
    def absent(*_, **__):
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", absent)
    assert rounds.busy_seconds() is None
    assert rounds.observed(lambda: (1.0, 0.0)) == (1.0, None)


def test_quartiles():
    assert Sample((1.0, 2.0, 3.0, 4.0, 5.0)).quartiles == (2.0, 4.0)
    assert Sample((7.0,)).quartiles == (7.0, 7.0)


def test_turns_are_long_enough():
    assert rounds.steps_a_turn(0.1, turn_s=0.55) == 6
    assert rounds.steps_a_turn(3.0, turn_s=0.5) == 1


def test_no_round_is_refused():
    with pytest.raises(ValueError, match="--rounds: expected 1 or more, got 0"):
        rounds.take_turns([], wanted=0)
