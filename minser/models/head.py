"""What every network ends in: a pooling over all positions and dense layers.

Comes in: sizes. Goes out: named layers, from (batch, height, width, channels) to logits (batch, n_classes).
"""

import numpy as np

from minser import nn


def dense_head(
    *,
    in_shape: tuple[int, ...],
    n_classes: int,
    pooling: nn.Layer,
    hidden: int,
    hidden_layers: int,
    dropout: float,
    rng: np.random.Generator,
) -> dict[str, nn.Layer]:
    """Return pooling, hidden dense layers with ReLU, and the logits, dropout before each dense layer.

    Parameters
    ----------
    in_shape : (int, int, int)
        Height, width and channels that come in; only for ``Flatten`` do height and width matter.
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
    layers: dict[str, nn.Layer] = {"pooling": pooling}
    (features,) = pooling.output_shape(in_shape)
    for i in range(1, hidden_layers + 1 if hidden else 1):
        name = "hidden" if i == 1 else f"hidden_{i}"
        layers[f"drop_{name}"] = nn.Dropout(dropout)
        layers[name] = nn.Dense(features, hidden, rng=rng)
        layers[f"relu_{name}"] = nn.ReLU()
        features = hidden
    layers["drop_logits"] = nn.Dropout(dropout)
    layers["logits"] = nn.Dense(features, n_classes, rng=rng)
    layers["logits"].params["weight"][...] = 0  # the first loss is ln(n_classes): no random opinion to unlearn
    return layers
