"""A layer and the same thing in torch, side by side: forward, backward, and the rounding that may part them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from minser import nn

DTYPES = st.sampled_from([np.float32, np.float64])
SEEDS = st.integers(0, 2**32 - 1)


def assert_close(got: np.ndarray, expected: np.ndarray, *, n_terms: int) -> None:
    """Hold two results of the same sum of `n_terms` products together.

    Each of its additions rounds a partial sum by half an eps of it, and no partial sum is far above the largest
    result: ``n_terms * eps`` of that (or of 1), and twice as much for two libraries that sum in different orders.
    The factor 4 is room for the products' own rounding.
    """
    assert got.shape == expected.shape
    assert got.dtype == expected.dtype
    size = max(1.0, np.abs(expected).max(initial=0))
    np.testing.assert_allclose(got, expected, rtol=0, atol=4 * n_terms * np.finfo(got.dtype).eps * size)


def assert_equals_torch(
    layer: nn.Layer,
    x: np.ndarray,
    torch_forward: Callable[[Any, dict[str, Any]], Any],
    *,
    n_terms: int,
    training: bool = False,
) -> None:
    """Compare output, input gradient and parameter gradients.

    `torch_forward` takes tensors of `x` and of the layer's parameters, all in minser's layouts, and permutes them
    itself; its gradients then come back in minser's layouts too.
    """
    torch = pytest.importorskip("torch")
    params = {name: torch.tensor(array, requires_grad=True) for name, array in layer.params.items()}
    tensor = torch.tensor(x, requires_grad=True)
    expected = torch_forward(tensor, params)
    out = layer.forward(x, training=training)
    assert_close(out, expected.detach().numpy(), n_terms=n_terms)
    grad_output = np.random.default_rng(0).standard_normal(out.shape).astype(out.dtype)
    expected.backward(torch.tensor(grad_output))
    assert_close(layer.backward(grad_output), tensor.grad.numpy(), n_terms=n_terms)
    for name, param in params.items():
        assert_close(layer.grads[name], param.grad.numpy(), n_terms=n_terms)


def channels_first(x: Any) -> Any:
    """Permute (batch, height, width, channels) to torch's (batch, channels, height, width)."""
    return x.permute(0, 3, 1, 2)


def channels_last(x: Any) -> Any:
    """Permute back."""
    return x.permute(0, 2, 3, 1)


def torch_weight(weight: Any) -> Any:
    """Permute (k_h, k_w, in, out) to torch's (out, in, k_h, k_w)."""
    return weight.permute(3, 2, 0, 1).contiguous()  # some of torch's loops refuse views
