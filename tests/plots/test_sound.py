import numpy as np
import pytest

from minser import plots

NAMES = ("neutral", "calm", "happy", "sad", "angry", "fearful")
MEL_HZ = np.geomspace(50, 10_500, 40)


def test_mels_share_their_axes_and_their_colours(figures, mels_db):
    panels = [axes for axes in figures["mels"].axes if axes.images and axes.get_title()]
    assert [axes.get_title() for axes in panels] == list(NAMES)
    low, high = min(map(np.min, mels_db)), max(map(np.max, mels_db))
    for axes, mel_db in zip(panels, mels_db, strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), mel_db)
        assert axes.images[0].get_clim() == (low, high)
        assert axes.get_xlim() == (0, 120 * 512 / 22050)
    assert figures["mels"].get_supxlabel() == "time (s)"
    assert figures["mels"].get_supylabel() == "frequency (Hz)"
    assert figures["mels"].axes[-1].get_ylabel() == "level (dB)"


def test_frames_stand_at_their_times_and_labels_at_their_frequencies(figures):
    axes = figures["spectrogram"].axes[0]
    left, right, bottom, top = axes.images[0].get_extent()
    frame_s = 512 / 22050
    np.testing.assert_allclose((left, right), (-frame_s / 2, 89.5 * frame_s))  # frame i is centred at i * hop
    assert (bottom, top) == (-0.5, 39.5)
    for row, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True):
        np.testing.assert_allclose(np.interp(row, np.arange(40), MEL_HZ), float(label.get_text()), rtol=1e-12)
    gaps = -np.diff(axes.get_yticks())
    assert gaps.size >= 3
    assert gaps.min() >= 40 / 12


def test_waveform_is_drawn_against_seconds(figures, tone):
    line = figures["waveform"].axes[0].lines[0]
    np.testing.assert_array_equal(line.get_ydata(), tone)
    np.testing.assert_allclose(line.get_xdata()[[0, -1]], [0, (tone.size - 1) / 22050])


def test_sounds_are_checked(mels_db):
    with pytest.raises(ValueError, match="names: expected one per spectrogram, got 5 for 6"):
        plots.mel_per_emotion(mels_db, NAMES[:5], sr=22050, hop_length=512, mel_frequencies_hz=MEL_HZ)
    with pytest.raises(ValueError, match=r"frequencies: expected one per row of a spectrogram \(40, 90\), got 39"):
        plots.spectrogram(mels_db[0], sr=22050, hop_length=512, frequencies_hz=MEL_HZ[1:])
    with pytest.raises(ValueError, match=r"samples: expected shape \(n_samples,\), got \(2, 3\)"):
        plots.waveform(np.zeros((2, 3)), sr=22050)
