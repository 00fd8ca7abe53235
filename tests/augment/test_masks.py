import numpy as np
import pytest

from minser.augment import random_freq_mask, random_time_mask
from minser.augment.masks import draw_spans, fill_spans

N_BINS, N_FRAMES = 12, 20


def _ones(*, channels: int = 0, dtype=np.float32) -> np.ndarray:
    return np.ones((N_BINS, N_FRAMES, channels) if channels else (N_BINS, N_FRAMES), dtype=dtype)


def test_exactly_the_spans_are_filled():
    feature = np.arange(N_BINS * N_FRAMES, dtype=np.float64).reshape(N_BINS, N_FRAMES)
    spans = np.array([[2, 5], [4, 7], [9, 9], [19, 20]])
    expected = feature.copy()
    expected[:, [2, 3, 4, 5, 6, 19]] = -1.0
    np.testing.assert_array_equal(fill_spans(feature, spans, axis=1, fill=-1.0), expected)
    expected = feature.copy()
    expected[[2, 3, 4, 5, 6], :] = -1.0
    np.testing.assert_array_equal(fill_spans(feature, spans[:3], axis=0, fill=-1.0), expected)


@pytest.mark.parametrize("channels", [0, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_masks_run_through_the_other_axes(channels, dtype):
    feature = _ones(channels=channels, dtype=dtype)
    over_time = random_time_mask(feature, max_width_frames=9, n_masks=2, fill=-3.0, rng=np.random.default_rng(4))
    over_bins = random_freq_mask(feature, max_width_bins=6, n_masks=2, fill=-3.0, rng=np.random.default_rng(4))
    for masked, axis in [(over_time, 1), (over_bins, 0)]:
        assert masked.dtype == dtype
        lines = np.moveaxis(masked, axis, 0).reshape(feature.shape[axis], -1)
        blanked = lines[:, 0] == -3.0
        assert 0 < blanked.sum() < len(lines)
        np.testing.assert_array_equal(lines, np.where(blanked[:, np.newaxis], -3.0, 1.0) * np.ones_like(lines))
    np.testing.assert_array_equal(feature, 1.0)  # the input is as it was


def test_the_functions_apply_what_they_draw():
    feature = np.random.default_rng(0).standard_normal((N_BINS, N_FRAMES))
    spans = draw_spans(feature, axis=1, max_width=8, n_masks=3, rng=np.random.default_rng(5))
    masked = random_time_mask(feature, max_width_frames=8, n_masks=3, rng=np.random.default_rng(5))
    np.testing.assert_array_equal(masked, fill_spans(feature, spans, axis=1, fill=0.0))
    spans = draw_spans(feature, axis=0, max_width=8, n_masks=3, rng=np.random.default_rng(5))
    masked = random_freq_mask(feature, max_width_bins=8, n_masks=3, rng=np.random.default_rng(5))
    np.testing.assert_array_equal(masked, fill_spans(feature, spans, axis=0, fill=0.0))


def test_every_sample_gets_masks_of_its_own():
    masked = [random_time_mask(_ones(), max_width_frames=9, rng=np.random.default_rng([0, i])) for i in range(20)]
    assert len({sample.tobytes() for sample in masked}) > 10
    again = random_time_mask(_ones(), max_width_frames=9, rng=np.random.default_rng([0, 3]))
    np.testing.assert_array_equal(again, masked[3])


def test_widths_and_positions_are_uniform():
    n_draws, max_width = 21000, 6
    spans = draw_spans(_ones(), axis=1, max_width=max_width, n_masks=n_draws, rng=np.random.default_rng(0))
    starts, widths = spans[:, 0], spans[:, 1] - spans[:, 0]
    counts = np.bincount(widths, minlength=max_width + 1)
    assert len(counts) == max_width + 1  # 0 and the widest both occur, nothing beyond
    # Standard deviation of a count is sqrt(n p (1 - p)), 51 here: 5 of them
    np.testing.assert_allclose(counts, n_draws / 7, atol=5 * np.sqrt(n_draws / 7))
    for width in range(max_width + 1):
        positions = np.bincount(starts[widths == width], minlength=N_FRAMES - width + 1)
        assert len(positions) == N_FRAMES - width + 1  # first and last fitting place both occur
        expected = counts[width] / len(positions)
        np.testing.assert_allclose(positions, expected, atol=5 * np.sqrt(expected))


@pytest.mark.parametrize(("max_width", "n_masks"), [(0, 3), (5, 0)])
def test_no_width_or_no_masks_change_nothing(max_width, n_masks):
    feature = _ones()
    for masked in [
        random_time_mask(feature, max_width_frames=max_width, n_masks=n_masks, rng=np.random.default_rng(0)),
        random_freq_mask(feature, max_width_bins=max_width, n_masks=n_masks, rng=np.random.default_rng(0)),
    ]:
        np.testing.assert_array_equal(masked, feature)
        assert not np.shares_memory(masked, feature)


def test_a_short_axis_limits_the_width():
    spans = draw_spans(np.ones((4, 3)), axis=1, max_width=100, n_masks=500, rng=np.random.default_rng(0))
    assert spans.min() == 0
    assert spans.max() == 3
    assert set(spans[:, 1] - spans[:, 0]) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("shape", "max_width", "n_masks", "message"),
    [
        ((9,), 1, 1, r"feature: expected \(n_bins, n_frames\) .* got shape \(9,\)"),
        ((2, 9, 9, 1), 1, 1, r"feature: expected \(n_bins, n_frames\) .* got shape \(2, 9, 9, 1\)"),
        ((9, 9), -1, 1, "max_width: expected 0 or more, got -1"),
        ((9, 9), 1, -2, "n_masks: expected 0 or more, got -2"),
    ],
)
def test_impossible_masks_are_refused(shape, max_width, n_masks, message):
    with pytest.raises(ValueError, match=message):
        random_time_mask(np.ones(shape), max_width_frames=max_width, n_masks=n_masks, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        random_freq_mask(np.ones(shape), max_width_bins=max_width, n_masks=n_masks, rng=np.random.default_rng(0))


def test_spans_are_filled_in_floats_and_by_numbers():
    spans = np.array([[0, 1]])
    with pytest.raises(TypeError, match="feature: expected float32 or float64, got int64"):
        fill_spans(np.ones((2, 3), int), spans, axis=1, fill=0.5)
    with pytest.raises(ValueError, match="fill: expected a finite number, got nan"):
        fill_spans(np.ones((2, 3)), spans, axis=1, fill=np.nan)
