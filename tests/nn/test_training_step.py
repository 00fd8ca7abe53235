"""A whole step of a small network: the same bytes on any number of threads, and as exact as torch's."""

from collections.abc import Iterator

import numba
import numpy as np
import pytest

from minser import nn
from minser.models import cnn

N_THREADS = numba.config.NUMBA_NUM_THREADS

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="too much for loops in Python")


@pytest.fixture(autouse=True)
def all_threads_again() -> Iterator[None]:
    yield
    numba.set_num_threads(N_THREADS)


def network(dtype: type = np.float32) -> nn.Sequential:
    """Return three blocks, the first of one channel, the others by Winograd's algorithm, one wider than its block."""
    model = cnn.build(
        in_channels=1,
        in_size=(16, 16),
        n_classes=3,
        channels=(8, 70, 12),
        pool_size=(2, 2),
        block_dropout=0.2,
        pooling=nn.MeanMaxPool(),
        hidden=16,
        head_dropout=0.2,
        rng=np.random.default_rng(0),
    )
    model.params["logits.weight"][...] = np.random.default_rng(1).standard_normal((16, 3))  # it starts at zero
    model.astype(dtype)
    return model


def gradients(model: nn.Sequential, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return the gradients of a batch's loss."""
    loss = nn.SoftmaxCrossEntropy()
    loss.forward(model.forward(x, training=True, rng=np.random.default_rng(2)), np.arange(len(x)) % 3)
    model.backward(loss.backward(), need_input=False)
    return dict(model.grads)


@pytest.mark.skipif(N_THREADS < 2, reason="one core: there is nothing to compare")
def test_the_same_bytes_on_any_number_of_threads() -> None:
    x = np.random.default_rng(3).standard_normal((19, 20, 26, 1), dtype=np.float32)
    weights = []
    for threads in (1, 2, N_THREADS):
        numba.set_num_threads(threads)
        model = network()
        optimizer = nn.Adam(model.params, lr=1e-2)
        for _ in range(3):
            optimizer.step(gradients(model, x))
        weights.append({**model.params, **model.buffers, "logits": model.forward(x)})
    for name, array in weights[0].items():
        assert all(array.tobytes() == other[name].tobytes() for other in weights[1:]), name


@pytest.mark.parametrize(("in_channels", "out_channels"), [(1, 16), (16, 32), (96, 80)])
def test_a_convolution_is_as_near_to_float64_as_torchs(in_channels: int, out_channels: int) -> None:
    torch = pytest.importorskip("torch", reason="compares with torch")
    rng = np.random.default_rng(0)
    layer = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, rng=rng)
    x = rng.standard_normal((8, 32, 30, in_channels), dtype=np.float32)
    grad = rng.standard_normal((8, 32, 30, out_channels), dtype=np.float32)
    ours = [layer.forward(x), layer.backward(grad), layer.grads["weight"], layer.grads["bias"]]

    def of_torch(dtype: "torch.dtype") -> list[np.ndarray]:
        image = torch.tensor(x.transpose(0, 3, 1, 2), dtype=dtype, requires_grad=True)
        weight = torch.tensor(layer.params["weight"].transpose(3, 2, 0, 1), dtype=dtype, requires_grad=True)
        bias = torch.tensor(layer.params["bias"], dtype=dtype, requires_grad=True)
        out = torch.nn.functional.conv2d(image, weight, bias, padding=1)
        out.backward(torch.tensor(grad.transpose(0, 3, 1, 2), dtype=dtype))
        images = [t.detach().numpy().transpose(0, 2, 3, 1) for t in (out, image.grad)]
        return [*images, weight.grad.numpy().transpose(2, 3, 1, 0), bias.grad.numpy()]

    for own, theirs, truth in zip(ours, of_torch(torch.float32), of_torch(torch.float64), strict=True):
        errors = [np.sqrt(np.mean((result - truth) ** 2)) for result in (own, theirs)]
        assert errors[0] < 2 * errors[1] + 1e-7 * np.abs(truth).max()  # both are a few roundings of float32
