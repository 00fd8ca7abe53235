import numpy as np
import pytest

from minser import nn
from minser.models import vgg16


def make(rng, *, in_size=(32, 32), hidden_layers=2, head_dropout=0.2):
    return vgg16.build(
        in_channels=3,
        in_size=in_size,
        n_classes=8,
        pooling=nn.GlobalAveragePool(),
        hidden=6,
        hidden_layers=hidden_layers,
        head_dropout=head_dropout,
        rng=rng,
    )


@pytest.fixture(scope="module")
def network():
    return make(np.random.default_rng(0))


def torch_twin(torch, model):
    """Return the same network in torch, with the same weights."""
    layers = []
    for name, layer in model.layers.items():
        if isinstance(layer, nn.Conv2d):
            k_h, _, before, after = layer.params["weight"].shape
            twin = torch.nn.Conv2d(before, after, k_h, padding=1)
            twin.weight.data = torch.tensor(layer.params["weight"].transpose(3, 2, 0, 1).copy())
            twin.bias.data = torch.tensor(layer.params["bias"])
            layers.append(twin)
        elif isinstance(layer, nn.Dense):
            twin = torch.nn.Linear(*layer.params["weight"].shape)
            twin.weight.data = torch.tensor(layer.params["weight"].T.copy())
            twin.bias.data = torch.tensor(layer.params["bias"])
            layers.append(twin)
        elif isinstance(layer, nn.ReLU):
            layers.append(torch.nn.ReLU())
        elif isinstance(layer, nn.MaxPool2d):
            layers.append(torch.nn.MaxPool2d(2))
        elif name == "pooling":
            layers += [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()]
    return torch.nn.Sequential(*layers).double()


@pytest.mark.slow
def test_logits_and_every_gradient_equal_torch(rng):
    torch = pytest.importorskip("torch")
    model = make(rng, in_size=(32, 64), hidden_layers=1, head_dropout=0.0)
    model.params["logits.weight"][...] = rng.standard_normal((6, 8))
    model.layers["input"].buffers["mean"][...] = 0.4, 0.5, 0.6
    model.layers["input"].buffers["std"][...] = 0.2, 0.3, 0.4
    model.astype(np.float64)
    twin = torch_twin(torch, model)
    x, r = rng.random((2, 32, 64, 3)), rng.standard_normal((2, 8))
    logits = model.forward(x, training=True, rng=rng)
    grad_input = model.backward(r)
    x_torch = torch.tensor(x.transpose(0, 3, 1, 2).copy(), requires_grad=True)
    mean, std = (model.buffers[f"input.{name}"].reshape(3, 1, 1) for name in ("mean", "std"))
    expected = twin((x_torch - torch.tensor(mean)) / torch.tensor(std))
    (expected * torch.tensor(r)).sum().backward()
    # float64: thirteen layers of sums of up to 4608 products, each rounding by 1e-16 of the sum; values around 1
    np.testing.assert_allclose(logits, expected.detach().numpy(), rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(grad_input, x_torch.grad.numpy().transpose(0, 2, 3, 1), rtol=1e-8, atol=1e-11)
    parameters = [name for name in model.params if not name.startswith("input")]
    for name, parameter in zip(parameters, twin.parameters(), strict=True):
        truth = parameter.grad.numpy()
        truth = truth.transpose(2, 3, 1, 0) if truth.ndim == 4 else truth.T
        np.testing.assert_allclose(model.grads[name], truth, rtol=1e-8, atol=1e-10 * np.abs(truth).max(), err_msg=name)


def test_configuration_d(network):
    convs = [layer for layer in network.layers.values() if isinstance(layer, nn.Conv2d)]
    assert sum(array.size for layer in convs for array in layer.params.values()) == 14_714_688  # Keras's no-top model
    assert [name for name in network.layers if name.startswith("conv")] == list(vgg16.CONVS)
    assert vgg16.CONVS[0] == "conv1_1"
    assert vgg16.CONVS[-1] == "conv5_3"


def test_the_stack_alone_makes_32_pixels_one():
    stack = vgg16.conv_stack(in_channels=1, rng=np.random.default_rng(0))
    assert stack.output_shape((128, 96, 1)) == (4, 3, 512)
    assert list(stack.layers)[:5] == ["conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1"]
    assert stack.forward(np.zeros((1, 32, 32, 1), np.float32)).shape == (1, 1, 1, 512)


def test_first_weights_are_he_normal(network):
    weight = network.params["conv4_2.weight"]
    assert weight.std() == pytest.approx(np.sqrt(2 / (9 * 512)), rel=0.01)  # of 2.4 million draws: 0.05 % of error


def test_pictures_are_scaled_by_mean_and_deviation_and_gradients_likewise(rng):
    layer = vgg16.InputScaling(3)
    x = rng.random((2, 4, 5, 3)).astype(np.float32)
    np.testing.assert_allclose(layer.forward(x), 2 * x - 1, atol=1e-6)
    layer.buffers["mean"][:], layer.buffers["std"][:] = (0.1, 0.2, 0.3), (0.5, 0.25, 0.2)
    np.testing.assert_allclose(layer.forward(x), (x - [0.1, 0.2, 0.3]) * [2, 4, 5], atol=1e-5)
    np.testing.assert_allclose(layer.backward(x), x * np.float32([2, 4, 5]), rtol=1e-6)
    assert layer.backward(x, need_input=False) is None
    assert layer.forward(x).dtype == np.float32


def test_pictures_that_cannot_be_halved_five_times_are_refused(rng):
    with pytest.raises(ValueError, match=r"in_size: VGG16 halves its pictures 5 times, got \(128, 31\)"):
        make(rng, in_size=(128, 31))
