import numpy as np
import pytest

from minser.explanation import saliency_map

from .networks import torch_logits


@pytest.mark.parametrize("target", range(6))
def test_equals_torchs_autograd(network_and_input, target):
    torch = pytest.importorskip("torch")
    model, x = network_and_input
    tensor = torch.tensor(x[np.newaxis], requires_grad=True)
    torch_logits(model, tensor, {})[0, target].backward()
    expected = tensor.grad[0].abs().amax(dim=-1).numpy()
    got = saliency_map(model, x, target)
    assert got.dtype == np.float32
    assert got.shape == (16, 21)
    np.testing.assert_allclose(got, expected, atol=1e-5 * expected.max())  # rounding; the promise is 1e-4


def test_is_what_a_small_step_does(network_and_input):
    model, x = network_and_input
    model.astype(np.float64)
    x = x.astype(np.float64)
    got = saliency_map(model, x, 2)
    place = np.unravel_index(got.argmax(), got.shape)
    steps = []
    for channel in range(x.shape[2]):
        moved = np.stack([x, x])
        moved[0, *place, channel] += 1e-6
        moved[1, *place, channel] -= 1e-6
        above, below = model.forward(moved)[:, 2]
        steps.append(abs(above - below) / 2e-6)
    assert max(steps) == pytest.approx(got[place], rel=1e-6)


@pytest.mark.parametrize("target", [-1, 6])
def test_an_unknown_class_is_refused(network_and_input, target):
    model, x = network_and_input
    with pytest.raises(ValueError, match=f"target: expected a class from 0 to 5, got {target}"):
        saliency_map(model, x, target)
