"""Gradient checks for whoever writes layers: fixtures for ``python -m pytest my_layers.py``.

pytest finds this plugin by itself where minser is installed. A file of layers needs no more than

    def test_gradients(check_gradients, smooth_input):
        check_gradients(MyDense(3, 2), smooth_input(4, 3))
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

_SmoothInput = Callable[..., NDArray[np.float64]]


@pytest.fixture
def check_gradients() -> Callable[..., None]:
    """Return a check: ``check_gradients(layer, x, training=True)`` fails where a gradient is wrong.

    The layer has ``forward(x, *, training, rng)``, ``backward(grad_output)``, ``params`` and ``grads``; its parameters
    are compared in float64. See `minser.nn.check_gradients`.
    """
    from minser import nn  # here, not above: most test runs on this machine have nothing to do with layers

    def check(layer: Any, x: NDArray[np.float64], *, training: bool = True, seed: int = 0) -> None:
        for arrays in (layer.params, getattr(layer, "buffers", {})):
            for name, array in arrays.items():
                arrays[name] = np.asarray(array, np.float64)
        try:
            nn.check_gradients(layer, np.asarray(x, np.float64), training=training, seed=seed)
        except AssertionError as error:
            pytest.fail(str(error), pytrace=False)

    return check


@pytest.fixture
def smooth_input() -> _SmoothInput:
    """Return a source of inputs, ``smooth_input(4, 3)``: no ties for a maximum, no zero for a ReLU, mean near zero."""

    def draw(*shape: int, seed: int = 0) -> NDArray[np.float64]:
        n = int(np.prod(shape))
        places = np.random.default_rng(seed).permutation(n) - (n - 1) / 2 + 0.3
        return np.asarray(places * (3 / n), np.float64).reshape(shape)

    return draw
