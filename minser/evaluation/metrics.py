"""Scores of a classifier, every one read off its confusion matrix.

Comes in: class numbers, true and predicted, which `confusion_matrix` counts once. Goes out: numbers in [0, 1], and the
log loss of the probabilities. A score reads the last two axes of what it gets, so that one call also scores the 10,000
matrices of a bootstrap.

Empty classes count as in scikit-learn with ``zero_division=0``: a ratio without a denominator is 0. Which
classes an average runs over is written at each average.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def confusion_matrix(y_true: ArrayLike, y_pred: ArrayLike, *, n_classes: int) -> NDArray[np.int64]:
    """Count how often each true class was given each predicted class.

    Parameters
    ----------
    y_true, y_pred : array_like of int, shape (n_clips,)
        Class numbers from 0 to ``n_classes - 1``; at least one clip.
    n_classes : int
        Number of classes, those that do not occur included.

    Returns
    -------
    ndarray of int64, shape (n_classes, n_classes)
        ``confusion[true, pred]``.

    Raises
    ------
    ValueError
        If an argument is empty, not one-dimensional, not of integers or out of range, or the lengths differ.

    Examples
    --------
    >>> confusion_matrix([0, 0, 1], [0, 1, 1], n_classes=2)
    array([[1, 1],
           [0, 1]])
    """
    true, pred = _labels(y_true, n_classes, "y_true"), _labels(y_pred, n_classes, "y_pred")
    if true.size != pred.size:
        raise ValueError(f"y_pred: expected {true.size} labels, as many as y_true, got {pred.size}")
    return np.bincount(true * n_classes + pred, minlength=n_classes**2).reshape(n_classes, n_classes)


def accuracy(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of clips that were given their true class.

    Parameters
    ----------
    confusion : ndarray of int, shape (..., n_classes, n_classes)
        Counts ``confusion[..., true, pred]``.

    Returns
    -------
    float64, shape (...)
        In [0, 1]; 0 for a matrix without clips.

    Examples
    --------
    >>> round(float(accuracy(confusion_matrix([0, 0, 1], [0, 1, 1], n_classes=2))), 3)
    0.667
    """
    return _ratio(_hits(confusion).sum(axis=-1), confusion.sum(axis=(-2, -1)))


def recall_per_class(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return, for each class, the share of its clips that were recognised (Van Rijsbergen, 1979, chapter 7).

    Parameters
    ----------
    confusion
        As in `accuracy`.

    Returns
    -------
    ndarray of float64, shape (..., n_classes)
        In [0, 1]; 0 for a class that does not occur in ``y_true``.
    """
    return _ratio(_hits(confusion), confusion.sum(axis=-1))


def precision_per_class(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return, for each class, the share of its predictions that were right (Van Rijsbergen, 1979, chapter 7).

    Parameters
    ----------
    confusion
        As in `accuracy`.

    Returns
    -------
    ndarray of float64, shape (..., n_classes)
        In [0, 1]; 0 for a class that was never predicted.
    """
    return _ratio(_hits(confusion), confusion.sum(axis=-2))


def f1_per_class(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return, for each class, the harmonic mean of precision and recall (Van Rijsbergen, 1979, chapter 7).

    Parameters
    ----------
    confusion
        As in `accuracy`.

    Returns
    -------
    ndarray of float64, shape (..., n_classes)
        ``2 hits / (clips of the class + predictions of the class)``, in [0, 1]; 0 for a class with neither.
    """
    return _ratio(2 * _hits(confusion), confusion.sum(axis=-1) + confusion.sum(axis=-2))


def uar(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the unweighted average recall (Schuller, Steidl & Batliner, 2009): every class weighs the same.

    The mean runs over the classes that occur in ``y_true``, as in scikit-learn's
    ``balanced_accuracy_score``: a class without clips has no recall that could be averaged.

    Parameters
    ----------
    confusion
        As in `accuracy`.

    Returns
    -------
    float64, shape (...)
        In [0, 1]; chance is one over the number of classes that occur.

    Examples
    --------
    >>> float(uar(confusion_matrix([0, 0, 1], [0, 1, 1], n_classes=3)))
    0.75
    """
    return _mean_where(recall_per_class(confusion), confusion.sum(axis=-1) > 0)


def macro_average(per_class: NDArray[np.float64], confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Average a score over the classes that occur in ``y_true`` or ``y_pred``, each with the same weight.

    These are the classes that scikit-learn averages over when it is given no ``labels``. A class that was
    predicted but never occurs counts with its score, which is 0.

    Parameters
    ----------
    per_class : ndarray of float, shape (..., n_classes)
        One score per class.
    confusion
        What the scores came from, as in `accuracy`.

    Returns
    -------
    float64, shape (...)
        The mean.
    """
    return _mean_where(per_class, confusion.sum(axis=-1) + confusion.sum(axis=-2) > 0)


def weighted_average(per_class: NDArray[np.float64], confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Average a score over all classes, each weighted by its number of clips in ``y_true``.

    Parameters
    ----------
    per_class : ndarray of float, shape (..., n_classes)
        One score per class.
    confusion
        What the scores came from, as in `accuracy`.

    Returns
    -------
    float64, shape (...)
        The mean; that of the recalls is the accuracy.
    """
    support = confusion.sum(axis=-1)
    return _ratio((per_class * support).sum(axis=-1), support.sum(axis=-1))


def macro_f1(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean of the classes' F1 (the first of Opitz & Burst's, 2019, two definitions).

    Parameters
    ----------
    confusion
        As in `accuracy`.

    Returns
    -------
    float64, shape (...)
        In [0, 1]; over the classes of `macro_average`.
    """
    return macro_average(f1_per_class(confusion), confusion)


def log_loss(y_true: ArrayLike, probs: ArrayLike) -> float:
    """Return the mean of ``-ln p(true class)`` (Good, 1952): what it costs to have been sure and wrong.

    Probabilities are held one machine epsilon of their dtype away from 0 and 1, as in scikit-learn, so that
    one miss cannot make the mean infinite.

    Parameters
    ----------
    y_true : array_like of int, shape (n_clips,)
        Class numbers.
    probs : array_like of float, shape (n_clips, n_classes)
        Probabilities; every row sums to 1.

    Returns
    -------
    float
        In nats; ``ln(n_classes)`` for a uniform guess.

    Raises
    ------
    ValueError
        If `probs` has another shape, holds what is no probability or has a row that does not sum to 1, or if
        `y_true` is not made of class numbers.

    Examples
    --------
    >>> round(log_loss([0, 1], [[0.5, 0.5], [0.5, 0.5]]), 4)
    0.6931
    """
    p = np.asarray(probs)
    if p.dtype.kind != "f":
        p = p.astype(np.float64)
    if p.ndim != 2 or p.shape[0] != np.size(y_true):
        raise ValueError(f"probs: expected shape ({np.size(y_true)}, n_classes), got {p.shape}")
    true = _labels(y_true, p.shape[1], "y_true")
    # written so that NaN fails as well; 1e-3 lets probabilities pass that were rounded to four digits
    if not (p.min() >= 0 and p.max() <= 1 and np.all(np.abs(p.sum(axis=1, dtype=np.float64) - 1) <= 1e-3)):
        raise ValueError("probs: expected probabilities in [0, 1] whose rows sum to 1")
    eps = np.finfo(p.dtype).eps
    chosen = np.clip(p[np.arange(true.size), true], eps, 1 - eps)
    return float(-np.log(chosen, dtype=np.float64).mean())


def _labels(values: ArrayLike, n_classes: int, argument: str) -> NDArray[np.int64]:
    """Return class numbers as int64, or say what is wrong with them."""
    labels = np.asarray(values)
    if labels.ndim != 1 or labels.size == 0:
        raise ValueError(f"{argument}: expected shape (n_clips,) with at least one clip, got {labels.shape}")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"{argument}: expected integer class numbers, got dtype {labels.dtype}")
    outside = np.flatnonzero((labels < 0) | (labels >= n_classes))
    if outside.size:
        i = int(outside[0])
        raise ValueError(f"{argument}: expected class numbers 0 to {n_classes - 1}, got {labels[i]} at index {i}")
    return labels.astype(np.int64)


def _hits(confusion: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the diagonal over the last two axes: per class, the clips that were recognised."""
    if confusion.ndim < 2 or confusion.shape[-1] != confusion.shape[-2]:
        raise ValueError(f"confusion: expected shape (..., n_classes, n_classes), got {confusion.shape}")
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def _ratio(numerator: NDArray[np.generic], denominator: NDArray[np.int64]) -> NDArray[np.float64]:
    """Divide, with 0 where there is nothing to divide by."""
    ratio = np.zeros(np.shape(numerator))
    np.divide(numerator, denominator, out=ratio, where=denominator > 0)
    return ratio[()]  # a scalar where the array has no axes


def _mean_where(per_class: NDArray[np.float64], occurs: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Average over the last axis, over the classes that occur."""
    return _ratio((per_class * occurs).sum(axis=-1), occurs.sum(axis=-1))
