import numpy as np
import pytest

from minser import nn

from .networks import make_network

CASES = {
    "gray, mean": {"pooling": nn.GlobalAveragePool(), "in_channels": 1, "hidden": 0},
    "gray, mean and maximum": {"pooling": nn.MeanMaxPool(), "in_channels": 1, "hidden": 7},
    "colours, mean": {"pooling": nn.GlobalAveragePool(), "in_channels": 3, "hidden": 7},
}


@pytest.fixture(params=CASES)
def network_and_input(request, rng) -> tuple[nn.Sequential, np.ndarray]:
    """A network of each kind that recipes make, and an input with an odd number of frames."""
    case = CASES[request.param]
    return make_network(**case), rng.standard_normal((16, 21, case["in_channels"])).astype(np.float32)
