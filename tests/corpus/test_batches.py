"""From samples to batches: order, randomness that depends on nothing hidden, shapes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.corpus.batches import (
    count_training_batches,
    evaluation_batches,
    fit_frames,
    sample_rng,
    shuffled,
    training_batches,
)

N_CLIPS = 20


@pytest.fixture
def features(rng):
    return [rng.normal(size=(3, rng.integers(4, 9))).astype(np.float32) for _ in range(N_CLIPS)]


@pytest.fixture
def labels(rng):
    return rng.integers(0, 8, size=N_CLIPS)


def crop_and_shake(feature, rng):
    return fit_frames(feature, n_frames=6, align=rng.random()) + rng.normal()


def an_epoch(features, labels, *, indices=None, batch_size=8, seed=0, epoch=0):
    indices = np.arange(N_CLIPS) if indices is None else indices
    return list(
        training_batches(
            labels,
            indices,
            batch_size=batch_size,
            seed=seed,
            epoch=epoch,
            sample=lambda i, rng: crop_and_shake(features[i], rng),
        )
    )


@pytest.mark.parametrize("first_step", [0, 1, 2, 3, 4])
def test_batches_that_were_seen_are_skipped_and_not_made(features, labels, first_step):
    indices = np.concatenate([np.arange(N_CLIPS), [3, 3, 7]])  # copies of a clip draw in turn
    whole = an_epoch(features, labels, indices=indices, batch_size=6)
    made = []

    def sample(i, rng):
        made.append(i)
        return crop_and_shake(features[i], rng)

    rest = training_batches(labels, indices, batch_size=6, seed=0, epoch=0, sample=sample, first_step=first_step)
    for (x, y, chosen), (other_x, other_y, others) in zip(rest, whole[first_step:], strict=True):
        np.testing.assert_array_equal(x, other_x)
        np.testing.assert_array_equal(y, other_y)
        np.testing.assert_array_equal(chosen, others)
    assert len(made) == sum(len(chosen) for _, _, chosen in whole[first_step:])


def test_an_order_belongs_to_its_seed_and_epoch():
    indices = np.arange(100, 200)
    order = shuffled(indices, seed=1, epoch=2)
    assert sorted(order) == indices.tolist()
    np.testing.assert_array_equal(order, shuffled(indices, seed=1, epoch=2))
    assert order.tolist() != shuffled(indices, seed=1, epoch=3).tolist()
    assert order.tolist() != shuffled(indices, seed=2, epoch=2).tolist()
    np.testing.assert_array_equal(indices, np.arange(100, 200))


def test_no_two_generators_are_the_same():
    keys = [(seed, epoch, index) for seed in range(3) for epoch in range(3) for index in range(3)]
    assert len({sample_rng(*key).random() for key in keys}) == len(keys)
    # the order's generator is none of the samples', not even that of sample 0
    assert shuffled(np.arange(50), seed=1, epoch=2).tolist() != sample_rng(1, 2, 0).permutation(50).tolist()


@given(length=st.integers(1, 12), n_frames=st.integers(1, 12), align=st.floats(0, 1), channels=st.booleans())
def test_fitting_keeps_all_that_fits_in_order(length, n_frames, align, channels):
    frames = np.arange(1.0, length + 1)
    feature = np.stack([frames, -frames])
    feature = feature[..., np.newaxis] if channels else feature
    fitted = fit_frames(feature, n_frames=n_frames, align=align, fill=0.0)
    assert fitted.shape == (2, n_frames) + (1,) * channels
    row = fitted.reshape(2, n_frames)[0]
    kept = row[row != 0]
    assert len(kept) == min(length, n_frames)
    assert (np.diff(kept) == 1).all()
    inside = np.flatnonzero(row)
    assert (np.diff(inside) == 1).all()


def test_alignment_says_where_the_feature_lies():
    feature = np.array([[1.0, 2.0, 3.0, 4.0]])
    assert fit_frames(feature, n_frames=2, align=0.0).tolist() == [[1, 2]]
    assert fit_frames(feature, n_frames=2).tolist() == [[2, 3]]
    assert fit_frames(feature, n_frames=2, align=1.0).tolist() == [[3, 4]]
    assert fit_frames(feature, n_frames=6, align=0.0, fill=-80.0).tolist() == [[1, 2, 3, 4, -80, -80]]
    assert fit_frames(feature, n_frames=6, align=1.0, fill=-80.0).tolist() == [[-80, -80, 1, 2, 3, 4]]


def test_random_crops_are_equally_likely(rng):
    feature = np.arange(5.0)[np.newaxis]
    starts = [fit_frames(feature, n_frames=3, align=rng.random())[0, 0] for _ in range(3000)]
    # 1000 expected at each of three places; the standard deviation is 26, so 130 is five of them
    assert (np.abs(np.bincount(np.array(starts, dtype=int)) - 1000) < 130).all()


def test_a_fitted_feature_is_new_and_keeps_its_dtype(features):
    features[0].flags.writeable = False
    for n_frames in (1, features[0].shape[1], 20):
        fitted = fit_frames(features[0], n_frames=n_frames)
        assert fitted.dtype == np.float32
        assert fitted.flags.writeable
        assert not np.shares_memory(fitted, features[0])


@pytest.mark.parametrize(("n_frames", "align"), [(0, 0.5), (3, -0.1), (3, 1.1)])
def test_fitting_refuses_impossible_arguments(n_frames, align):
    with pytest.raises(ValueError, match=f"got {n_frames} and {align}"):
        fit_frames(np.zeros((2, 5)), n_frames=n_frames, align=align)


def test_fitting_refuses_a_waveform():
    with pytest.raises(ValueError, match=r"feature must be .* got shape \(5,\)"):
        fit_frames(np.zeros(5), n_frames=3)


def test_fitting_refuses_integers():
    """A fill of -0.5 would become 0."""
    with pytest.raises(TypeError, match="feature: expected an array of float32 or float64, got int64"):
        fit_frames(np.ones((2, 5), int), n_frames=7, fill=-0.5)


def test_an_epoch_has_every_sample_once_with_its_label(features, labels):
    batches = an_epoch(features, labels, indices=np.arange(3, N_CLIPS))
    chosen = np.concatenate([indices for _, _, indices in batches])
    assert sorted(chosen) == list(range(3, N_CLIPS))
    for x, y, indices in batches:
        assert x.shape == (len(indices), 3, 6, 1)
        assert x.dtype == np.float32
        np.testing.assert_array_equal(y, labels[indices])


def test_a_channel_axis_that_is_there_stays():
    features = [np.zeros((3, 6, 2))] * 4
    (x, _, _), *rest = an_epoch(features, np.zeros(4, dtype=int), indices=np.arange(4))
    assert x.shape == (4, 3, 6, 2)
    assert rest == []


def test_what_a_sample_draws_does_not_depend_on_its_neighbours(features, labels):
    def by_index(**settings):
        batches = an_epoch(features, labels, **settings)
        return {int(i): sample for x, _, indices in batches for i, sample in zip(indices, x, strict=True)}

    whole, part = by_index(epoch=5), by_index(epoch=5, indices=np.array([2, 7, 11]), batch_size=3)
    for index, sample in part.items():
        np.testing.assert_array_equal(sample, whole[index])
    assert not np.array_equal(by_index(epoch=6)[2], whole[2])
    assert not np.array_equal(by_index(epoch=5, seed=1)[2], whole[2])


@pytest.mark.parametrize(
    ("n_samples", "batch_size", "sizes"),
    [(16, 8, [8, 8]), (18, 8, [8, 8, 2]), (17, 8, [8, 9]), (1, 8, [1]), (3, 1, [1, 1, 1]), (5, 8, [5])],
)
def test_a_single_sample_left_over_joins_the_batch_before(features, labels, n_samples, batch_size, sizes):
    batches = an_epoch(features, labels, indices=np.arange(n_samples), batch_size=batch_size)
    assert [len(x) for x, _, _ in batches] == sizes
    assert count_training_batches(n_samples, batch_size=batch_size) == len(sizes)


def test_evaluation_keeps_the_order_and_every_last_sample(features, labels):
    indices = np.array([9, 3, 4, 0, 7])
    batches = list(
        evaluation_batches(labels, indices, batch_size=2, pieces=lambda i: [fit_frames(features[i], n_frames=6)])
    )
    assert [len(x) for x, _, _ in batches] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate([places for _, _, places in batches]), range(5))
    np.testing.assert_array_equal(np.concatenate([y for _, y, _ in batches]), labels[indices])
    np.testing.assert_array_equal(batches[0][0][1, ..., 0], fit_frames(features[3], n_frames=6))


def test_pieces_of_a_long_clip_follow_each_other_in_batches_of_the_same_size(features, labels):
    def pieces(i):
        for number in range(5 if i == 3 else 1):
            yield np.full((2, 2), 10 * i + number)

    indices = np.array([3, 9, 3])  # a clip may be tested twice
    batches = list(evaluation_batches(labels, indices, batch_size=4, pieces=pieces))
    assert [x[:, 0, 0, 0].tolist() for x, _, _ in batches] == [[30, 31, 32, 33], [34, 90, 30, 31], [32, 33, 34]]
    np.testing.assert_array_equal(np.concatenate([places for _, _, places in batches]), [0] * 5 + [1] + [2] * 5)
    np.testing.assert_array_equal(batches[1][1], labels[[3, 9, 3, 3]])


def test_samples_of_different_shape_are_refused(features, labels):
    with pytest.raises(ValueError, match="must have the same shape"):
        list(evaluation_batches(labels, np.arange(N_CLIPS), batch_size=N_CLIPS, pieces=lambda i: [features[i]]))


@pytest.mark.parametrize(("n_samples", "batch_size"), [(0, 8), (5, 0)])
def test_nothing_to_do_is_refused(features, labels, n_samples, batch_size):
    with pytest.raises(ValueError, match=f"got {n_samples} and {batch_size}"):
        an_epoch(features, labels, indices=np.arange(n_samples), batch_size=batch_size)


def test_copies_of_a_clip_draw_different_numbers():
    labels = np.zeros(3, dtype=np.intp)
    drawn = [
        x
        for xs, _, _ in training_batches(
            labels,
            np.array([0, 1, 1, 1, 2]),
            batch_size=2,
            seed=0,
            epoch=1,
            sample=lambda i, rng: np.array([[i + rng.random()]]),
        )
        for x in xs.ravel()
    ]
    assert sorted(np.floor(drawn)) == [0, 1, 1, 1, 2]
    assert len(set(drawn)) == 5
