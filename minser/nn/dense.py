"""The fully connected layer.

Comes in: (batch, in_features). Goes out: (batch, out_features).
"""

import numpy as np

from minser.nn.init import glorot_uniform
from minser.nn.layer import Array, Layer, Shape, check_channels


class Dense(Layer):
    """``x @ weight + bias``, a weighted sum of all inputs for each output.

    Parameters
    ----------
    in_features, out_features : int
        Length of a sample before and after.
    rng : numpy.random.Generator
        Draws `weight` (in_features, out_features), Glorot uniform; `bias` (out_features,) starts at zero.
    """

    def __init__(self, in_features: int, out_features: int, *, rng: np.random.Generator) -> None:
        super().__init__()
        shape = (in_features, out_features)
        self.params["weight"] = glorot_uniform(shape, fan_in=in_features, fan_out=out_features, rng=rng)
        self.params["bias"] = np.zeros(out_features, np.float32)

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return ``x @ weight + bias``, (batch, out_features)."""
        weight = self.params["weight"]
        check_channels(self, x, ndim=2, channels=len(weight))
        self._cache = (x,)
        return np.asarray(x @ weight + self.params["bias"])

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Set the gradients of weight and bias; return that of the input, (batch, in_features)."""
        (x,) = self._take_cache()
        self.grads["weight"] = x.T @ grad_output  # (in_features, out_features), summed over the batch
        self.grads["bias"] = grad_output.sum(axis=0)
        return grad_output @ self.params["weight"].T if need_input else None

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (out_features,)."""
        return self.params["bias"].shape

    def multiply_adds(self, input_shape: Shape) -> int:
        """Return one for each weight."""
        return self.params["weight"].size
