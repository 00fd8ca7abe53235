"""What torch has to know to build the same network: each layer's kind and sizes, JSON-ready, and its arrays.

Comes in: a ``Sequential``. Goes out: a list that ``torch_contender.build`` reads. The two never meet in one process:
minser's settings of threads and of BLAS would change torch.
"""

from typing import Any

from minser import nn
from minser.nn.layer import Shape

OPTIONS: dict[type[nn.Layer], tuple[str, ...]] = {
    nn.AveragePool2d: ("kernel_size",),
    nn.BatchNorm: ("momentum", "eps"),
    nn.Conv2d: ("kernel_size", "stride", "padding"),
    nn.Dense: (),
    nn.Dropout: ("p",),
    nn.Flatten: (),
    nn.GlobalAveragePool: (),
    nn.MaxPool2d: ("kernel_size", "stride"),
    nn.MeanMaxPool: ("keep_bins",),
    nn.ReLU: (),
}
"""Which of a layer's attributes, beside the shapes of its parameters, make it what it is."""


def describe(model: nn.Sequential, input_shape: Shape) -> list[dict[str, Any]]:
    """Return name, kind, number of axes of the batch that it takes, and options of every layer, in order.

    Parameters
    ----------
    model : Sequential
        Of the layers in `OPTIONS`.
    input_shape : tuple of int
        Of one sample.

    Raises
    ------
    ValueError
        If there is a layer of another kind.
    """
    layers = []
    for name, layer in model.layers.items():
        if type(layer) not in OPTIONS:
            raise ValueError(f"layer {name}: no twin in torch is known for a {type(layer).__name__}")
        options = {option: getattr(layer, option) for option in OPTIONS[type(layer)]}
        layers.append({"name": name, "kind": type(layer).__name__, "ndim": len(input_shape) + 1, **options})
        input_shape = layer.output_shape(input_shape)
    return layers
