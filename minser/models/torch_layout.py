"""Our arrays in torch's names and layouts, and back.

Comes in: arrays by the names of a ``Sequential`` (``conv1.weight``). Goes out: the same as a state_dict of a
``torch.nn.Sequential`` with these names; or the way back. Called by ``export`` and by the readers of foreign weights.

| layer | ours | torch's |
|---|---|---|
| convolution | weight (k_h, k_w, in, out) | weight (out, in, k_h, k_w) |
| dense | weight (in, out) | weight (out, in) |
| attention pooling | weight (channels,) | weight (channels,), in a module of your own |
| batch norm | gamma, beta | weight, bias, and num_batches_tracked, which only counts |
"""

from collections.abc import Mapping

import numpy as np

from minser.nn import Array

_TO_TORCH = {"gamma": "weight", "beta": "bias"}
_COUNTER = "num_batches_tracked"


def to_state_dict(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return parameters and buffers as torch has them, each a contiguous array of its own."""
    state = {}
    for name, array in arrays.items():
        layer, _, key = name.rpartition(".")
        state[f"{layer}.{_TO_TORCH.get(key, key)}"] = np.array(_transposed(array, (3, 2, 0, 1)), order="C")
        if key == "running_mean":
            state[f"{layer}.{_COUNTER}"] = np.zeros((), np.int64)
    return state


def from_state_dict(state: Mapping[str, Array]) -> dict[str, Array]:
    """Return a state_dict's arrays as we have them: the inverse of `to_state_dict`."""
    norms = {name.rpartition(".")[0] for name in state if name.endswith(".running_mean")}
    back = {torch: ours for ours, torch in _TO_TORCH.items()}
    arrays = {}
    for name, array in state.items():
        layer, _, key = name.rpartition(".")
        if key != _COUNTER:
            own = back.get(key, key) if layer in norms else key
            arrays[f"{layer}.{own}"] = np.array(_transposed(array, (2, 3, 1, 0)), order="C")
    return arrays


def _transposed(array: Array, axes: tuple[int, int, int, int]) -> Array:
    """Return a convolution's weight with its axes in this order, a dense one's swapped, others as they are."""
    return array.transpose(axes) if array.ndim == 4 else array.T
