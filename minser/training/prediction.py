"""What a network says of batches, not in training.

Comes in: a model and batches. Goes out: logits.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from minser import nn

Batch = tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.intp]]
"""x, class numbers, and indices of the clips."""


def predict_logits(model: nn.Layer, batches: Iterable[Batch]) -> tuple[nn.Array, NDArray[np.intp]]:
    """Return logits (n_clips, n_classes) and true classes (n_clips,) of all batches, the model not in training.

    Of a clip that comes in several views, x (n_clips * n_views, ...), the logits are averaged.
    """
    outputs, labels = zip(*((mean_logits(model, x, len(y)), y) for x, y, _ in batches), strict=True)
    return np.concatenate(outputs), np.concatenate(labels)


def mean_logits(model: nn.Layer, x: NDArray[np.float32], n_clips: int) -> nn.Array:
    """Return the logits of clips, (n_clips, n_classes), averaged over the views of each."""
    logits = model.predict(x)
    return np.asarray(logits.reshape(n_clips, -1, logits.shape[1]).mean(axis=1))
