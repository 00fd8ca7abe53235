"""From what a network sees of recordings to its answers, in training as afterwards.

A recording is one piece, or several (`features.pieces`). Its probabilities are the softmax of the network's logits, or
the mean of those of its pieces.

Comes in: a network and batches, or logits. Goes out: logits of whole recordings.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from minser import nn
from minser.corpus.batches import Batch


def predict_logits(
    model: nn.Layer, batches: Iterable[Batch], *, temperature: float = 1.0
) -> tuple[nn.Array, NDArray[np.intp]]:
    """Return logits (n_clips, n_classes) and true classes (n_clips,) of all batches, the model not in training.

    Parameters
    ----------
    model : Layer
        A network.
    batches : iterable of Batch
        From `corpus.batches.evaluation_batches`.
    temperature : float
        What the logits are divided by (Guo et al. 2017).
    """
    outputs, labels, places = zip(*((model.predict(x), y, places) for x, y, places in batches), strict=True)
    firsts = np.flatnonzero(np.diff(np.concatenate(places), prepend=-1))  # of each clip's pieces
    pieces = np.split(np.concatenate(outputs) / temperature, firsts[1:])
    return np.concatenate([pool(logits) for logits in pieces]), np.concatenate(labels)[firsts]


def pool(logits: nn.Array) -> nn.Array:
    """Return the logits of a recording, (1, n_classes), from those of its pieces, (n_pieces, n_classes).

    Of one piece they are its own. Of several they are the logarithm of the mean of the pieces' probabilities, which
    softmax turns back into that mean.
    """
    if len(logits) == 1:
        return logits
    log_probs = nn.log_softmax(logits)
    highest = log_probs.max(axis=0, keepdims=True)  # so that no class has a probability of nothing
    mean: nn.Array = highest + np.log(np.exp(log_probs - highest).mean(axis=0, keepdims=True))
    return mean
