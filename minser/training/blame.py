"""Where a number that is none came from: the layer, the gradient, the clips.

Comes in: a model and the batch that spoiled its loss. Goes out: words.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from minser import nn

_MOST_NAMES = 5


def layer(model: nn.Sequential, x: nn.Array, rng: np.random.Generator) -> str:
    """Return which layer is the first to make NaN or infinity of a batch, the model in training.

    Parameters
    ----------
    model : Sequential
        Its running statistics change, as in any forward pass in training.
    x : ndarray of float, shape (batch, ...)
        The batch.
    rng : numpy.random.Generator
        In the state that it had before the step.
    """
    if not np.isfinite(x).all():
        return "already the input is not finite"
    for name, part in model.layers.items():
        x = part.forward(x, training=True, rng=rng)
        if not np.isfinite(x).all():
            return f"first in layer {name}"
    return "though each layer's output is finite"


def gradient(grads: dict[str, nn.Array]) -> str:
    """Return which parameter's gradient is the first, from the loss on backwards, with NaN or infinity; "" if none."""
    for name, grad in reversed(grads.items()):
        if not np.isfinite(grad).all():
            return f"the gradient of {name} is not finite"
    return ""


def clips(x: nn.Array, logits: nn.Array, chosen: NDArray[np.intp], name_of: Callable[[int], str]) -> str:
    """Return the names of the clips whose input, or else whose output, is not finite; if there are none, of all."""
    for rows in (x, logits):
        is_bad = ~np.isfinite(rows).all(axis=tuple(range(1, rows.ndim)))
        if is_bad.any():
            chosen = chosen[is_bad]
            break
    names = [name_of(int(i)) for i in chosen[:_MOST_NAMES]]
    more = f" and {len(chosen) - _MOST_NAMES} more" if len(chosen) > _MOST_NAMES else ""
    return f"clips {', '.join(names)}{more}"
