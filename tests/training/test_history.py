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
    settings = Training(lr=0.8, plateau_patience=1, min_lr=0.3)
    assert history.plateau_lr([], settings) == 0.8
    assert history.plateau_lr(rows(1.0, 1.0), settings) == 0.8
    assert history.plateau_lr(rows(1.0, 1.0, 1.0), settings) == 0.4
    assert history.plateau_lr(rows(1.0, 1.0, 1.0, 1.0, 1.0), settings) == 0.3


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
