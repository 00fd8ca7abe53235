"""Grad-CAM: where the last convolution found what speaks for a class.

Comes in: a network, one input, the number of a class. Goes out: a coarse map, one value for each place that the last
convolution looks at.
"""

import numpy as np

from minser import nn
from minser.explanation.saliency import score_gradient


def class_activation_map(model: nn.Sequential, x: nn.Array, target: int) -> nn.Array:
    """Return Grad-CAM's map (Selvaraju et al. 2017, equations 1 and 2).

    Each filter of the last convolution weighs as much as the class's score rises with it on average (equation 1); the
    weighted sum of the filters' answers is the map, and what lies below zero is cut off, because it speaks for
    other classes (equation 2).

    Parameters
    ----------
    model : Sequential
        From (batch, n_bins, n_frames, channels) to logits (batch, n_classes), with a convolution in it.
    x : ndarray of float, shape (n_bins, n_frames, channels)
        One input.
    target : int
        Number of the class.

    Returns
    -------
    ndarray of the dtype of `x`, shape (height, width) of the last convolution's output
        In logits; all zero where nothing speaks for the class.

    Raises
    ------
    ValueError
        If the network has no convolution, or no such class.
    """
    head, tail = model.split(last_activation(model, x.shape))
    activation = head.forward(x[np.newaxis])  # (1, height, width, filters)
    gradient = tail.backward(score_gradient(tail.forward(activation), target))
    assert gradient is not None  # need_input is True
    weights = gradient.mean(axis=(0, 1, 2))  # equation 1
    return np.asarray(np.maximum(activation[0] @ weights, 0))  # equation 2


def last_activation(model: nn.Sequential, input_shape: tuple[int, ...]) -> str:
    """Return the name of the last layer that still has the size of the last convolution's output, such as its ReLU.

    Raises
    ------
    ValueError
        If the network has no convolution.
    """
    found, is_open, shape = "", False, input_shape
    for name, layer in model.layers.items():
        before, shape = shape, layer.output_shape(shape)
        if isinstance(layer, nn.Conv2d):
            found, is_open = name, True
        elif found and is_open and shape == before:
            found = name
        else:
            is_open = False
    if not found:
        raise ValueError("Grad-CAM needs a network with a convolution in it")
    return found
