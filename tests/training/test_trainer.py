import itertools

import numpy as np
import pytest

from minser import nn
from minser.recipes import Training
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


class StopError(Exception):
    """Raised between two steps."""


def from_step(trainer):
    """Return the function that gives the batches which the trainer has not seen."""
    return lambda epoch: itertools.islice(make_batches(epoch), trainer.step, None)


def run(trainer):
    while not trainer.is_finished:
        trainer.run_epoch(from_step(trainer), make_batches)
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
    settings = {
        "schedule": schedule,
        "weight_decay": 0.01,
        "l2": 1e-3,
        "label_smoothing": 0.1,
        "plateau_patience": 0,
    }
    whole = run(make_trainer(**settings))
    half = make_trainer(**settings)
    for _ in range(stop):
        half.run_epoch(make_batches, make_batches)
    saved = {name: array.copy() for name, array in half.arrays().items()}
    resumed = make_trainer(seed=99, **settings)
    resumed.restore(saved, half.history)
    assert_same(run(resumed), whole)


@pytest.mark.parametrize("stop", range(1, N_CLIPS // BATCH + 1))
def test_a_run_stopped_between_two_steps_is_the_run_that_was_not(stop):
    settings = {"schedule": "cosine", "l2": 1e-3}
    whole, half = run(make_trainer(**settings)), make_trainer(**settings)
    half.run_epoch(make_batches, make_batches)

    def on_step(*_):
        if half.step == stop:
            raise StopError

    with pytest.raises(StopError):
        half.run_epoch(make_batches, make_batches, on_step=on_step)
    saved = {name: array.copy() for name, array in half.arrays().items()}
    resumed = make_trainer(seed=99, **settings)
    resumed.restore(saved, half.history, step=half.step, sums=half.sums)
    assert resumed.step == stop
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
    free, held = run(make_trainer()), run(make_trainer(l2=0.3))
    for name in ("conv.weight", "logits.weight"):
        assert np.square(held.model.params[name]).sum() < 0.5 * np.square(free.model.params[name]).sum()
    assert held.penalised == ["conv.weight", "logits.weight"]


def broken(*numbers, value=np.nan):
    """Return the function that gives an epoch's batches, a sample of some of them spoiled."""

    def batches(epoch):
        for number, (x, y, chosen) in enumerate(make_batches(epoch)):
            x = x.copy()
            if number in numbers:
                x[3, 0, 0, 0] = value
            yield x, y, chosen

    return batches


def test_a_loss_that_is_no_number_stops_the_run_and_nothing_has_changed():
    trainer = make_trainer()
    spoiled = list(make_batches(1))[1][2][3]
    before = {}

    def on_step(*_):
        before.update({name: array.copy() for name, array in trainer.arrays().items()})

    with pytest.raises(FloatingPointError) as caught:
        trainer.run_epoch(broken(1), make_batches, on_step=on_step, name_of=lambda i: f"clip{i}")
    assert "epoch 1, step 2: the loss is nan, already the input is not finite" in str(caught.value)
    assert f"; clips clip{spoiled};" in str(caught.value)
    for name, array in trainer.arrays().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)


def test_the_layer_is_named():
    trainer = make_trainer()
    trainer.model.params["norm.gamma"][0] = np.inf
    with pytest.raises(FloatingPointError, match=r"first in layer norm; clips .* and 1 more"):
        trainer.run_epoch(make_batches, make_batches)


def test_a_gradient_that_is_no_number_is_named():
    trainer = make_trainer()
    layer, backward = trainer.model.layers["norm"], trainer.model.layers["norm"].backward

    def overflow(grad, *, need_input=True):
        grad_input = backward(grad, need_input=need_input)
        layer.grads["gamma"][1] = np.inf
        return grad_input

    layer.backward = overflow
    with pytest.raises(FloatingPointError, match=r"step 1: the gradient of norm\.gamma is not finite"):
        trainer.run_epoch(make_batches, make_batches)


def test_skipping_is_as_if_the_batch_had_not_been_there():
    told = []
    skipping = make_trainer(epochs=2)
    while not skipping.is_finished:
        skipping.run_epoch(broken(1), make_batches, on_nan=told.append)
    assert [text.partition(":")[0] for text in told] == ["epoch 1, step 2", "epoch 2, step 2"]
    without = make_trainer(epochs=2)
    step = without._step

    def only_others(x, y, chosen, **place):
        if place["step"] == 1:
            raise FloatingPointError
        return step(x, y, chosen, **place)

    without._step = only_others
    while not without.is_finished:
        without.run_epoch(make_batches, make_batches, on_nan=lambda _: None)
    assert_same(skipping, without)
    with pytest.raises(FloatingPointError, match="epoch 1: no batch had a finite loss"):
        make_trainer().run_epoch(broken(0, 1, 2), make_batches, on_nan=lambda _: None)


def test_a_validation_loss_that_is_no_number_stops_the_run():
    with pytest.raises(FloatingPointError, match="epoch 1: the validation loss is nan"):
        make_trainer().run_epoch(make_batches, lambda: broken(0)(0))
