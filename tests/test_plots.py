"""Figures hold the numbers they were given, name their axes, and come out as the same bytes every time."""

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from minser import plots

NAMES = ("neutral", "calm", "happy", "sad", "angry", "fearful")
MEL_HZ = np.geomspace(50, 10_500, 40)


@pytest.fixture
def history():
    """Five epochs; validation is best in the fourth."""
    return {
        "epoch": [1, 2, 3, 4, 5],
        "train_loss": [2.0, 1.5, 1.2, 1.0, 0.9],
        "val_loss": [2.0, 1.7, 1.5, 1.4, 1.5],
        "train_accuracy": [0.2, 0.4, 0.6, 0.7, 0.8],
        "val_accuracy": [0.2, 0.35, 0.5, 0.6, 0.58],
        "val_uar": [0.2, 0.3, 0.5, 0.59, 0.57],
        "lr": [1e-3, 1e-3, 1e-3, 5e-4, 5e-4],
    }


@pytest.fixture
def mels_db(rng):
    return [rng.uniform(-80, 0, size=(40, n_frames)) for n_frames in (90, 120, 60, 100, 80, 110)]


@pytest.fixture
def figures(history, mels_db, rng, tone):
    """One figure of every kind."""
    confusion = rng.integers(0, 20, size=(6, 6))
    return {
        "curves": plots.training_curves(history),
        "confusion": plots.confusion_figure(confusion, NAMES),
        "bars": plots.per_class_accuracy(rng.random(6), NAMES, np.full(6, 20)),
        "mels": plots.mel_per_emotion(mels_db, NAMES, sr=22050, hop_length=512, mel_frequencies_hz=MEL_HZ),
        "spectrogram": plots.spectrogram(mels_db[0], sr=22050, hop_length=512, frequencies_hz=MEL_HZ),
        "waveform": plots.waveform(tone, sr=22050, title="a tone"),
    }


def lines_of(axes):
    """Return the drawn values of each labelled line."""
    return {line.get_label(): line.get_ydata() for line in axes.lines}


def test_curves_hold_the_history_and_mark_the_best_epoch(history):
    loss, share, lr = plots.training_curves(history).axes
    np.testing.assert_array_equal(lines_of(loss)["training"], history["train_loss"])
    np.testing.assert_array_equal(lines_of(loss)["validation"], history["val_loss"])
    np.testing.assert_allclose(lines_of(share)["training"], 100 * np.array(history["train_accuracy"]))
    np.testing.assert_allclose(lines_of(share)["validation"], 100 * np.array(history["val_accuracy"]))
    np.testing.assert_allclose(lines_of(share)["validation UAR"], 100 * np.array(history["val_uar"]))
    np.testing.assert_array_equal(lr.lines[0].get_ydata(), history["lr"])
    for axes in (loss, share, lr):
        assert axes.get_xlabel() == "epoch"
        assert list(axes.lines[-1].get_xdata()) == [4, 4]
    assert "best epoch (4)" in lines_of(loss)


def test_the_epoch_that_was_kept_may_be_another(history):
    assert "best epoch (2)" in lines_of(plots.training_curves(history, best_epoch=2).axes[0])


def test_without_validation_only_training_is_drawn(history):
    history |= {name: [float("nan")] * 5 for name in history if name.startswith("val")}
    loss, share, _ = plots.training_curves(history).axes
    assert list(lines_of(loss)) == list(lines_of(share)) == ["training"]


def test_a_single_epoch_is_a_point_that_can_be_seen(history):
    figure = plots.training_curves({name: column[:1] for name, column in history.items()})
    assert figure.axes[0].lines[0].get_marker() == "o"


def test_confusion_panels_are_counts_and_percent_of_the_true_class():
    confusion = np.array([[3, 1, 0], [0, 5, 0], [0, 0, 0]])
    counts, percent = plots.confusion_figure(confusion, NAMES[:3]).axes
    np.testing.assert_array_equal(counts.images[0].get_array(), confusion)
    shown = np.ma.filled(percent.images[0].get_array(), np.nan)  # the class without clips is masked
    np.testing.assert_array_equal(shown, [[75, 25, 0], [0, 100, 0], [np.nan, np.nan, np.nan]])
    assert [text.get_text() for text in counts.texts] == [str(n) for n in confusion.ravel()]
    assert [text.get_text() for text in percent.texts] == ["75", "25", "0", "0", "100", "0"]
    for axes in (counts, percent):
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
        assert [label.get_text() for label in axes.get_yticklabels()] == list(NAMES[:3])


def test_bars_show_recall_support_mean_and_chance():
    figure = plots.per_class_accuracy([0.5, 1.0, 0.0], NAMES[:3], [10, 4, 0])
    axes = figure.axes[0]
    assert [bar.get_width() for bar in axes.patches] == [50, 100, 0]
    assert [text.get_text() for text in axes.texts] == ["50 % of 10", "100 % of 4", "no clips"]
    # the class without clips counts neither in the mean nor in chance
    assert list(lines_of(axes)) == ["mean (UAR): 75.0 %", "chance: 50.0 %"]
    assert axes.yaxis_inverted()  # the first class on top


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


def test_axes_are_labelled(figures):
    for kind, figure in figures.items():
        for axes in figure.axes:
            is_colour_bar = axes.get_ylabel() == "level (dB)"
            assert axes.get_xlabel() or is_colour_bar or figure.get_supxlabel()
            assert axes.get_ylabel() or figure.get_supylabel() or kind == "bars"  # classes speak for themselves


def test_no_two_texts_of_one_axis_touch(figures):
    for figure in figures.values():
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)  # lays out
        for axes in figure.axes:
            for texts in (axes.get_xticklabels(), axes.get_yticklabels(), axes.texts):
                boxes = [text.get_tightbbox(renderer) for text in texts if text.get_text()]
                if any(text.get_rotation() for text in texts):  # slanted names: upright boxes say nothing
                    continue
                assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_equal_figures_are_equal_bytes_without_clock_or_version(history, tmp_path):
    first, second = tmp_path / "first.png", tmp_path / "second.tmp"  # any name: always PNG
    for path in (first, second):
        plots.save(plots.training_curves(history), path)
    content = first.read_bytes()
    assert content == second.read_bytes()
    assert content.startswith(b"\x89PNG")
    for word in (b"Software", b"matplotlib", b"Creation", b"tIME"):
        assert word not in content


def test_arguments_are_checked(history, mels_db):
    with pytest.raises(ValueError, match="history: expected a column 'lr', got epoch"):
        plots.training_curves({name: column for name, column in history.items() if name != "lr"})
    with pytest.raises(ValueError, match=r"history: expected a value of val_loss per epoch, got shape \(2,\)"):
        plots.training_curves(history | {"val_loss": [1.0, 2.0]})
    with pytest.raises(ValueError, match=r"history: expected a value of epoch per epoch, got shape \(0,\)"):
        plots.training_curves({name: [] for name in history})
    with pytest.raises(ValueError, match=r"names: expected one per class of confusion \(2, 2\), got 6"):
        plots.confusion_figure(np.eye(2, dtype=int), NAMES)
    with pytest.raises(ValueError, match=r"recalls, supports: expected one per name, \(6,\), got \(6,\) and \(1,\)"):
        plots.per_class_accuracy(np.ones(6), NAMES, [1])
    with pytest.raises(ValueError, match="supports: expected a class with clips"):
        plots.per_class_accuracy(np.ones(6), NAMES, np.zeros(6, dtype=int))
    with pytest.raises(ValueError, match="names: expected one per spectrogram, got 5 for 6"):
        plots.mel_per_emotion(mels_db, NAMES[:5], sr=22050, hop_length=512, mel_frequencies_hz=MEL_HZ)
    with pytest.raises(ValueError, match=r"frequencies: expected one per row of a spectrogram \(40, 90\), got 39"):
        plots.spectrogram(mels_db[0], sr=22050, hop_length=512, frequencies_hz=MEL_HZ[1:])
    with pytest.raises(ValueError, match=r"samples: expected shape \(n_samples,\), got \(2, 3\)"):
        plots.waveform(np.zeros((2, 3)), sr=22050)


def test_pyplot_is_never_loaded_and_evaluation_needs_no_matplotlib():
    script = (
        "import sys, numpy, minser.evaluation\n"
        "assert 'matplotlib' not in sys.modules\n"
        "from minser import plots\n"
        "import io\n"
        "plots.save(plots.waveform(numpy.zeros(9), sr=8), io.BytesIO())\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
