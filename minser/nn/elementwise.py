"""Layers that pass each value on or make it zero: the rectified linear unit by its sign, dropout by chance.

Backward makes zero what forward did: the gradient passes where the value passed.

Comes in and goes out: an array of any shape.
"""

import numpy as np

from minser.kernels import elementwise
from minser.nn.layer import Array, Layer, check_floats


class ReLU(Layer):
    """``max(x, 0)`` (Nair & Hinton 2010); its derivative at zero is taken as zero."""

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return ``max(x, 0)``; NaN stays NaN."""
        out = np.maximum(x, 0, order="C")
        self._cache = (out,)
        return out

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Return the gradient where the input was positive, zero elsewhere."""
        (out,) = self._take_cache()
        return elementwise.relu_grad_input(out, np.ascontiguousarray(grad_output)) if need_input else None


class Dropout(Layer):
    """In training, zero each value with probability `p` and scale the others by 1 / (1 - p) (Srivastava et al. 2014).

    Scaling in training ("inverted dropout") lets evaluation pass its input through untouched.

    Parameters
    ----------
    p : float
        Probability of zeroing, in [0, 1).
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p must lie in [0, 1), got {p}")
        self.p = p

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return the thinned batch in training, the batch itself otherwise.

        Raises
        ------
        TypeError
            If `x` is not of float32 or float64.
        ValueError
            In training without `rng`.
        """
        check_floats(x=x)
        if not training or self.p == 0:
            self._cache = (None,)
            return x
        key = self.draw_key(rng)
        self._cache = (key,)
        return elementwise.drop(np.ascontiguousarray(x), key=key, p=self.p)

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Return the gradient of the input: zero where the value was dropped, scaled alike elsewhere."""
        (key,) = self._take_cache()
        check_floats(grad_output=grad_output)
        if not need_input or key is None:
            return grad_output if need_input else None
        return elementwise.drop(np.ascontiguousarray(grad_output), key=key, p=self.p)

    def draw_key(self, rng: np.random.Generator | None) -> int:
        """Return a batch's key: which values are dropped is a function of it and of their places."""
        if rng is None:
            raise ValueError("Dropout draws random numbers in training: pass rng")
        return int(rng.integers(2**64, dtype=np.uint64))
