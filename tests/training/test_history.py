import csv
import io

import pytest

from minser.recipes import Training
from minser.training import history


def rows(*val_losses, val_uars=None):
    uars = val_uars or [0.5] * len(val_losses)
    return [
        {
            "epoch": i,
            "train_loss": 1.0,
            "val_loss": loss,
            "train_accuracy": 0.1,
            "val_accuracy": 0.2,
            "val_uar": uar,
            "lr": 1e-3,
        }
        for i, (loss, uar) in enumerate(zip(val_losses, uars, strict=True), 1)
    ]


def test_best_epoch_is_the_first_of_equal_ones():
    past = rows(3.0, 1.0, 1.0, 2.0, val_uars=[0.1, 0.3, 0.4, 0.4])
    assert history.best_epoch(past, "val_loss") == 2
    assert history.best_epoch(past, "val_uar") == 3
    assert history.best_epoch(past, "last") == 4


def test_an_empty_history_is_refused():
    with pytest.raises(ValueError, match="empty"):
        history.best_epoch([], "last")


def test_patience_counts_epochs_since_the_best():
    settings = Training(epochs=10, patience=2, select="val_loss")
    assert not history.is_finished([], settings)
    assert not history.is_finished(rows(1.0, 2.0), settings)
    assert history.is_finished(rows(1.0, 2.0, 2.0), settings)
    assert not history.is_finished(rows(1.0, 2.0, 0.5), settings)
    assert history.is_finished(rows(*range(10, 0, -1)), settings)


def test_plateau_rate_follows_from_the_losses():
    settings = Training(lr=0.8, plateau_patience=2, min_lr=0.3)
    assert history.plateau_lr([], settings) == 0.8
    assert history.plateau_lr(rows(1.0, 1.0), settings) == 0.8
    assert history.plateau_lr(rows(1.0, 1.0, 1.0), settings) == 0.4
    assert history.plateau_lr(rows(1.0, 1.0, 1.0, 1.0, 1.0), settings) == 0.3


def told_to_keras(kind, losses, **options):
    """Tell one of Keras's callbacks of an epoch's loss after the other, and yield the model that it steers."""
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.8), "mse")
    callback = getattr(keras.callbacks, kind)(monitor="val_loss", **options)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        yield model, callback


LOSSES = [
    [1.0] * 12,
    [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0],
    [3.0, 2.0, 2.0, 2.5, 1.0, 1.5, 1.5, 1.5, 1.5, 1.5, 0.5, 0.5, 0.6, 0.5, 0.5],
    [1.0, 2.0, 1.0, 2.0, 0.9, 2.0, 2.0, 2.0, 0.9, 0.8, 3.0, 3.0, 3.0, 3.0, 3.0],
]


@pytest.mark.slow
@pytest.mark.parametrize("losses", LOSSES)
@pytest.mark.parametrize("patience", range(7))
def test_the_plateau_rate_is_keras_s_after_each_epoch(losses, patience):
    settings = Training(schedule="plateau", lr=0.8, plateau_patience=patience, min_lr=0.1)
    told = told_to_keras("ReduceLROnPlateau", losses, factor=0.5, patience=patience, min_lr=0.1, min_delta=0)
    for n, (model, _) in enumerate(told, 1):
        rate = float(model.optimizer.learning_rate)
        assert history.plateau_lr(rows(*losses[:n]), settings) == pytest.approx(rate, rel=1e-6)  # Keras's is a float32


@pytest.mark.slow
@pytest.mark.parametrize("losses", LOSSES)
@pytest.mark.parametrize("patience", range(1, 7))  # 0 stops Keras at the first epoch without gain, and minser never
def test_training_stops_with_keras_s_early_stopping_and_keeps_the_epoch_that_it_restores(losses, patience):
    settings = Training(epochs=100, patience=patience, select="val_loss")
    told = told_to_keras("EarlyStopping", losses, patience=patience, restore_best_weights=True)
    for n, (model, callback) in enumerate(told, 1):
        past = rows(*losses[:n])
        assert history.is_finished(past, settings) == bool(model.stop_training)
        assert history.best_epoch(past, settings.select) == callback.best_epoch + 1  # Keras counts from 0
        if model.stop_training:
            break


def test_csv_gives_back_the_same_numbers():
    past = rows(1 / 3, 0.1 + 0.2)
    read = list(csv.DictReader(io.StringIO(history.to_csv(past))))
    assert [{name: float(value) for name, value in row.items()} for row in read] == past
    assert read[0]["epoch"] == "1"
    assert history.from_csv(history.to_csv(past)) == {name: [row[name] for row in past] for name in history.COLUMNS}


@pytest.mark.parametrize("text", ["", "epoch\n1\n", history.to_csv(rows(1.0))[:-5] + "x", "\0", '"'])
def test_a_damaged_table_is_refused(text):
    if text:
        with pytest.raises(ValueError, match=r"history\.csv: expected numbers"):
            history.from_csv(text + "\n1")
