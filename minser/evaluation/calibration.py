"""Whether a network is right as often as its probabilities say, and the one number that mends it.

A trained network is often too sure of itself: of the clips that it answers with 90 % fewer than nine in ten are right.
Dividing its logits by a temperature T makes it more modest (T > 1), or bolder (T < 1), and leaves its answers as they
are. T is fitted on clips that the network did not learn from (Guo et al., 2017, ICML, "On calibration of modern neural
networks").

Comes in: probabilities and true classes of out-of-fold predictions. Goes out: numbers.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minser.evaluation.metrics import log_loss

N_BINS = 15
"""Of the expected calibration error, as in Guo et al."""

N_HALVINGS = 50
"""Of the logarithm of an interval: after that its ends are equal to the last digits of a float64."""

RANGE = (0.01, 100.0)
"""Temperatures outside do not calibrate: they make every answer certain, or all of them a guess."""


class Calibration(NamedTuple):
    """A temperature, and what it changes on clips that it was not fitted on.

    Attributes
    ----------
    temperature : float
        Fitted on all predictions.
    error, log_loss : tuple of float
        Expected calibration error and log loss (nats), before and after. After: each fold by the temperature of the
        other folds.
    """

    temperature: float
    error: tuple[float, float]
    log_loss: tuple[float, float]


def calibrate(probs: ArrayLike, y_true: ArrayLike, *, folds: ArrayLike) -> Calibration:
    """Fit the temperature of out-of-fold predictions, and measure what it is worth.

    Parameters
    ----------
    probs : array_like of float, shape (n_clips, n_classes)
        Probabilities as the networks gave them.
    y_true : array_like of int, shape (n_clips,)
        Class numbers.
    folds : array_like of int, shape (n_clips,)
        In which fold each clip was tested.

    Raises
    ------
    ValueError
        As `fit_temperature`; or if there is only one fold.
    """
    before, true, fold_of = np.asarray(probs), np.asarray(y_true), np.asarray(folds)
    temperature = fit_temperature(before, true)
    if fold_of.shape != true.shape or len(np.unique(fold_of)) < 2:
        raise ValueError(f"folds: expected one for each of {true.size} clips, and at least two different ones")
    after = np.empty(before.shape)
    for fold in np.unique(fold_of):
        tested = fold_of == fold
        after[tested] = with_temperature(before[tested], fit_temperature(before[~tested], true[~tested]))
    error, loss = ([score(true, p) for p in (before, after)] for score in (expected_calibration_error, log_loss))
    return Calibration(temperature, (error[0], error[1]), (loss[0], loss[1]))


def fit_temperature(probs: ArrayLike, y_true: ArrayLike) -> float:
    """Return the temperature under which the true classes are likeliest (Guo et al., 2017, section 4.2).

    The logarithm of a probability is its logit up to a constant of the clip, which the softmax forgets. With b = 1 / T
    the mean negative log-likelihood is convex: its slope, the mean of E[z] - z(true class) where E is over
    softmax(b z), only rises, and the best b, where it is zero, is found by halving the interval.

    Parameters
    ----------
    probs, y_true
        As in `metrics.log_loss`.

    Raises
    ------
    ValueError
        If they are no probabilities or class numbers, or if no temperature in `RANGE` is best: all answers are right,
        or they say nothing of the true classes.
    """
    log_loss(y_true, probs)  # its checks
    logits, true = _logits(probs), np.asarray(y_true)
    of_true = logits[np.arange(true.size), true]

    def slope(inverse: float) -> float:
        return float(((_softmax(inverse * logits) * logits).sum(axis=1) - of_true).mean())

    coldest, hottest = RANGE
    low, high = 1 / hottest, 1 / coldest
    if not slope(low) < 0 < slope(high):
        raise ValueError(
            f"probs: no temperature from {coldest:g} to {hottest:g} calibrates these {true.size} predictions: they are "
            "all right, or say nothing of the true classes"
        )
    for _ in range(N_HALVINGS):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return 1 / high


def with_temperature(probs: ArrayLike, temperature: float) -> NDArray[np.float64]:
    """Return the probabilities (n_clips, n_classes) of a network whose logits are divided by a temperature."""
    return _softmax(_logits(probs) / temperature)


def expected_calibration_error(y_true: ArrayLike, probs: ArrayLike) -> float:
    """Return how far the share of right answers lies from the confidence, on average (Guo et al., 2017, equation 3).

    The confidence of an answer is its probability. Clips are sorted by it into `N_BINS` bins of equal width, each
    closed at its upper end; the gaps of the bins are weighted by their clips.

    Parameters
    ----------
    y_true, probs
        As in `metrics.log_loss`.

    Raises
    ------
    ValueError
        If they are no probabilities or class numbers.

    Examples
    --------
    >>> expected_calibration_error([0, 1, 0, 0], [[1.0, 0.0], [1.0, 0.0], [0.75, 0.25], [0.75, 0.25]])
    0.375
    """
    log_loss(y_true, probs)  # its checks
    p = np.asarray(probs, dtype=np.float64)
    confidence, is_right = p.max(axis=1), p.argmax(axis=1) == np.asarray(y_true)
    bins = np.searchsorted(np.linspace(0, 1, N_BINS + 1)[1:-1], confidence)
    gaps = np.bincount(bins, weights=is_right - confidence)  # of each bin: clips * (accuracy - confidence)
    return float(np.abs(gaps).sum() / confidence.size)


def _logits(probs: ArrayLike) -> NDArray[np.float64]:
    """Return logarithms; a stored zero was smaller than any float32, and is taken as the smallest."""
    return np.log(np.maximum(np.asarray(probs, dtype=np.float64), np.finfo(np.float32).tiny))


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the softmax over the last axis."""
    exps = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(exps / exps.sum(axis=-1, keepdims=True), dtype=np.float64)
