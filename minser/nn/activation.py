"""The rectified linear unit.

Comes in and goes out: an array of any shape.
"""

import numpy as np

from minser.kernels import activation
from minser.nn.layer import Array, Layer


class ReLU(Layer):
    """``max(x, 0)`` (Nair & Hinton 2010); its derivative at zero is taken as zero."""

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return ``max(x, 0)``."""
        out = activation.relu(np.ascontiguousarray(x))
        self._cache = (out,)
        return out

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Return the gradient where the input was positive, zero elsewhere."""
        (out,) = self._take_cache()
        return activation.relu_grad_input(out, np.ascontiguousarray(grad_output)) if need_input else None
