"""Our arrays in torch's names and layouts, and back.

Comes in: arrays by the names of a ``Sequential`` (``conv1.weight``). Goes out: the same as a state_dict of a
``torch.nn.Sequential`` with these names; or the way back.

| layer | ours | torch's |
|---|---|---|
| convolution | weight (k_h, k_w, in, out) | weight (out, in, k_h, k_w) |
| dense | weight (in, out) | weight (out, in) |
| dense after ``Flatten`` | in: (height, width, channel) in a row | in: (channel, height, width) in a row |
| batch norm | gamma, beta | weight, bias, and num_batches_tracked, which only counts |
| scaling of pictures (vgg16) | mean, std (channels,) | mean, std (channels,), in a module of your own |
"""

from collections.abc import Mapping

import numpy as np

from minser import nn
from minser.nn import Array

_TO_TORCH = {"gamma": "weight", "beta": "bias"}
_COUNTER = "num_batches_tracked"


def flattened_channels(model: nn.Sequential, *, in_channels: int) -> dict[str, int]:
    """Return how many channels ``Flatten`` lays in a row before a dense layer, by the dense layer's name.

    Parameters
    ----------
    model : Sequential
        A chain in which at most dropout stands between ``Flatten`` and the dense layer.
    in_channels : int
        Channels of the network's input.
    """
    found, channels, is_flat = {}, in_channels, False
    for name, layer in model.layers.items():
        if isinstance(layer, nn.Conv2d):
            channels = layer.params["bias"].size
        elif isinstance(layer, nn.Flatten):
            is_flat = True
        elif isinstance(layer, nn.Dense):
            if is_flat:
                found[name] = channels
            is_flat = False
    return found


def to_state_dict(arrays: Mapping[str, Array], flattened: Mapping[str, int] = {}) -> dict[str, Array]:
    """Return parameters and buffers as torch has them, each a contiguous array of its own.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Under our names, in our layouts.
    flattened : mapping of str to int
        See `flattened_channels`; needed where a dense layer follows ``Flatten``.
    """
    state = {}
    for name, array in arrays.items():
        layer, _, key = name.rpartition(".")
        if key == "weight" and layer in flattened:
            array = _swapped(array, (-1, flattened[layer]))
        state[f"{layer}.{_TO_TORCH.get(key, key)}"] = np.array(_transposed(array, (3, 2, 0, 1)), order="C")
        if key == "running_mean":
            state[f"{layer}.{_COUNTER}"] = np.zeros((), np.int64)
    return state


def from_state_dict(state: Mapping[str, Array], flattened: Mapping[str, int] = {}) -> dict[str, Array]:
    """Return a state_dict's arrays as we have them: the inverse of `to_state_dict`.

    Raises
    ------
    ValueError
        If a weight that follows ``Flatten`` does not have so many channels.
    """
    norms = {name.rpartition(".")[0] for name in state if name.endswith(".running_mean")}
    back = {torch: ours for ours, torch in _TO_TORCH.items()}
    arrays = {}
    for name, array in state.items():
        layer, _, key = name.rpartition(".")
        if key == _COUNTER:
            continue
        own = back.get(key, key) if layer in norms else key
        array = _transposed(array, (2, 3, 1, 0))
        if key == "weight" and layer in flattened:
            if array.ndim != 2 or len(array) % flattened[layer]:
                raise ValueError(
                    f"{name!r} has shape {state[name].shape}, expected (out, in) with in a multiple of "
                    f"{flattened[layer]} flattened channels"
                )
            array = _swapped(array, (flattened[layer], -1))
        arrays[f"{layer}.{own}"] = np.array(array, order="C")
    return arrays


def _transposed(array: Array, axes: tuple[int, int, int, int]) -> Array:
    """Return a convolution's weight with its axes in this order, a dense one's swapped, others as they are."""
    return array.transpose(axes) if array.ndim == 4 else array.T


def _swapped(weight: Array, order: tuple[int, int]) -> Array:
    """Return a dense weight (in, out), whose inputs are such a table in a row, with the table's columns in a row."""
    return weight.reshape(*order, weight.shape[1]).swapaxes(0, 1).reshape(weight.shape)
