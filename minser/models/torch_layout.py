"""Our arrays in torch's names and layouts.

Comes in: arrays by the names of a ``Sequential`` (``conv1.weight``). Goes out: the same as a state_dict of a
``torch.nn.Sequential`` with these names.

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
            places = array.reshape(-1, flattened[layer], array.shape[1])  # (height * width, channels, out)
            array = places.swapaxes(0, 1).reshape(array.shape)
        transposed = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T
        state[f"{layer}.{_TO_TORCH.get(key, key)}"] = np.array(transposed, order="C")
        if key == "running_mean":
            state[f"{layer}.num_batches_tracked"] = np.zeros((), np.int64)
    return state
