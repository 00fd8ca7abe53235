"""A network with weights as after training, and the same in torch."""

from typing import Any

import numpy as np

from minser import nn
from minser.models import cnn


def make_network(*, pooling: nn.Layer, in_channels: int, hidden: int) -> nn.Sequential:
    """Two blocks, six classes; nothing is left at its start, so that every layer has its part in the gradient.

    Six, for with five and one sample the gradient of the hidden layer is a product with a matrix of five columns, and
    OpenBLAS's `sgemv` for AVX-512 then computes with memory that it never wrote: the result is right, but now and
    then the processor's flag, and so NumPy, says "invalid value". NumPy 2.4.6's OpenBLAS 0.3.31 does so;
    findings/openblas_flags_a_right_product_as_invalid.sh shows it.
    """
    rng = np.random.default_rng(7)
    model = cnn.build(
        in_channels=in_channels,
        in_size=(8, 8),
        n_classes=6,
        channels=(6, 9),
        pool_size=(2, 2),
        block_dropout=0.25,
        pooling=pooling,
        hidden=hidden,
        head_dropout=0.5,
        rng=rng,
    )
    for name, array in {**model.params, **model.buffers}.items():
        if name.endswith("running_var"):
            array[...] = rng.uniform(0.5, 2, array.shape)
        elif not name.startswith("conv"):
            array[...] += 0.3 * rng.standard_normal(array.shape)
    return model


def torch_logits(model: nn.Sequential, x: Any, inner: dict[str, Any]) -> Any:
    """Return the same network's logits of a tensor (batch, n_bins, n_frames, channels); each layer's output in `inner`.

    The outputs are channels first.
    """
    import torch
    from torch.nn import functional

    x = x.permute(0, 3, 1, 2)
    for name, layer in model.layers.items():
        arrays = {key: torch.tensor(array) for key, array in {**layer.params, **layer.buffers}.items()}
        match layer:
            case nn.Conv2d():
                x = functional.conv2d(x, arrays["weight"].permute(3, 2, 0, 1), arrays["bias"], padding=layer.padding)
            case nn.BatchNorm():
                x = functional.batch_norm(
                    x, arrays["running_mean"], arrays["running_var"], arrays["gamma"], arrays["beta"], eps=layer.eps
                )
            case nn.ReLU():
                x = functional.relu(x)
            case nn.MaxPool2d():
                x = functional.max_pool2d(x, layer.kernel_size, layer.stride)
            case nn.GlobalAveragePool():
                x = x.mean(dim=(2, 3))
            case nn.MeanMaxPool():
                profile = x.mean(dim=2)
                x = torch.cat([profile.mean(dim=2), profile.amax(dim=2)], dim=1)
            case nn.Dense():
                x = functional.linear(x, arrays["weight"].T, arrays["bias"])
            case nn.Dropout():
                pass
            case _:
                raise TypeError(f"no torch twin of {type(layer).__name__}")
        x.retain_grad()
        inner[name] = x
    return x
