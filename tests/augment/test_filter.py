import numpy as np
import pytest

from minser.augment import apply_filter, random_filter

SHAPES = [(8, 5), (8, 5, 2)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_frame_and_channel_gets_the_same_line(shape, dtype, rng):
    feature = rng.uniform(-80, 0, shape).astype(dtype)
    before = feature.copy()
    changed = apply_filter(feature, bins=[1, 4, 6], offsets=[-2, 4, 0])
    assert changed.dtype == dtype
    line = np.array([-2, -2, 0, 2, 4, 2, 0, 0])  # straight between the points, level beyond them
    added = np.moveaxis(changed - feature, 0, -1)
    np.testing.assert_allclose(added, np.broadcast_to(line, added.shape), atol=1e-5)  # 80 in float32
    np.testing.assert_array_equal(feature, before)


def test_a_filter_is_the_waveform_s_filter_in_decibels(rng):
    """A gain at each frequency of a spectrum is an offset of its level: the two ways give one spectrogram."""
    spectrum = rng.standard_normal((9, 6)) + 1j * rng.standard_normal((9, 6))
    gain_db = np.interp(np.arange(9), [0, 3, 8], [6, -6, 3])
    filtered = 20 * np.log10(np.abs(spectrum * 10 ** (gain_db / 20)[:, np.newaxis]))
    level = 20 * np.log10(np.abs(spectrum))
    np.testing.assert_allclose(apply_filter(level, bins=[0, 3, 8], offsets=[6, -6, 3]), filtered, atol=1e-12)


def test_what_is_drawn_is_a_line_of_three_to_six_points_in_its_range():
    flat = np.zeros((400, 1))
    lines = [
        random_filter(flat, min_offset=-3.0, max_offset=6.0, rng=np.random.default_rng(seed)).ravel()
        for seed in range(300)
    ]
    assert all(line.min() >= -3 and line.max() <= 6 for line in lines)
    ends = np.array([(line[0], line[-1]) for line in lines])
    assert abs(ends.mean(axis=0) - 1.5).max() < 4 * 9 / np.sqrt(12 * 300)  # four standard errors of a uniform mean
    # a bend is where the slope changes; one that falls between two bins changes it at both
    bends = [int((np.abs(np.diff(line, 2)) > 1e-9).sum()) for line in lines]
    assert {-(-n // 2) for n in bends} == {1, 2, 3, 4}
    np.testing.assert_array_equal(random_filter(flat, min_offset=0, max_offset=0, rng=np.random.default_rng(0)), flat)


def test_impossible_arguments_are_refused(rng):
    feature = np.zeros((8, 5))
    with pytest.raises(ValueError, match="feature: expected"):
        apply_filter(feature[0], bins=[0], offsets=[1])
    for bins, offsets in (([0, 2], [1]), ([2, 0], [1, 1]), ([], []), ([[0]], [[1]])):
        with pytest.raises(ValueError, match="bins and offsets: expected as many"):
            apply_filter(feature, bins=bins, offsets=offsets)
    with pytest.raises(ValueError, match="min_offset and max_offset: expected a range"):
        random_filter(feature, min_offset=1.0, max_offset=0.0, rng=rng)
