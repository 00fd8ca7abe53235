import numpy as np

from minser import plots


def test_both_spectra_and_their_distance_are_drawn_and_its_top_is_named(tables):
    spectra, distance = tables["spectrum_db"]["speech"], tables["angry_minus_sad"]["speech"]
    figure = plots.spectra_figure(tables["mel_centres_hz"], spectra, ("angry", "sad"), distance, title="Spectrum")
    left, right = figure.axes
    for line, emotion in zip(left.lines, ("angry", "sad"), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), tables["mel_centres_hz"])
        np.testing.assert_array_equal(line.get_ydata(), spectra[emotion]["median"])
        assert line.get_label() == emotion
    np.testing.assert_array_equal(right.lines[0].get_ydata(), distance["bands_db"])
    np.testing.assert_array_equal(right.lines[1].get_ydata(), [distance["mean_db"]] * 2)
    assert (
        right.get_title()
        == f"Angry minus sad: most {distance['highest_db']:+.0f} dB at {distance['highest_hz']:.0f} Hz"
    )
    assert (right.get_xlabel(), right.get_ylabel()) == ("frequency (Hz)", "angry minus sad (dB)")
    assert [label.get_text() for label in left.get_xticklabels()][:3] == ["100", "200", "500"]
