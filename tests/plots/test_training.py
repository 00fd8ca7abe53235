import numpy as np
import pytest

from minser import plots


def lines_of(axes):
    """Return the drawn values of each labelled line."""
    return {line.get_label(): line.get_ydata() for line in axes.lines}


def test_curves_hold_the_history_and_mark_the_best_epoch(history):
    loss, share, lr = plots.training_curves(history, best_epoch=4).axes
    np.testing.assert_array_equal(lines_of(loss)["training"], history["train_loss"])
    np.testing.assert_array_equal(lines_of(loss)["validation"], history["val_loss"])
    np.testing.assert_allclose(lines_of(share)["training"], 100 * np.array(history["train_accuracy"]))
    np.testing.assert_allclose(lines_of(share)["validation"], 100 * np.array(history["val_accuracy"]))
    np.testing.assert_allclose(lines_of(share)["validation UAR"], 100 * np.array(history["val_uar"]))
    np.testing.assert_array_equal(lr.lines[0].get_ydata(), history["lr"])
    for axes in (loss, share, lr):
        assert axes.get_xlabel() == "epoch"
        assert list(axes.lines[-1].get_xdata()) == [4, 4]
    assert "epoch kept (4)" in lines_of(loss)


def test_without_validation_only_training_is_drawn(history):
    history |= {name: [float("nan")] * 5 for name in history if name.startswith("val")}
    loss, share, _ = plots.training_curves(history, best_epoch=4).axes
    assert list(lines_of(loss)) == list(lines_of(share)) == ["training", "epoch kept (4)"]


def test_a_single_epoch_is_a_point_that_can_be_seen(history):
    figure = plots.training_curves({name: column[:1] for name, column in history.items()}, best_epoch=1)
    assert figure.axes[0].lines[0].get_marker() == "o"


def test_a_history_without_an_epoch_is_refused(history):
    with pytest.raises(ValueError, match="history: expected one epoch or more, got none"):
        plots.training_curves({name: [] for name in history}, best_epoch=1)
