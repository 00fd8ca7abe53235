"""Mean, spread and gap against closed forms and against the paired difference of the same clips."""

import numpy as np
import pytest

from minser.evaluation.intervals import bootstrap_interval, gap_between, paired_difference, score_seeds
from minser.evaluation.metrics import accuracy, uar


@pytest.fixture
def counts(rng):
    """Counts of 6 actors under 3 seeds, 3 classes."""
    return rng.integers(0, 9, size=(6, 3, 3, 3))


def test_seeds_are_scored_apart_and_then_averaged(counts):
    scores = score_seeds(counts, rng=np.random.default_rng(0), n_draws=200)
    per_seed = [float(uar(counts[:, seed].sum(axis=0))) for seed in range(3)]
    assert scores["uar"]["per_seed"] == pytest.approx(per_seed)
    assert scores["uar"]["mean"] == pytest.approx(sum(per_seed) / 3)
    assert scores["uar"]["std"] == pytest.approx((sum((s - sum(per_seed) / 3) ** 2 for s in per_seed) / 2) ** 0.5)
    assert set(scores) >= {"accuracy", "uar", "macro_f1", "weighted_f1"}


def test_the_interval_is_of_the_mean_over_seeds(counts):
    scores = score_seeds(counts, rng=np.random.default_rng(3), n_draws=500)
    expected = bootstrap_interval(
        lambda confusion: accuracy(confusion).mean(axis=-1), counts, rng=np.random.default_rng(3), n_draws=500
    )
    assert scores["accuracy"]["interval"] == pytest.approx([expected.low, expected.high])


def test_one_seed_has_no_spread_and_one_actor_no_interval(counts):
    scores = score_seeds(counts[:1, :1], rng=np.random.default_rng(0), n_draws=10)
    assert scores["uar"]["std"] is None
    assert scores["uar"]["interval"] is None
    assert len(scores["uar"]["per_seed"]) == 1


def test_the_gap_on_the_same_clips_is_the_paired_difference(rng):
    first, second = rng.multinomial(20, np.full(3, 1 / 3), size=(2, 6, 1, 3))  # 20 clips of each actor and class
    gap = gap_between(uar, first, second, rng=np.random.default_rng(1), n_draws=300)
    paired = paired_difference(uar, first[:, 0], second[:, 0], rng=np.random.default_rng(1), n_draws=300)
    assert gap == pytest.approx(paired)


def test_the_gap_may_have_other_clips_and_other_numbers_of_seeds(counts, rng):
    other = rng.integers(0, 4, size=(6, 1, 3, 3))
    gap = gap_between(uar, counts, other, rng=np.random.default_rng(0), n_draws=300)
    assert gap.value == pytest.approx(uar(counts.sum(axis=0)).mean() - uar(other.sum(axis=0))[0])
    assert gap.low <= gap.value <= gap.high
    with pytest.raises(ValueError, match="dimension 0"):  # other actors on the other side
        gap_between(uar, counts, other[1:], rng=rng)
