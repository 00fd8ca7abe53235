import numpy as np
import pytest

from minser import plots

NAMES = ("neutral", "calm", "happy", "sad", "angry", "fearful")


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
    assert [line.get_label() for line in axes.lines] == ["mean (UAR): 75.0 %", "chance: 50.0 %"]
    assert axes.yaxis_inverted()  # the first class on top


def test_scores_are_checked():
    with pytest.raises(ValueError, match=r"names: expected one per class of confusion \(2, 2\), got 6"):
        plots.confusion_figure(np.eye(2, dtype=int), NAMES)
