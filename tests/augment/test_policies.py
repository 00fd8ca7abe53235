import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.augment import minority_classes, oversample


def _corpus() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return labels as RAVDESS has them (neutral half as often), a training part and the rest."""
    labels = np.repeat(np.arange(8), [24, 48, 48, 48, 48, 48, 48, 48])
    shuffled = np.random.default_rng(0).permutation(len(labels))
    return labels, shuffled[:300], shuffled[300:]


def test_the_minority_is_judged_by_the_training_part_alone():
    labels = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    assert minority_classes(labels, np.arange(8)).tolist() == [1]
    assert minority_classes(labels, np.array([0, 3, 4, 5, 6])).tolist() == [0]
    assert minority_classes(labels, np.array([0, 3, 5])).tolist() == []  # all alike
    assert minority_classes(labels, np.array([], dtype=int)).tolist() == []


def test_oversampling_fills_classes_up_from_the_training_part(rng):
    labels, train, rest = _corpus()
    before = train.copy()
    more = oversample(labels, train, classes=minority_classes(labels, train), rng=rng)
    np.testing.assert_array_equal(more[: len(train)], before)
    np.testing.assert_array_equal(train, before)
    counts = np.bincount(labels[more])
    assert (counts == np.bincount(labels[train]).max()).all()
    assert not np.isin(more, rest).any()
    only_neutral = oversample(labels, train, classes=[0], rng=rng)
    assert (labels[only_neutral[len(train) :]] == 0).all()
    assert (labels[only_neutral] == 0).sum() == counts[0]


@given(seed=st.integers(0, 99), n_train=st.integers(1, 60), n_classes=st.integers(1, 4))
def test_any_training_part_is_filled_up_with_its_own_clips(seed, n_train, n_classes):
    labels = np.random.default_rng(seed).integers(0, n_classes, 80)
    train = np.random.default_rng(seed + 1).permutation(80)[:n_train]
    classes = np.unique(labels[train])
    more = oversample(labels, train, classes=classes, rng=np.random.default_rng(seed))
    assert set(more) == set(train)
    assert len(set(np.bincount(labels[more])[classes])) == 1
    again = oversample(labels, train, classes=classes, rng=np.random.default_rng(seed))
    np.testing.assert_array_equal(more, again)


def test_copies_are_spread_over_the_class():
    labels = np.array([0] * 10 + [1] * 5010)
    more = oversample(labels, np.arange(5020), classes=[0], rng=np.random.default_rng(0))
    copies = np.bincount(more[5020:])
    assert len(copies) == 10
    np.testing.assert_allclose(copies, 500, atol=5 * np.sqrt(500))  # five standard deviations


def test_impossible_arguments_are_refused(rng):
    labels, train, _ = _corpus()
    with pytest.raises(ValueError, match=r"classes: expected classes that have training clips, got \[8, 9\]"):
        oversample(labels, train, classes=[9, 0, 8], rng=rng)
