import numpy as np
import pytest

from minser.plots.explanation import explanation_figure

MEL_HZ = np.geomspace(50, 7000, 20)
SOUND = {"sr": 16000, "hop_length": 160, "frequencies_hz": MEL_HZ, "start_s": 2.0, "seen_s": (2.1, 2.3)}


@pytest.fixture
def level_db(rng):
    return rng.uniform(-70, 0, (20, 40))


@pytest.fixture
def maps(rng):
    values = rng.uniform(0, 1, (20, 40))
    return {"saliency": values, "Grad-CAM": 2 * values, "occlusion": 0.1 * values - 0.02}


def test_each_map_lies_over_the_spectrogram(level_db, maps):
    figure = explanation_figure(level_db, maps, emotion="sad", title="a voice", **SOUND)
    first, *others = [axes for axes in figure.axes if axes.images]
    np.testing.assert_array_equal(first.images[0].get_array(), level_db)
    assert len(others) == 3
    for axes, (name, values) in zip(others, maps.items(), strict=True):
        under, over = axes.images
        np.testing.assert_array_equal(under.get_array(), level_db)
        np.testing.assert_allclose(over.get_array(), 100 * values if name == "occlusion" else values)
        assert under.get_extent() == over.get_extent() == first.images[0].get_extent()
    np.testing.assert_allclose(first.images[0].get_extent()[:2], (2 - 0.005, 2.4 - 0.005))  # frames of 10 ms
    np.testing.assert_allclose([line.get_xdata()[0] for line in first.lines], (2.1, 2.3))
    occlusion = others[2].images[1]
    assert occlusion.get_clim()[0] == -occlusion.get_clim()[1]  # white is zero


def test_it_can_be_read_without_the_papers(level_db, maps):
    figure = explanation_figure(level_db, maps, emotion="sad", title="a voice", **SOUND)
    panels = [axes for axes in figure.axes if axes.images]
    assert [axes.texts[0].get_text() for axes in panels] == ["Mel spectrogram", "Saliency", "Grad-CAM", "Occlusion"]
    assert all(axes.get_title().endswith(".") for axes in panels)  # a sentence under each
    assert all("sad" in axes.get_title() for axes in panels[1:])
    assert all((axes.get_xlabel(), axes.get_ylabel()) == ("time (s)", "frequency (Hz)") for axes in panels)
    bars = [axes.get_ylabel() for axes in figure.axes if axes not in panels]
    assert len(bars) == 4
    assert all("(" in bar for bar in bars)  # each with its unit
    plain = explanation_figure(level_db, maps, emotion="sad", has_frequencies=False, title="a voice", **SOUND)
    assert plain.get_suptitle().endswith("its maps tell moments, not frequencies.")


def test_empty_maps_and_columns(level_db, maps):
    nothing = {"Grad-CAM": np.zeros((20, 40))}
    figure = explanation_figure(level_db, nothing, emotion="sad", n_columns=1, **SOUND)
    figure.draw_without_rendering()
    assert figure.get_size_inches()[1] > figure.get_size_inches()[0]
    assert explanation_figure(level_db, {}, emotion="sad", n_columns=1, **SOUND).axes


def test_maps_are_checked(level_db, maps):
    for bad in ({"lime": level_db}, {"saliency": level_db[:, 1:]}):
        with pytest.raises(
            ValueError, match=r"maps: expected some of saliency, Grad-CAM, occlusion of shape \(20, 40\)"
        ):
            explanation_figure(level_db, bad, emotion="sad", **SOUND)
