"""The fully connected layer.

Comes in: (batch, in_features). Goes out: (batch, out_features).
"""

import numpy as np

from minser.kernels import dense
from minser.nn.init import glorot_uniform
from minser.nn.layer import Array, Layer, Shape, check_channels

_LARGE = 2**18  # weights; with fewer, waking the threads takes longer than the product


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
        product = dense.multiply(x, weight) if weight.size >= _LARGE else x @ weight
        return np.asarray(product + self.params["bias"])

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Set the gradients of weight and bias; return that of the input, (batch, in_features)."""
        (x,) = self._take_cache()
        weight = self.params["weight"]
        is_large = weight.size >= _LARGE
        # (in_features, out_features), summed over the batch
        self.grads["weight"] = dense.grad_weight(x, grad_output) if is_large else x.T @ grad_output
        self.grads["bias"] = grad_output.sum(axis=0)
        if not need_input:
            return None
        return dense.grad_input(grad_output, weight) if is_large else grad_output @ weight.T

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (out_features,)."""
        return self.params["bias"].shape

    def multiply_adds(self, input_shape: Shape) -> int:
        """Return one for each weight."""
        return self.params["weight"].size
