"""Mixup: two samples laid over each other, and their classes with them.

Comes in: two features and their targets, and a share or a generator. Goes out: one feature and one soft target.
"""

import numpy as np
from numpy.typing import NDArray

from minser.augment.arguments import check_factor, check_floats


def mix(first: NDArray[np.floating], second: NDArray[np.floating], *, share: float) -> NDArray[np.floating]:
    """Average two arrays with weights: share * first + (1 - share) * second (Zhang et al. 2018, section 2).

    Parameters
    ----------
    first, second : ndarray of float32 or float64, of one shape
        Two features, or the targets of two samples; not changed.
    share : float
        Weight of the first, 0 to 1.

    Returns
    -------
    ndarray of the same dtype and shape

    Raises
    ------
    TypeError, ValueError
        If an array is not of float32 or float64, the shapes differ, or `share` is not in 0 to 1.

    Examples
    --------
    >>> mix(np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]), share=0.75)
    array([0.75, 0.  , 0.25])
    """
    check_floats(first=first, second=second)
    if first.shape != second.shape:
        raise ValueError(f"first and second: expected one shape, got {first.shape} and {second.shape}")
    if not 0 <= share <= 1:
        raise ValueError(f"share: expected 0 to 1, got {share}")
    weight = first.dtype.type(share)
    return weight * first + (1 - weight) * second


def random_mixup(
    feature: NDArray[np.floating],
    target: NDArray[np.floating],
    other_feature: NDArray[np.floating],
    other_target: NDArray[np.floating],
    *,
    alpha: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Mix two samples with a share that is drawn from Beta(alpha, alpha) (Zhang et al. 2018, section 2).

    Parameters
    ----------
    feature, other_feature : ndarray of float32 or float64, of one shape
        Two samples, or two batches whose samples are mixed pair by pair; not changed.
    target, other_target : ndarray of float32 or float64, shape (n_classes,) or (batch, n_classes)
        Their classes as probabilities; a single class is a 1 among zeros.
    alpha : float
        Small numbers leave most samples nearly as they are, 1 makes every share as likely as any other; the paper
        takes 0.1 to 0.4.
    rng : numpy.random.Generator
        Source of the share.

    Returns
    -------
    feature : ndarray
        The mixed sample.
    target : ndarray
        Its probabilities, mixed in the same shares.

    Raises
    ------
    TypeError, ValueError
        If an array is not of float32 or float64, shapes differ, or `alpha` is not positive.
    """
    check_floats(feature=feature, target=target, other_feature=other_feature, other_target=other_target)
    check_factor(alpha=alpha)
    share = float(rng.beta(alpha, alpha))
    return mix(feature, other_feature, share=share), mix(target, other_target, share=share)
