"""From an image to a vector.

Comes in: (batch, ...). Goes out: (batch, product of the rest).
"""

import math

import numpy as np

from minser.nn.layer import Array, Layer, Shape


class Flatten(Layer):
    """All values of a sample in a row, in memory order: (height, width, channels) as it stands."""

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return (batch, n_values)."""
        self._cache = (x.shape,)
        return x.reshape(len(x), math.prod(x.shape[1:]))

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Return the gradient in the input's shape."""
        (shape,) = self._take_cache()
        return grad_output.reshape(shape) if need_input else None

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (n_values,)."""
        return (math.prod(input_shape),)
