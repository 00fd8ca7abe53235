import numpy as np
import pytest

from minser import nn
from minser.config import Training
from minser.training.trainer import Trainer

N_CLIPS, BATCH = 24, 8


def make_trainer(seed=0, **settings):
    rng = np.random.default_rng(seed)
    model = nn.Sequential(
        {
            "conv": nn.Conv2d(1, 4, kernel_size=3, padding=1, rng=rng),
            "norm": nn.BatchNorm(4),
            "relu": nn.ReLU(),
            "pool": nn.GlobalAveragePool(),
            "drop": nn.Dropout(0.2),
            "logits": nn.Dense(4, 3, rng=rng),
        }
    )
    chosen = {"epochs": 4, "batch_size": BATCH, "lr": 0.02, "select": "val_loss"} | settings
    return Trainer(model, Training(**chosen), steps_per_epoch=N_CLIPS // BATCH)


def make_batches(epoch=0):
    """Three classes of stripes: easy to tell apart, in another order in each epoch."""
    rng = np.random.default_rng(5)
    y = np.arange(N_CLIPS) % 3
    waves = np.sin(np.arange(8) * (y[:, None] + 1.0))[:, :, None, None]
    x = (waves + 0.1 * rng.standard_normal((N_CLIPS, 8, 8, 1))).astype(np.float32)
    order = np.random.default_rng([7, epoch]).permutation(N_CLIPS)
    for start in range(0, N_CLIPS, BATCH):
        chosen = order[start : start + BATCH]
        yield x[chosen], y[chosen], chosen


def run(trainer):
    while not trainer.is_finished:
        trainer.run_epoch(make_batches, make_batches)
    return trainer


def assert_same(first, second):
    assert first.history == second.history
    for name, array in first.arrays().items():
        np.testing.assert_array_equal(array, second.arrays()[name], err_msg=name)


@pytest.mark.parametrize("schedule", ["constant", "plateau", "cosine"])
def test_it_learns_and_repeats_itself_bit_for_bit(schedule):
    first, second = (run(make_trainer(schedule=schedule, epochs=12)) for _ in range(2))
    assert first.history[-1]["val_loss"] < first.history[0]["val_loss"] - 0.2
    assert_same(first, second)


@pytest.mark.parametrize("schedule", ["constant", "plateau", "cosine"])
@pytest.mark.parametrize("stop", [1, 3])
def test_a_restored_run_is_the_run_that_was_not_stopped(schedule, stop):
    settings = {"schedule": schedule, "weight_decay": 0.01, "l2": 1e-3, "label_smoothing": 0.1, "plateau_patience": 0}
    whole = run(make_trainer(**settings))
    half = make_trainer(**settings)
    for _ in range(stop):
        half.run_epoch(make_batches, make_batches)
    saved = {name: array.copy() for name, array in half.arrays().items()}
    resumed = make_trainer(seed=99, **settings)
    resumed.restore(saved, half.history)
    assert_same(run(resumed), whole)


def test_restore_refuses_another_model():
    trainer = make_trainer()
    arrays = {name: array.copy() for name, array in trainer.arrays().items()}
    with pytest.raises(ValueError, match=r"model\.conv\.bias"):
        trainer.restore({name: array for name, array in arrays.items() if name != "model.conv.bias"}, [])
    arrays["model.conv.bias"] = np.zeros(5)
    with pytest.raises(ValueError, match=r"\(5,\), expected \(4,\)"):
        trainer.restore(arrays, [])


def test_early_stopping_waits_for_patience():
    trainer = run(make_trainer(epochs=50, patience=3, lr=0.5))
    assert len(trainer.history) - trainer.best_epoch == 3


def test_l2_pulls_the_weights_of_convolution_and_dense_down():
    free, held = run(make_trainer()), run(make_trainer(l2=0.1))
    for name in ("conv.weight", "logits.weight"):
        assert np.square(held.model.params[name]).sum() < 0.5 * np.square(free.model.params[name]).sum()
    assert held.penalised == ["conv.weight", "logits.weight"]


def test_a_loss_that_is_no_number_stops_the_run():
    trainer = make_trainer()

    def broken(epoch):
        for x, y, chosen in make_batches(epoch):
            yield np.full_like(x, np.nan), y, chosen

    with pytest.raises(FloatingPointError, match="epoch 1, step 1"):
        trainer.run_epoch(broken, make_batches)


def test_unknown_schedule_is_refused():
    with pytest.raises(ValueError, match=r"training\.schedule"):
        make_trainer(schedule="linear")
