"""The L2 penalty: large weights cost.

Comes in: the model's parameters and gradients. Goes out: a number to add to the loss; the gradients change in place.
Decoupled weight decay (``optim.Adam``) is another thing: it shrinks the weights and never passes through Adam's
division.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from minser.nn.layer import Array


def l2_penalty(params: Mapping[str, Array], names: Sequence[str], *, strength: float) -> float:
    """Return ``strength * sum(w ** 2)`` over the named parameters: Keras's kernel_regularizer=L2(strength)."""
    return float(strength * sum(np.square(params[name], dtype=np.float64).sum() for name in names))


def add_l2_gradient(
    params: Mapping[str, Array], grads: Mapping[str, Array], names: Sequence[str], *, strength: float
) -> None:
    """Add the penalty's gradient, ``2 * strength * w``, to the named gradients in place."""
    for name in names:
        grads[name][...] += 2 * strength * params[name]
