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
    """Return logits (n_clips, n_classes) and true classes (n_clips,) of all batches, the model not in training."""
    outputs, labels = zip(*((model.predict(x), y) for x, y, _ in batches), strict=True)
    return np.concatenate(outputs), np.concatenate(labels)
