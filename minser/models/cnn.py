"""The convolutional network that most student systems share: a few blocks, a pooling over all positions, a dense head.

Comes in: the sizes. Goes out: a ``Sequential`` from (batch, n_bins, n_frames, channels) to logits (batch,
n_classes).
"""

from collections.abc import Callable, Sequence

import numpy as np

from minser import nn
from minser.models.head import with_head


def build(
    *,
    in_channels: int,
    in_size: tuple[int, int],
    n_classes: int,
    channels: Sequence[int],
    pool_size: tuple[int, int],
    block_dropout: float,
    pooling: nn.Layer,
    hidden: int,
    head_dropout: float,
    norm: Callable[[int], nn.Layer] | None = nn.BatchNorm,
    hidden_layers: int = 1,
    rng: np.random.Generator,
) -> nn.Sequential:
    """Return a network of blocks (convolution, batch norm, ReLU, max pooling, dropout) and a dense head.

    Parameters
    ----------
    in_channels : int
        Channels of the input, 1 for a spectrogram.
    in_size : (int, int)
        Height and width of the input, bins and frames.
    n_classes : int
        Number of logits.
    channels : sequence of int
        Filters of each block, 3 x 3.
    pool_size : (int, int)
        Bins and frames that each max pooling makes one.
    block_dropout, head_dropout : float
        Probability of zeroing after each block, and before each dense layer.
    pooling, hidden, hidden_layers
        See `with_head`.
    norm : callable, optional
        Makes a block's batch norm of its number of filters; None leaves it out.
    rng : numpy.random.Generator
        Draws the weights.

    Raises
    ------
    ValueError
        If the blocks pool the input away.
    """
    for n, pool, what in zip(in_size, pool_size, ("bins", "frames"), strict=True):
        if n < pool ** len(channels):
            raise ValueError(f"channels: {len(channels)} blocks that pool by {pool} leave none of {n} {what}")
    layers: dict[str, nn.Layer] = {}
    for i, (before, out_channels) in enumerate(zip((in_channels, *channels), channels, strict=False), 1):
        layers[f"conv{i}"] = nn.Conv2d(before, out_channels, kernel_size=3, padding=1, rng=rng)
        if norm is not None:
            layers[f"norm{i}"] = norm(out_channels)
        layers[f"relu{i}"] = nn.ReLU()
        layers[f"pool{i}"] = nn.MaxPool2d(pool_size)
        layers[f"drop{i}"] = nn.Dropout(block_dropout)
    return with_head(
        layers,
        in_shape=(*in_size, in_channels),
        n_classes=n_classes,
        pooling=pooling,
        hidden=hidden,
        hidden_layers=hidden_layers,
        dropout=head_dropout,
        rng=rng,
    )
