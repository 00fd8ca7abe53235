"""Spectrograms as pictures: scale, orientation, colours, and resizing, held to closed forms and to Pillow."""

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from minser.features.image import COLOUR_MAPS, from_image, resize, to_image

SIZES = st.integers(1, 60)


def test_the_range_becomes_black_to_white_and_low_frequencies_lie_at_the_bottom():
    image = to_image(np.array([[-80.0, -80.0], [-40.0, 0.0]]), height=2, width=2)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, [[128, 255], [0, 0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_there_and_back_at_equal_size_is_within_half_a_level(rng, dtype):
    feature = rng.uniform(-80, 0, (40, 130)).astype(dtype)
    scaled = (feature - feature.min()) / np.ptp(feature)
    back = from_image(to_image(feature, height=40, width=130))
    assert back.dtype == np.float32
    assert back.flags.c_contiguous
    np.testing.assert_allclose(back, scaled, rtol=0, atol=0.5 / 255 + 1e-6)  # rounding to a level, then to float32


def test_colours_come_back_as_channels_low_frequencies_first(rng):
    image = to_image(rng.standard_normal((20, 30)), height=16, width=24, colour_map="magma")
    back = from_image(image)
    assert image.shape == back.shape == (16, 24, 3)
    np.testing.assert_array_equal(np.rint(255 * back[0]), image[-1])


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_colour_maps_are_matplotlibs(name):
    ramp = np.arange(256.0)[None, :]
    image = to_image(ramp, height=1, width=256, colour_map=name)
    np.testing.assert_array_equal(image[0], mpl.colormaps[name](np.arange(256), bytes=True)[:, :3])


def test_colour_is_the_gray_picture_looked_up(rng):
    feature = rng.standard_normal((20, 30))
    colours = mpl.colormaps["viridis"](to_image(feature), bytes=True)[..., :3]
    np.testing.assert_array_equal(to_image(feature, colour_map="viridis"), colours)


def test_silence_is_black_and_one_cell_is_enough():
    assert not to_image(np.full((8, 5), -3.0), height=4, width=4).any()
    assert to_image(np.ones((1, 1), dtype=np.float32)).shape == (128, 128)


@given(SIZES, SIZES, SIZES, SIZES, st.integers(0, 99))
def test_resizing_is_pillows(rows, columns, height, width, seed):
    values = np.random.default_rng(seed).uniform(-80, 0, (rows, columns)).astype(np.float32)
    pillow = Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR)
    # Pillow sums in float64, and keeps float32 after each of the two directions.
    np.testing.assert_allclose(resize(values, height=height, width=width), pillow, rtol=0, atol=80 * 2**-22)


@given(SIZES, SIZES, SIZES, SIZES)
def test_a_constant_stays_constant(rows, columns, height, width):
    resized = resize(np.full((rows, columns), 0.7), height=height, width=width)
    np.testing.assert_allclose(resized, 0.7, rtol=1e-14)  # weights sum to 1 within float64's rounding


@pytest.mark.parametrize(("old", "new"), [(20, 7), (20, 20), (20, 33), (7, 128)])
def test_a_ramp_stays_straight_away_from_the_edges(old, new):
    ramp = np.arange(old, dtype=np.float64)[None, :]
    centres = (np.arange(new) + 0.5) * old / new - 0.5
    reach = max(old / new, 1.0)
    # Where new centres lie just between the old ones, the two sides of a widened tent need not balance.
    atol = 1e-12 if new >= old else 0.05
    inner = (centres >= reach - 1) & (centres <= old - reach)
    np.testing.assert_allclose(resize(ramp, height=1, width=new)[0][inner], centres[inner], rtol=0, atol=atol)
    assert inner.sum() > new / 2


def test_half_the_size_of_stripes_is_grey():
    stripes = np.tile([0.0, 1.0], 32)[None, :]  # every second cell alone would be black
    np.testing.assert_allclose(resize(stripes, height=1, width=32)[0, 1:-1], 0.5, rtol=1e-14)


def test_three_cells_made_one_weigh_two_thirds_one_and_two_thirds():
    assert resize(np.array([[1.0, 2.0, 6.0]]), height=1, width=1) == pytest.approx((2 / 3 + 2 + 4) / (7 / 3))


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (np.zeros(5), r"got float64 \(5,\)"),
        (np.zeros((2, 3, 1)), "n_bins, n_frames"),
        (np.zeros((0, 3)), r"got float64 \(0, 3\)"),
        (np.array([[np.nan, 1.0]]), "finite"),
        (np.array([[np.inf, 1.0]]), "finite"),
    ],
)
def test_what_is_no_feature_is_refused(feature, message):
    with pytest.raises(ValueError, match=message):
        to_image(feature)


def test_sizes_are_checked():
    feature = np.zeros((2, 2))
    with pytest.raises(ValueError, match="height"):
        to_image(feature, height=0)
    with pytest.raises(TypeError, match="width"):
        to_image(feature, width=2.5)
