"""Is a backward pass right? Compare it with finite differences.

Comes in: a layer and an input. Goes out: nothing, or an AssertionError that says where and by how much.
"""

import copy
from collections.abc import Callable

import numpy as np

from minser.nn.layer import Array, Layer, check_floats


def numerical_gradient(function: Callable[[], float], x: Array, *, step: float = 1e-6) -> Array:
    """Return the gradient of ``function()`` by every entry of `x`, by central differences.

    The error is of order ``step ** 2`` (Press et al. 2007, section 5.7), rounding of order ``1e-16 / step``.

    Parameters
    ----------
    function : callable
        Reads `x` and returns a number.
    x : ndarray of float64
        Each entry is moved by +-`step` in place, and put back.
    step : float
        Half the distance of the two points.

    Raises
    ------
    TypeError
        If `x` is not of float32 or float64: integers cannot be moved by a `step`.
    """
    check_floats(x=x)
    grad = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        value = x[place]
        x[place] = value + step
        above = function()
        x[place] = value - step
        below = function()
        x[place] = value
        grad[place] = (above - below) / (2 * step)
    return grad


def check_gradients(
    layer: Layer,
    x: Array,
    *,
    training: bool = True,
    seed: int = 0,
    step: float = 1e-6,
    tolerance: float = 1e-6,
) -> None:
    """Compare the layer's gradients, by its input and by each parameter, with numerical ones.

    The loss is ``(forward(x) * r).sum()`` with random `r`: with all ones, wrong batch norm and softmax gradients would
    pass, because the true gradient of their sum is zero.

    Parameters
    ----------
    layer : Layer
        In float64 (`astype`): differences of float32 numbers are noise. A copy is checked, the layer stays as it is.
    x : ndarray of float64, shape (batch, ...)
        Small, and away from kinks: no ties under a maximum, no zeros under a ReLU.
    training : bool
        Which of the layer's two behaviours to check.
    seed : int
        Of `r`, and of the random numbers in each forward pass, which must be the same ones every time.
    step, tolerance : float
        Step of the difference, and the allowed error relative to the largest entry of the gradient (at least 1).

    Raises
    ------
    AssertionError
        Naming the array, the place with the largest error, and both numbers there.
    TypeError
        If anything is not float64.
    """
    for name, array in {"x": x, **layer.params}.items():
        if array.dtype != np.float64:
            raise TypeError(f"a gradient check needs float64, {name} is {array.dtype}: use astype")
    layer, x = copy.deepcopy(layer), x.copy()

    def forward() -> Array:
        return layer.forward(x, training=training, rng=np.random.default_rng(seed))

    out = forward()
    r = np.random.default_rng(seed + 1).standard_normal(out.shape)
    grad_input = layer.backward(r)
    if grad_input is None:
        raise AssertionError(f"{type(layer).__name__}.backward returned None with need_input=True")
    analytic = {"x": grad_input, **layer.grads}
    for name, array in {"x": x, **layer.params}.items():
        if name not in analytic:
            raise AssertionError(f"{type(layer).__name__}.backward set no gradient of {name}")
        got = np.array(analytic[name])
        if got.shape != array.shape:
            raise AssertionError(f"{type(layer).__name__}: gradient of {name} has shape {got.shape}, not {array.shape}")
        expected = numerical_gradient(lambda: float((forward() * r).sum()), array, step=step)
        error = np.abs(got - expected)
        if not (error <= tolerance * max(1.0, np.abs(expected).max(initial=0))).all():
            place = tuple(map(int, np.unravel_index(np.argmax(error), error.shape)))
            raise AssertionError(
                f"{type(layer).__name__}: gradient of {name}{list(place)} is {got[place]:.8g}, "
                f"the finite difference says {expected[place]:.8g}"
            )
