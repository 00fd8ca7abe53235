"""What every network ends in: a pooling over all positions and dense layers.

Comes in: the layers before them, and sizes. Goes out: a ``Sequential`` from (batch, height, width, channels) to logits
(batch, n_classes).
"""

from collections.abc import Mapping

import numpy as np

from minser import nn


def with_head(
    trunk: Mapping[str, nn.Layer],
    *,
    in_shape: tuple[int, ...],
    n_classes: int,
    pooling: nn.Layer,
    hidden: int,
    hidden_layers: int,
    dropout: float,
    rng: np.random.Generator,
) -> nn.Sequential:
    """Return a network of layers, a pooling, hidden dense layers with ReLU, and the logits.

    Dropout stands before each dense layer.

    Parameters
    ----------
    trunk : mapping of str to Layer
        The layers before the pooling, in order.
    in_shape : (int, int, int)
        Height, width and channels of the network's input; only for ``Flatten`` do height and width matter.
    n_classes : int
        Number of logits.
    pooling : Layer
        From (batch, height, width, channels) to a vector a clip: ``GlobalAveragePool()``, ``MeanMaxPool()``
        or ``Flatten()``.
    hidden, hidden_layers : int
        Units of a hidden layer, 0 for none; and how many such layers.
    dropout : float
        Probability of zeroing before each dense layer.
    rng : numpy.random.Generator
        Draws the weights.
    """
    layers = {**trunk, "pooling": pooling}
    (features,) = nn.Sequential(layers).output_shape(in_shape)
    for i in range(1, hidden_layers + 1 if hidden else 1):
        name = "hidden" if i == 1 else f"hidden_{i}"
        layers[f"drop_{name}"] = nn.Dropout(dropout)
        layers[name] = nn.Dense(features, hidden, rng=rng)
        layers[f"relu_{name}"] = nn.ReLU()
        features = hidden
    layers["drop_logits"] = nn.Dropout(dropout)
    layers["logits"] = nn.Dense(features, n_classes, rng=rng)
    layers["logits"].params["weight"][...] = 0  # the first loss is ln(n_classes): no random opinion to unlearn
    return nn.Sequential(layers)
