import csv
import io

import pytest

from minser.evaluation.nested import Tried, choose, means, to_text


def tried(candidate, fold, uar, seed=0):
    return Tried(candidate, fold, seed, uar, 0.5, 1.0, 3, 1000, "model.hidden=64; training.lr=0.1")


def test_each_fold_has_its_own_choice_and_the_mean_another():
    rows = [tried("a", 0, 0.9), tried("a", 1, 0.1), tried("b", 0, 0.6), tried("b", 1, 0.7)]
    assert list(means(rows)) == ["b", "a"]
    assert choose(rows) == {(0, 0): "a", (1, 0): "b"}


def test_each_seed_has_its_own_choice():
    """Where a seed draws the split, another seed's validation clips are among its test clips."""
    rows = [tried("a", 0, 0.9, 0), tried("a", 0, 0.1, 1), tried("b", 0, 0.6, 0), tried("b", 0, 0.6, 1)]
    assert choose(rows) == {(0, 0): "a", (0, 1): "b"}


def test_of_equal_ones_the_first_wins():
    assert choose([tried("z", 0, 0.5), tried("a", 0, 0.5)]) == {(0, 0): "z"}


def test_candidates_that_lack_a_fold_or_a_seed_cannot_be_compared():
    with pytest.raises(ValueError, match="b lacks fold 1, seed 0"):
        choose([tried("a", 0, 0.5), tried("a", 1, 0.5), tried("b", 0, 0.5)])
    with pytest.raises(ValueError, match="a lacks fold 0, seed 1"):
        choose([tried("a", 0, 0.5), tried("b", 0, 0.5, 0), tried("b", 0, 0.5, 1)])


def test_the_table_keeps_every_row():
    rows = [tried("a", 0, 0.5), tried('odd, "name"', 1, 0.25)]
    back = list(csv.DictReader(io.StringIO(to_text(rows))))
    assert [row["candidate"] for row in back] == ["a", 'odd, "name"']
    assert [float(row["val_uar"]) for row in back] == [0.5, 0.25]
    assert back[0]["settings"] == "model.hidden=64; training.lr=0.1"
