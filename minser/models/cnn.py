"""The convolutional network that most student systems share: a few blocks, a pooling over all positions, a dense head.

Comes in: the sizes. Goes out: a ``Sequential`` from (batch, n_bins, n_frames, channels) to logits (batch,
n_classes).
"""

from collections.abc import Sequence

import numpy as np

from minser import nn


def build(
    *,
    in_channels: int,
    n_classes: int,
    channels: Sequence[int],
    kernel_size: int,
    pool_size: tuple[int, int],
    block_dropout: float,
    pooling: nn.Layer,
    hidden: int,
    head_dropout: float,
    rng: np.random.Generator,
) -> nn.Sequential:
    """Return a network of blocks (convolution, batch norm, ReLU, max pooling, dropout) and a dense head.

    Parameters
    ----------
    in_channels : int
        Channels of the input, 1 for a spectrogram.
    n_classes : int
        Number of logits.
    channels : sequence of int
        Filters of each block.
    kernel_size : int
        Height and width of each filter; odd, so that the picture keeps its size.
    pool_size : (int, int)
        Bins and frames that each max pooling makes one.
    block_dropout, head_dropout : float
        Probability of zeroing after each block, and before each dense layer.
    pooling : Layer
        From (batch, height, width, channels) to a vector a clip: ``GlobalAveragePool()`` or
        ``MeanMaxPool()``.
    hidden : int
        Units of a dense layer before the last; 0 for none.
    rng : numpy.random.Generator
        Draws the weights.

    Raises
    ------
    ValueError
        If `kernel_size` is even.
    """
    if kernel_size % 2 == 0:
        raise ValueError(f"kernel_size must be odd, got {kernel_size}")
    layers: dict[str, nn.Layer] = {}
    for i, out_channels in enumerate(channels, 1):
        layers[f"conv{i}"] = nn.Conv2d(
            in_channels, out_channels, kernel_size=kernel_size, padding=kernel_size // 2, rng=rng
        )
        layers[f"norm{i}"] = nn.BatchNorm(out_channels)
        layers[f"relu{i}"] = nn.ReLU()
        layers[f"pool{i}"] = nn.MaxPool2d(pool_size)
        layers[f"drop{i}"] = nn.Dropout(block_dropout)
        in_channels = out_channels
    layers["pooling"] = pooling
    (features,) = pooling.output_shape((1, 1, in_channels))
    if hidden:
        layers["drop_hidden"] = nn.Dropout(head_dropout)
        layers["hidden"] = nn.Dense(features, hidden, rng=rng)
        layers["relu_hidden"] = nn.ReLU()
        features = hidden
    layers["drop_logits"] = nn.Dropout(head_dropout)
    layers["logits"] = nn.Dense(features, n_classes, rng=rng)
    layers["logits"].params["weight"][...] = 0  # the first loss is ln(n_classes): no random opinion to unlearn
    return nn.Sequential(layers)
