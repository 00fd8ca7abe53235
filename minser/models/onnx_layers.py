"""A network as ONNX nodes: one function for each class of layers.

Comes in: a graph, and a ``Sequential``. Goes out: nodes from (batch, channels, height, width), as ONNX has its images,
to logits (batch, n_classes).
"""

from collections.abc import Callable
from typing import Any

from minser import nn
from minser.models.vgg16 import InputScaling
from minser.system.onnx_graph import Graph


def add_network(op: Graph, x: str, model: nn.Sequential) -> str:
    """Add a network as it is after training, and return the name of its logits.

    Parameters
    ----------
    op : Graph
        Where its nodes go.
    x : str
        Name of its input, float32 (batch, channels, n_bins, n_frames).
    model : Sequential
        Of the layers that recipes build.
    """
    for layer in model.layers.values():
        x = _LAYERS[type(layer)](op, x, layer)
    return x


def _conv2d(op: Graph, x: str, layer: nn.Conv2d) -> str:
    """Return the convolved images."""
    weight = layer.params["weight"].transpose(3, 2, 0, 1)  # (out, in, k_h, k_w)
    return op("Conv", x, weight, layer.params["bias"], strides=layer.stride, pads=layer.padding * 2)


def _batch_norm(op: Graph, x: str, layer: nn.BatchNorm) -> str:
    """Return the images normalised by the running statistics."""
    arrays = (layer.params["gamma"], layer.params["beta"], layer.buffers["running_mean"], layer.buffers["running_var"])
    return op("BatchNormalization", x, *arrays, epsilon=layer.eps)


def _max_pool2d(op: Graph, x: str, layer: nn.MaxPool2d) -> str:
    """Return the largest value of each window."""
    return op("MaxPool", x, kernel_shape=layer.kernel_size, strides=layer.stride)


def _mean_max_pool(op: Graph, x: str, layer: nn.MeanMaxPool) -> str:
    """Return mean and maximum over time, side by side."""
    if layer.keep_bins:
        moments = op("Reshape", op("Transpose", x, perm=[0, 3, 2, 1]), [0, 0, -1])  # (batch, width, height * channels)
    else:
        moments = op("Transpose", op("ReduceMean", x, [2], keepdims=0), perm=[0, 2, 1])  # (batch, width, channels)
    both = (op(reduce, moments, [1], keepdims=0) for reduce in ("ReduceMean", "ReduceMax"))
    return op("Concat", *both, axis=1)


def _flatten(op: Graph, x: str, layer: nn.Flatten) -> str:
    """Return all values in a row, in minser's order: (height, width, channel)."""
    return op("Flatten", op("Transpose", x, perm=[0, 2, 3, 1]))


def _input_scaling(op: Graph, x: str, layer: InputScaling) -> str:
    """Return pictures on the scale of the weights."""
    mean, std = (layer.buffers[name].reshape(-1, 1, 1) for name in ("mean", "std"))
    return op("Div", op("Sub", x, mean), std)


_LAYERS: dict[type[nn.Layer], Callable[[Graph, str, Any], str]] = {
    nn.Conv2d: _conv2d,
    nn.BatchNorm: _batch_norm,
    nn.ReLU: lambda op, x, layer: op("Relu", x),
    nn.MaxPool2d: _max_pool2d,
    nn.Dropout: lambda op, x, layer: x,
    nn.GlobalAveragePool: lambda op, x, layer: op("ReduceMean", x, [2, 3], keepdims=0),
    nn.MeanMaxPool: _mean_max_pool,
    nn.Flatten: _flatten,
    nn.Dense: lambda op, x, layer: op("Gemm", x, layer.params["weight"], layer.params["bias"]),
    InputScaling: _input_scaling,
}
