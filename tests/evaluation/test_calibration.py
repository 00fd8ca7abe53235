"""Calibration: a planted temperature, torch's optimiser, a case counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.evaluation.calibration import (
    calibrate,
    expected_calibration_error,
    fit_temperature,
    with_temperature,
)
from minser.evaluation.metrics import log_loss
from minser.nn import log_softmax


def drawn(rng, *, temperature, n_clips=20_000, n_classes=8):
    """Return the probabilities of a network that is wrong by a temperature, and classes drawn from the true ones."""
    logits = 2 * rng.standard_normal((n_clips, n_classes))
    true = np.exp(log_softmax(logits))
    y_true = (rng.random((n_clips, 1)) > true.cumsum(axis=1)).sum(axis=1).clip(max=n_classes - 1)
    return np.exp(log_softmax(temperature * logits)), y_true


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_a_planted_temperature_is_found(rng, temperature):
    probs, y_true = drawn(rng, temperature=temperature)
    found = fit_temperature(probs, y_true)
    assert found == pytest.approx(temperature, rel=0.03)  # 20,000 clips
    after = with_temperature(probs, found)
    assert expected_calibration_error(y_true, after) < 0.015
    assert log_loss(y_true, after) <= log_loss(y_true, probs)
    np.testing.assert_array_equal(after.argmax(axis=1), probs.argmax(axis=1))


def test_no_temperature_nearby_is_better(rng):
    probs, y_true = drawn(rng, temperature=3, n_clips=300)
    found = fit_temperature(probs, y_true)
    losses = [log_loss(y_true, with_temperature(probs, found * factor)) for factor in (0.999, 1, 1.001)]
    assert losses[1] == min(losses)


def test_torch_finds_the_same(rng):
    torch = pytest.importorskip("torch")
    probs, y_true = drawn(rng, temperature=1.8, n_clips=500)
    logits, target = torch.tensor(np.log(probs)), torch.tensor(y_true)
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_temperature], max_iter=200, tolerance_grad=1e-12, tolerance_change=1e-16)

    def closure():
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(logits / log_temperature.exp(), target)
        loss.backward()
        return loss

    optimiser.step(closure)
    # LBFGS stops where the loss no longer changes in float64: its square root is left of the argument
    assert fit_temperature(probs, y_true) == pytest.approx(log_temperature.exp().item(), rel=1e-6)


def test_stored_zeros_count_as_very_small(rng):
    probs, y_true = drawn(rng, temperature=40, n_clips=2000)
    stored = probs.astype(np.float32)
    assert (stored == 0).any()
    assert np.isfinite(with_temperature(stored, 40)).all()
    assert 1 < fit_temperature(stored, y_true) < 100


@given(st.floats(1, 20), st.integers(0, 100))
def test_a_temperature_and_its_inverse_give_back_the_probabilities(temperature, seed):
    probs = np.random.default_rng(seed).dirichlet(np.ones(5), size=7)
    there = with_temperature(probs, temperature)
    # float64: logarithms up to about 10, divided and multiplied by up to 20
    np.testing.assert_allclose(with_temperature(there, 1 / temperature), probs, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(with_temperature(probs, 1), probs, rtol=1e-12)


def test_the_error_of_a_case_counted_by_hand():
    probs = [[0.9, 0.1], [0.91, 0.09], [0.65, 0.35], [0.34, 0.66], [0.55, 0.45]]
    y_true = [0, 1, 0, 0, 1]
    # the bins end at multiples of 1/15: 0.5333 to 0.6 holds 0.55; to 0.6667 0.65 and 0.66; to 0.9333 0.9 and 0.91
    gaps = [1 * abs(0 - 0.55), 2 * abs(1 / 2 - 0.655), 2 * abs(1 / 2 - 0.905)]
    assert expected_calibration_error(y_true, probs) == pytest.approx(sum(gaps) / 5)


def test_a_bin_is_closed_at_its_upper_end():
    # 0.6 = 9/15 belongs to the bin of 0.55, where right and wrong make up for each other; apart they would not
    assert expected_calibration_error([0, 1], [[0.6, 0.4], [0.55, 0.45]]) == pytest.approx(abs(1 - 1.15) / 2)


def test_what_is_always_right_and_sure_has_no_error():
    assert expected_calibration_error([0, 1, 2], np.eye(3)) == 0
    assert expected_calibration_error([1, 2, 0], np.eye(3)) == 1


def test_what_it_is_worth_is_measured_on_other_folds(rng):
    probs, y_true = drawn(rng, temperature=2, n_clips=900)
    folds = np.arange(900) % 3
    found = calibrate(probs, y_true, folds=folds)
    assert found.temperature == fit_temperature(probs, y_true)
    assert found.error[0] == expected_calibration_error(y_true, probs)
    assert found.log_loss[0] == log_loss(y_true, probs)
    losses = [
        log_loss(
            y_true[folds == k],
            with_temperature(probs[folds == k], fit_temperature(probs[folds != k], y_true[folds != k])),
        )
        for k in range(3)
    ]
    assert found.log_loss[1] == pytest.approx(np.mean(losses))  # 300 clips each
    assert found.log_loss[1] < found.log_loss[0]
    assert found.error[1] < found.error[0]


def test_without_a_best_temperature_there_is_an_error():
    sure = np.array([[0.9, 0.1], [0.2, 0.8]])
    with pytest.raises(ValueError, match=r"^probs: no temperature from 0.01 to 100 calibrates these 2 predictions"):
        fit_temperature(sure, [0, 1])
    with pytest.raises(ValueError, match="say nothing of the true classes"):
        fit_temperature(sure, [1, 0])
    with pytest.raises(ValueError, match="no temperature"):
        fit_temperature(np.full((4, 2), 0.5), [0, 1, 0, 1])


@pytest.mark.parametrize(
    "function", [lambda p, y: fit_temperature(p, y), lambda p, y: expected_calibration_error(y, p)]
)
@pytest.mark.parametrize(
    ("probs", "y_true", "message"),
    [
        ([[0.5, 0.6]], [0], "probs: expected probabilities"),
        ([[np.nan, 0.5]], [0], "probs: expected probabilities"),
        ([[0.5, 0.5]], [2], "y_true: expected class numbers 0 to 1, got 2"),
        ([[0.5, 0.5]], [0, 1], r"probs: expected shape \(2, n_classes\)"),
        ([0.5, 0.5], [0, 1], r"probs: expected shape \(2, n_classes\)"),
        (np.empty((0, 2)), np.empty(0, int), "with at least one clip"),
    ],
)
def test_bad_input_is_refused_in_one_line(function, probs, y_true, message):
    with pytest.raises(ValueError, match=message) as raised:
        function(probs, y_true)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("folds", [[0, 0, 0], [0, 1]])
def test_folds_are_one_a_clip_and_two_at_least(folds):
    with pytest.raises(ValueError, match="folds: expected one for each of 3 clips, and at least two different ones"):
        calibrate([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3]], [0, 1, 0], folds=folds)
