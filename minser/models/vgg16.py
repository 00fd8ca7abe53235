"""The convolutional part of VGG16 (Simonyan & Zisserman 2015, "Very deep convolutional networks", configuration D).

Comes in: sizes. Goes out: a ``Sequential`` from pictures (batch, height, width, channels) to (batch, height / 32, width
/ 32, 512).
"""

import numpy as np

from minser import nn
from minser.models.head import with_head

BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Filters of each convolution; a max pooling by 2 x 2 ends each block."""

CHAIN = tuple(
    name
    for i, block in enumerate(BLOCKS, 1)
    for name in (*(f"{kind}{i}_{j}" for j in range(1, len(block) + 1) for kind in ("conv", "relu")), f"pool{i}")
)
"""Names of all layers, in order: conv1_1, relu1_1, conv1_2, ..., pool5."""

CONVS = tuple(name for name in CHAIN if name.startswith("conv"))
"""Names of the thirteen convolutions."""


_FAMILY = {8: "VGG11", 10: "VGG13", 13: "VGG16", 16: "VGG19"}


def network_name(n_convs: int) -> str:
    """Return how the paper's network of so many convolutions is called."""
    return _FAMILY.get(n_convs, f"a network of {n_convs} convolutions")


def conv_stack(*, in_channels: int = 3, rng: np.random.Generator) -> nn.Sequential:
    """Return the thirteen convolutions with their ReLUs and five poolings: conv1_1, relu1_1, conv1_2, ..., pool5.

    Parameters
    ----------
    in_channels : int
        Channels of the input; 3 for colours.
    rng : numpy.random.Generator
        Draws the weights, He normal.
    """
    layers: dict[str, nn.Layer] = {}
    for i, block in enumerate(BLOCKS, 1):
        for j, out_channels in enumerate(block, 1):
            layers[f"conv{i}_{j}"] = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, rng=rng)
            layers[f"relu{i}_{j}"] = nn.ReLU()
            in_channels = out_channels
        layers[f"pool{i}"] = nn.MaxPool2d(2)
    return nn.Sequential(layers)


class InputScaling(nn.Layer):
    """``(x - mean) / std`` for each channel: the scale of pictures that a network was trained on, stored with it.

    It cannot be folded into the first convolution, whose border of zeros stands for this scale's zero.

    Parameters
    ----------
    channels : int
        Channels of a picture. Values from 0 to 1 become -1 to 1 until weights bring their own scale.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.buffers["mean"] = np.full(channels, 0.5, np.float32)
        self.buffers["std"] = np.full(channels, 0.5, np.float32)

    def forward(self, x: nn.Array, *, training: bool = False, rng: np.random.Generator | None = None) -> nn.Array:
        """Return the scaled pictures."""
        return np.asarray((x - self.buffers["mean"]) / self.buffers["std"])

    def backward(self, grad_output: nn.Array, *, need_input: bool = True) -> nn.Array | None:
        """Return the gradient of the input."""
        return np.asarray(grad_output / self.buffers["std"]) if need_input else None


def build(
    *,
    in_channels: int,
    in_size: tuple[int, int],
    n_classes: int,
    pooling: nn.Layer,
    hidden: int,
    hidden_layers: int,
    head_dropout: float,
    rng: np.random.Generator,
) -> nn.Sequential:
    """Return VGG16 with our dense layers instead of its own: input, conv1_1, ..., pool5, pooling, hidden, logits.

    Parameters
    ----------
    in_channels : int
        Channels of the pictures, whose values lie from 0 to 1.
    in_size : (int, int)
        Height and width of the pictures, 32 or more.
    n_classes : int
        Number of logits.
    pooling, hidden, hidden_layers, head_dropout
        See `with_head`.
    rng : numpy.random.Generator
        Draws the weights.

    Raises
    ------
    ValueError
        If the pictures are too small to be halved five times.
    """
    if min(in_size) < 2 ** len(BLOCKS):
        raise ValueError(f"in_size: VGG16 halves its pictures {len(BLOCKS)} times, got {in_size}")
    return with_head(
        {"input": InputScaling(in_channels), **conv_stack(in_channels=in_channels, rng=rng).layers},
        in_shape=(*in_size, in_channels),
        n_classes=n_classes,
        pooling=pooling,
        hidden=hidden,
        hidden_layers=hidden_layers,
        dropout=head_dropout,
        rng=rng,
    )
