import numpy as np
import pytest

from minser import plots

CUTS = {30: (0.1, 1.9), 25: (0.2, 1.8), 20: (0.4, 1.2)}


def test_each_clip_has_its_waveform_above_its_spectrogram(figures, waveforms, mels_db):
    panels = figures["clips"].axes
    above = [axes for axes in panels if axes.lines and axes.get_visible()]
    below = [axes for axes in panels if axes.images and axes.get_visible()]
    low, high = min(map(np.min, mels_db)), max(map(np.max, mels_db))
    for axes, image, waveform, mel_db in zip(above, below, waveforms, mels_db, strict=True):
        np.testing.assert_array_equal(axes.lines[0].get_ydata(), waveform)
        np.testing.assert_array_equal(image.images[0].get_array(), mel_db)
        assert image.images[0].get_clim() == (low, high)
        assert axes.get_position().x0 == image.get_position().x0
        assert axes.get_position().y0 > image.get_position().y0
        assert axes.get_xlim() == image.get_xlim() == (0, 120 * 512 / 22050)
        np.testing.assert_allclose(axes.get_ylim()[1], 1.05 * np.abs(waveforms[0]).max())  # the loudest one's


def test_there_is_a_name_for_each_clip(waveforms, mels_db):
    with pytest.raises(ValueError, match="expected one name for each clip, got 1 for 6, 6"):
        plots.side_by_side(
            waveforms,
            mels_db,
            ["noise"],
            sr=22050,
            hop_length=512,
            frequencies_hz=np.arange(40),
            amplitude_label="",
            level_label="",
            title="",
        )


def test_cuts_stand_at_their_seconds_and_thresholds_at_their_levels(waveforms, mels_db):
    figure = plots.cuts_figure(waveforms[0], mels_db[0][0], CUTS, sr=22050, hop_length=512, title="noise")
    above, below = figure.axes
    np.testing.assert_array_equal(above.lines[0].get_ydata(), waveforms[0])
    np.testing.assert_allclose(below.lines[0].get_xdata(), np.arange(90) * 512 / 22050)
    assert [line.get_xdata()[0] for line in above.lines[1:]] == [0.1, 1.9, 0.2, 1.8, 0.4, 1.2]
    assert [line.get_ydata()[0] for line in below.lines[3::3]] == [-30, -25, -20]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "30 dB: 1.80 s kept", "25 dB: 1.60 s kept", "20 dB: 0.80 s kept",
    ]  # fmt: skip
