"""Drawing a part with the corpus's class proportions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minser.corpus.splits.at_random import draw_part, leaders_of


def test_leaders_are_the_first_of_each_group_whatever_the_group_is_called():
    assert leaders_of(["b", "a", "b", "c", "a"]).tolist() == [0, 1, 0, 3, 1]
    assert leaders_of(["x", "z", "x", "y", "z"]).tolist() == [0, 1, 0, 3, 1]


@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=8), share=st.floats(0.01, 0.99), seed=st.integers(0, 99)
)
def test_sizes_are_exact_and_no_class_is_a_whole_clip_off(counts, share, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    indices = np.arange(len(labels))
    size = int(np.ceil(share * len(labels)))
    part = draw_part(indices, size, labels, indices, np.random.default_rng(seed))
    assert len(np.unique(part)) == size
    drawn = np.bincount(labels[part], minlength=len(counts))
    assert (np.abs(drawn - size * np.array(counts) / len(labels)) < 1).all()


@given(seed=st.integers(0, 200))
def test_groups_are_drawn_whole(seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 20, size=60)
    labels = rng.integers(0, 3, size=60)  # groups may span classes
    part = draw_part(np.arange(60), 20, labels, leaders_of(groups), rng)
    assert not set(groups[part]) & set(np.delete(groups, part))
    assert len(part) <= 20


def test_equal_remainders_are_drawn_and_not_always_the_same():
    labels = np.repeat([0, 1, 2], 5)  # 5 of 15: 1.67 for each class, so two of the three get one more
    rng = np.random.default_rng(0)
    shares = {tuple(np.bincount(labels[draw_part(np.arange(15), 5, labels, np.arange(15), rng)])) for _ in range(50)}
    assert shares == {(2, 2, 1), (2, 1, 2), (1, 2, 2)}


def test_only_the_given_clips_are_drawn():
    labels = np.zeros(30, dtype=np.intp)
    indices = np.arange(10, 20)
    part = draw_part(indices, 4, labels, np.arange(30), np.random.default_rng(0))
    assert set(part) <= set(indices)
