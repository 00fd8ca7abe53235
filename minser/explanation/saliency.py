"""Saliency: how much the score of a class moves with each cell of the input.

Comes in: a network, one input, the number of a class. Goes out: the size of the gradient, (n_bins, n_frames).
"""

import numpy as np

from minser import nn


def saliency_map(model: nn.Sequential, x: nn.Array, target: int) -> nn.Array:
    """Return the absolute gradient of a class's score by each cell (Simonyan et al. 2014, section 3.1).

    Parameters
    ----------
    model : Sequential
        From (batch, n_bins, n_frames, channels) to logits (batch, n_classes); answers as it does outside of training.
    x : ndarray of float, shape (n_bins, n_frames, channels)
        One input.
    target : int
        Number of the class.

    Returns
    -------
    ndarray of the dtype of `x`, shape (n_bins, n_frames)
        In logits for one unit of input; of several channels the largest.

    Raises
    ------
    ValueError
        If the network has no such class.
    """
    logits = model.forward(x[np.newaxis])
    grad_input = model.backward(score_gradient(logits, target))
    assert grad_input is not None  # need_input is True
    return np.asarray(np.abs(grad_input[0]).max(axis=-1))


def score_gradient(logits: nn.Array, target: int) -> nn.Array:
    """Return the gradient of one class's logit by all logits, (1, n_classes): where backward starts.

    The score is the logit, before the softmax: a probability also rises when other classes fall, and the map would show
    what speaks against those.

    Raises
    ------
    ValueError
        If there is no such class.
    """
    if not 0 <= target < logits.shape[1]:
        raise ValueError(f"target: expected a class from 0 to {logits.shape[1] - 1}, got {target}")
    gradient = np.zeros_like(logits)
    gradient[0, target] = 1
    return gradient
