"""Occlusion: hide a patch of the input and see what becomes of the answer.

Comes in: a network, one input, the number of a class. Goes out: how far its probability falls, (n_bins, n_frames). It
takes no gradient at all: a check on the two maps that do.
"""

import numpy as np

from minser import nn

_BATCH = 16  # hidden copies at once: enough to keep the loops busy, few enough for any memory


def occlusion_map(
    model: nn.Layer, x: nn.Array, target: int, *, patch: tuple[int, int], stride: tuple[int, int]
) -> nn.Array:
    """Return how far a class's probability falls when what lies around each cell is hidden (Zeiler & Fergus 2014).

    A patch of the input's mean stands in turn at every place of a grid. A cell gets the mean over the patches that
    cover it.

    Parameters
    ----------
    model : Layer
        From (batch, n_bins, n_frames, channels) to logits (batch, n_classes).
    x : ndarray of float, shape (n_bins, n_frames, channels)
        One input.
    target : int
        Number of the class.
    patch, stride : (int, int)
        Bins and frames of the patch, and of its steps; a step no longer than the patch leaves no gap. The last patch
        of a row or column stands at the edge.

    Returns
    -------
    ndarray of float64, shape (n_bins, n_frames)
        Fall of the probability, from -1 to 1; below zero where hiding the place makes the class likelier.

    Raises
    ------
    ValueError
        If the patch is larger than the input, a step is below 1 or longer than the patch, or there is no such
        class.
    """
    for size, length, step in zip(patch, x.shape, stride, strict=False):
        if not 1 <= step <= length or not step <= size <= length:
            raise ValueError(f"patch {patch}, stride {stride}: expected 1 <= stride <= patch <= {x.shape[:2]}")
    whole = _probabilities(model, x[np.newaxis])
    if not 0 <= target < whole.shape[1]:
        raise ValueError(f"target: expected a class from 0 to {whole.shape[1] - 1}, got {target}")
    (height, width), fill = patch, x.mean(axis=(0, 1))
    places = [(i, j) for i in _steps(len(x), height, stride[0]) for j in _steps(x.shape[1], width, stride[1])]
    total, count = np.zeros((2, *x.shape[:2]))
    for start in range(0, len(places), _BATCH):
        some = places[start : start + _BATCH]
        hidden = np.repeat(x[np.newaxis], len(some), axis=0)
        for copy, (i, j) in zip(hidden, some, strict=True):
            copy[i : i + height, j : j + width] = fill
        for fall, (i, j) in zip(whole[0, target] - _probabilities(model, hidden)[:, target], some, strict=True):
            total[i : i + height, j : j + width] += fall
            count[i : i + height, j : j + width] += 1
    return np.asarray(total / count)


def _probabilities(model: nn.Layer, batch: nn.Array) -> nn.Array:
    """Return the softmax of the network's answers, (batch, n_classes)."""
    return np.asarray(np.exp(nn.log_softmax(model.predict(batch))))


def _steps(length: int, size: int, step: int) -> list[int]:
    """Return where a patch begins along one axis: every step, and at the far edge."""
    return sorted({*range(0, length - size, step), length - size})
