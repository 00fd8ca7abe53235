import numpy as np

from minser import nn


def test_flatten_keeps_memory_order_and_goes_back(rng: np.random.Generator) -> None:
    layer = nn.Flatten()
    x = rng.standard_normal((2, 3, 4, 5))
    out = layer.forward(x)
    assert out[1, (2 * 4 + 3) * 5 + 4] == x[1, 2, 3, 4]
    assert np.array_equal(layer.backward(out), x)
