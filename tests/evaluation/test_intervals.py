"""The bootstrap over actors: exact where it can be, and right as often as it says where it cannot."""

from itertools import product

import numpy as np
import pytest

from minser.evaluation import intervals
from minser.evaluation.metrics import accuracy, confusion_matrix, macro_f1, uar


@pytest.fixture
def per_actor(rng):
    """Six actors, four classes, some hundred clips."""
    return rng.integers(0, 10, size=(6, 4, 4)) + 15 * np.eye(4, dtype=int)


def test_confusions_are_counted_actor_by_actor(rng):
    y_true, y_pred, actors = rng.integers(0, 3, 50), rng.integers(0, 3, 50), rng.integers(10, 14, 50)
    per_actor = intervals.confusion_per_actor(y_true, y_pred, actors=actors, n_classes=3)
    assert per_actor.shape == (4, 3, 3)
    for actor, confusion in zip(range(10, 14), per_actor, strict=True):
        own = actors == actor
        np.testing.assert_array_equal(confusion, confusion_matrix(y_true[own], y_pred[own], n_classes=3))


def test_draws_are_sums_over_as_many_actors_as_there_are(rng):
    # actor k has 10**k clips, so that the digits of a sum are how often each actor was drawn
    per_actor = (10 ** np.arange(5)).reshape(5, 1, 1)
    draws = intervals.draw_confusions(per_actor, rng=rng, n_draws=2000)
    times = np.array([[int(digit) for digit in f"{count:05d}"] for count in draws.ravel()])
    assert draws.shape == (2000, 1, 1)
    np.testing.assert_array_equal(times.sum(axis=1), 5)
    # each count is binomial(5, 1/5): mean 1, variance 0.8; 5 standard errors over 2,000 draws
    np.testing.assert_allclose(times.mean(axis=0), 1, atol=5 * np.sqrt(0.8 / 2000))


def test_equal_to_all_draws_enumerated(rng):
    """With 4 actors there are 4**4 equally likely draws: their quantiles are the limit of the bootstrap."""
    per_actor = rng.integers(1, 30, size=(4, 2, 2))
    every = np.array([accuracy(per_actor[list(chosen)].sum(axis=0)) for chosen in product(range(4), repeat=4)])
    expected = intervals.percentile_interval(every, level=0.8)
    found = intervals.bootstrap_interval(accuracy, per_actor, rng=rng, n_draws=50_000, level=0.8)
    # neighbouring values of the 35 distinct draws lie up to some 0.02 apart at the ends
    np.testing.assert_allclose((found.low, found.high), expected, atol=0.02)
    assert found.value == accuracy(per_actor.sum(axis=0))


@pytest.mark.parametrize("statistic", [accuracy, uar, macro_f1])
def test_interval_encloses_the_score_and_repeats_with_its_seed(per_actor, statistic):
    first, again = (intervals.bootstrap_interval(statistic, per_actor, rng=np.random.default_rng(3)) for _ in range(2))
    assert first == again
    assert first.low < first.value < first.high
    narrower = intervals.bootstrap_interval(statistic, per_actor, rng=np.random.default_rng(3), level=0.5)
    assert first.low < narrower.low < narrower.high < first.high


def test_equal_actors_leave_nothing_open(rng):
    same = np.broadcast_to(np.array([[7, 3], [2, 8]]), (5, 2, 2))
    assert intervals.bootstrap_interval(accuracy, same, rng=rng) == (0.75, 0.75, 0.75)


def test_covers_the_truth_as_often_as_it_says():
    """Actors differ widely (beta(3, 2), mean 0.6): one from clips alone would cover 40 % of the time."""
    rng = np.random.default_rng(0)
    n_actors, n_clips, n_worlds = 24, 60, 300
    covered = 0
    for skill in rng.beta(3, 2, size=(n_worlds, n_actors)):
        right = rng.binomial(n_clips, skill)
        per_actor = np.zeros((n_actors, 2, 2), dtype=np.int64)
        per_actor[:, 0, 0], per_actor[:, 0, 1] = right, n_clips - right
        interval = intervals.bootstrap_interval(accuracy, per_actor, rng=rng, n_draws=1000)
        covered += interval.low <= 0.6 <= interval.high
    # percentile intervals of 24 units are a little short (about 0.93); 3 standard errors of 300 worlds: 0.04
    assert 0.89 <= covered / n_worlds <= 0.99


def test_difference_of_identical_systems_is_exactly_nothing(per_actor, rng):
    for statistic in (accuracy, uar, macro_f1):
        assert intervals.paired_difference(statistic, per_actor, per_actor, rng=rng) == (0.0, 0.0, 0.0)


def test_paired_difference_changes_sign_with_the_order_and_is_narrower_than_unpaired():
    rng = np.random.default_rng(1)
    skill = rng.uniform(0.2, 0.85, size=24)  # hard actors are hard for both systems
    gain = rng.normal(0.05, 0.02, size=24)  # the second system is some 5 points better
    first, second = np.zeros((2, 24, 2, 2), dtype=np.int64)
    for per_actor, right in ((first, 60 * skill), (second, 60 * (skill + gain))):
        per_actor[:, 0, 0] = np.round(right)
        per_actor[:, 0, 1] = 60 - per_actor[:, 0, 0]
    forward = intervals.paired_difference(accuracy, second, first, rng=np.random.default_rng(2))
    backward = intervals.paired_difference(accuracy, first, second, rng=np.random.default_rng(2))
    # quantiles of mirrored draws, interpolated: equal to rounding
    np.testing.assert_allclose(backward, (-forward.value, -forward.high, -forward.low), atol=1e-12)
    assert 0.03 < forward.low < forward.value < forward.high < 0.07
    alone = intervals.bootstrap_interval(accuracy, second, rng=rng)
    assert forward.high - forward.low < 0.2 * (alone.high - alone.low)


def test_seeds_between_actors_and_classes_share_the_drawn_actors(per_actor):
    def mean_uar(confusion):
        return uar(confusion).mean(axis=-1)

    two_seeds = np.stack([per_actor, per_actor], axis=1)  # (n_actors, n_seeds, n_classes, n_classes)
    averaged = intervals.bootstrap_interval(mean_uar, two_seeds, rng=np.random.default_rng(0))
    np.testing.assert_allclose(
        averaged, intervals.bootstrap_interval(uar, per_actor, rng=np.random.default_rng(0)), rtol=1e-12
    )
    difference = intervals.paired_difference(mean_uar, two_seeds, two_seeds, rng=np.random.default_rng(0))
    assert difference == (0.0, 0.0, 0.0)


@pytest.fixture
def rare():
    """Five actors of two classes that are always recognised; the third, never recognised, is the first actor's."""
    per_actor = np.zeros((5, 3, 3), dtype=np.int64)
    per_actor[:, 0, 0] = per_actor[:, 1, 1] = 4
    per_actor[0, 2, 1] = 4
    return per_actor


def test_a_draw_keeps_the_classes_of_the_test_part(rare, rng):
    drawn = intervals.draw_confusions(rare, rng=rng, n_draws=500)
    assert drawn.any(axis=-1).all()
    np.testing.assert_allclose(uar(drawn), 2 / 3)  # over two classes a draw without the first actor would reach 1
    assert intervals.bootstrap_interval(uar, rare, rng=rng) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    perfect = rare.copy()
    perfect[0, 2] = (0, 0, 4)  # a class that was not drawn is no error either
    for statistic in (uar, macro_f1, accuracy):
        assert intervals.bootstrap_interval(statistic, perfect, rng=rng) == (1.0, 1.0, 1.0)
    assert intervals.paired_difference(uar, perfect, rare, rng=rng) == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_a_class_that_was_not_tested_stays_out(rare, rng):
    two_seeds = np.stack([rare, rare], axis=1)
    two_seeds[:, 1, 2] = 0  # the second seed's test part has no clip of the third class
    drawn = intervals.draw_confusions(two_seeds, rng=rng, n_draws=500)
    assert drawn[:, 0, 2].any(axis=-1).all()
    assert not drawn[:, 1, 2].any()
    scores = intervals.score_seeds(two_seeds, rng=rng, n_draws=500)
    assert scores["uar"]["per_seed"] == pytest.approx([2 / 3, 1])
    assert scores["uar"]["interval"] == pytest.approx([5 / 6, 5 / 6])
    gap = intervals.gap_between(uar, two_seeds[:, 1:], two_seeds[:, :1], rng=rng, n_draws=500)
    assert gap == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_arguments_are_checked(per_actor, rng):
    with pytest.raises(ValueError, match="per_actor: expected at least 2 actors to draw from, got 1"):
        intervals.draw_confusions(per_actor[:1], rng=rng)
    with pytest.raises(ValueError, match=r"Quantiles must be in the range \[0, 1\]"):
        intervals.bootstrap_interval(accuracy, per_actor, rng=rng, level=95)
    with pytest.raises(ValueError, match="other_per_actor: expected the clips of per_actor"):
        intervals.paired_difference(accuracy, per_actor, per_actor[::-1], rng=rng)
    with pytest.raises(ValueError, match=r"actors: expected shape \(2,\), one per clip, got \(1,\)"):
        intervals.confusion_per_actor([0, 1], [0, 1], actors=[1], n_classes=2)
    with pytest.raises(ValueError, match="y_pred: expected class numbers 0 to 1, got 2 at index 1"):
        intervals.confusion_per_actor([0, 1], [0, 2], actors=[1, 2], n_classes=2)
