"""The layer contract: forward, backward, and three dicts of arrays.

A layer takes a batch and returns a batch; it knows nothing of losses, optimisers or files. ``Sequential`` chains
layers, the trainer calls them.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Shape = tuple[int, ...]


class Layer:
    """A differentiable function of a batch, with its own parameters.

    Attributes
    ----------
    params : dict of str to ndarray
        What the optimiser changes, in place.
    grads : dict of str to ndarray
        The loss's gradient by each of `params`, overwritten by every `backward`.
    buffers : dict of str to ndarray
        What is saved with the parameters but never optimised, such as running statistics; changed in place.
    """

    def __init__(self) -> None:
        self.params: dict[str, Array] = {}
        self.grads: dict[str, Array] = {}
        self.buffers: dict[str, Array] = {}
        self._cache: tuple[Any, ...] | None = None

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return the layer's output for a batch, and keep what `backward` needs.

        Parameters
        ----------
        x : ndarray of float, shape (batch, ...)
            Never changed.
        training : bool
            Whether to behave as in training: batch statistics, dropout.
        rng : numpy.random.Generator, optional
            Where random numbers come from; only layers that draw some in training need it.

        Returns
        -------
        ndarray of the dtype of `x`

        Raises
        ------
        TypeError
            If `x` is not of the weights' float type, or holds integers, which would give another result.
        """
        raise NotImplementedError

    def backward(self, grad_output: Array, *, need_input: bool = True) -> Array | None:
        """Set `grads` and return the gradient of the input of the latest `forward`.

        Parameters
        ----------
        grad_output : ndarray, shape of the output
            The loss's gradient by this layer's output; never changed.
        need_input : bool
            False spares the gradient of the input, which nobody needs of a network's first layer.

        Returns
        -------
        ndarray of the input's shape, or None if not `need_input`

        Raises
        ------
        TypeError
            If `grad_output` holds integers, which would give another result.
        RuntimeError
            If no `forward` came before: one forward serves one backward.
        """
        raise NotImplementedError

    def predict(self, x: Array) -> Array:
        """Return what `forward` returns outside of training, and keep nothing for `backward`."""
        out = self.forward(x)
        self._cache = None
        return out

    def prepare(self) -> None:
        """Do beforehand, once, what `predict` does with the weights; it does not see later changes of them."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of one sample's output for the shape of one sample's input."""
        return input_shape

    def multiply_adds(self, input_shape: Shape) -> int:
        """Return how many multiplications with addition one sample's forward pass takes."""
        return 0

    def astype(self, dtype: npt.DTypeLike) -> None:
        """Convert parameters and buffers to another float type; gradient checks run in float64."""
        for arrays in (self.params, self.buffers):
            for name, array in arrays.items():
                arrays[name] = array.astype(dtype)

    def _take_cache(self) -> tuple[Any, ...]:
        """Return what forward packed, once: a second backward would differentiate a stale batch."""
        if self._cache is None:
            raise RuntimeError(f"{type(self).__name__}.backward needs a forward before it, one for each backward")
        cache, self._cache = self._cache, None
        return cache


def check_floats(**arrays: Array) -> None:
    """Raise TypeError, which names the array, unless all are of float32 or float64: integers drop every fraction."""
    for name, array in arrays.items():
        if array.dtype not in (np.float32, np.float64):
            raise TypeError(f"{name} must be float32 or float64, got {array.dtype}: convert it with astype")


def check_channels(layer: Layer, x: Array, *, ndim: int, channels: int) -> None:
    """Raise ValueError unless `x` has `ndim` axes, the last `channels` long, and the float type of the weights."""
    if x.ndim != ndim or x.shape[-1] != channels:
        raise ValueError(
            f"{type(layer).__name__} expects {ndim} axes, the last of length {channels}; x has shape {x.shape}"
        )
    dtype = next(iter(layer.params.values())).dtype
    if x.dtype != dtype:
        raise TypeError(f"{type(layer).__name__} has weights of {dtype}, x is {x.dtype}")
