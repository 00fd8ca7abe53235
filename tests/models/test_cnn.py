import numpy as np
import pytest

from minser import nn
from minser.models import cnn

SIZES = {"in_channels": 2, "in_size": (9, 12), "n_classes": 3, "channels": (4, 6), "pool_size": (2, 3), "hidden": 5}


def make(pooling, *, dropout=0.0):
    return cnn.build(
        **SIZES, block_dropout=dropout, head_dropout=dropout, pooling=pooling, rng=np.random.default_rng(0)
    )


def torch_twin(torch, model):
    """Return the same network in torch, with the same weights, from (batch, channels, height, width) to logits."""

    class MeanMax(torch.nn.Module):
        def forward(self, x):
            profile = x.mean(dim=2)
            return torch.cat([profile.mean(dim=2), profile.amax(dim=2)], dim=1)

    blocks = []
    for i, (before, after) in enumerate([(2, 4), (4, 6)], 1):
        conv, norm = torch.nn.Conv2d(before, after, 3, padding=1), torch.nn.BatchNorm2d(after)
        conv.weight.data = torch.tensor(model.params[f"conv{i}.weight"].transpose(3, 2, 0, 1))
        conv.bias.data = torch.tensor(model.params[f"conv{i}.bias"])
        blocks += [conv, norm, torch.nn.ReLU(), torch.nn.MaxPool2d((2, 3))]
    if isinstance(model.layers["pooling"], nn.MeanMaxPool):
        blocks.append(MeanMax())
    else:
        blocks += [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()]
    for name in ("hidden", "logits"):
        weight = model.params[f"{name}.weight"]
        dense = torch.nn.Linear(*weight.shape)
        dense.weight.data, dense.bias.data = torch.tensor(weight.T), torch.tensor(model.params[f"{name}.bias"])
        blocks += [dense, torch.nn.ReLU()]
    return torch.nn.Sequential(*blocks[:-1]).double()


@pytest.mark.parametrize("pooling", [nn.GlobalAveragePool(), nn.MeanMaxPool()])
def test_logits_and_every_gradient_equal_torch(pooling, rng):
    torch = pytest.importorskip("torch")
    model = make(pooling)
    model.astype(np.float64)
    model.params["logits.weight"][...] = rng.standard_normal((5, 3))
    twin = torch_twin(torch, model)
    x = rng.standard_normal((4, 9, 12, 2))
    r = rng.standard_normal((4, 3))
    logits = model.forward(x, training=True)
    grad_input = model.backward(r)
    x_torch = torch.tensor(x.transpose(0, 3, 1, 2).copy(), requires_grad=True)
    expected = twin(x_torch)
    (expected * torch.tensor(r)).sum().backward()
    # float64: rounding of sums of some hundred terms
    np.testing.assert_allclose(logits, expected.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(grad_input, x_torch.grad.numpy().transpose(0, 2, 3, 1), atol=1e-12)
    ours = [model.grads[name] for name in model.params]
    for got, parameter in zip(ours, twin.parameters(), strict=True):
        truth = parameter.grad.numpy()
        truth = truth.transpose(2, 3, 1, 0) if truth.ndim == 4 else truth.T
        np.testing.assert_allclose(got, truth, atol=1e-12)


def test_every_class_is_equally_likely_at_first(rng):
    logits = make(nn.MeanMaxPool()).forward(rng.standard_normal((4, 9, 12, 2)).astype(np.float32))
    assert nn.SoftmaxCrossEntropy().forward(logits, np.array([0, 1, 2, 0])) == pytest.approx(np.log(3))


def test_without_a_hidden_layer_the_pooled_vector_goes_to_the_logits():
    model = cnn.build(
        in_channels=1,
        in_size=(16, 16),
        n_classes=8,
        channels=(4,),
        pool_size=(2, 2),
        block_dropout=0.1,
        pooling=nn.GlobalAveragePool(),
        hidden=0,
        head_dropout=0.1,
        rng=np.random.default_rng(0),
    )
    assert "hidden" not in model.layers
    assert model.output_shape((16, 16, 1)) == (8,)


def test_without_batch_norm_and_with_two_hidden_layers():
    model = cnn.build(
        **SIZES,
        block_dropout=0.1,
        head_dropout=0.1,
        pooling=nn.GlobalAveragePool(),
        norm=None,
        hidden_layers=2,
        rng=np.random.default_rng(0),
    )
    assert not any(isinstance(layer, nn.BatchNorm) for layer in model.layers.values())
    assert model.params["hidden_2.weight"].shape == (5, 5)


def test_flatten_knows_the_size_of_what_is_left():
    model = cnn.build(
        **(SIZES | {"in_size": (9, 19)}),
        block_dropout=0.0,
        head_dropout=0.0,
        pooling=nn.Flatten(),
        rng=np.random.default_rng(0),
    )
    assert model.params["hidden.weight"].shape == (2 * 2 * 6, 5)  # 9 // 2 // 2, 19 // 3 // 3
    assert model.forward(np.zeros((1, 9, 19, 2), np.float32)).shape == (1, 3)


def test_same_seed_same_weights():
    first, second = make(nn.MeanMaxPool()), make(nn.MeanMaxPool())
    for name, array in first.params.items():
        np.testing.assert_array_equal(array, second.params[name])


def test_the_published_size_of_the_trimmed_logmel_network():
    model = cnn.build(
        in_channels=1,
        in_size=(16, 16),
        n_classes=8,
        channels=(32, 64, 128),
        pool_size=(2, 2),
        block_dropout=0.25,
        pooling=nn.GlobalAveragePool(),
        hidden=128,
        head_dropout=0.5,
        rng=np.random.default_rng(0),
    )
    n_conv = (9 * 1 + 1) * 32 + (9 * 32 + 1) * 64 + (9 * 64 + 1) * 128
    n_norm = 2 * (32 + 64 + 128)
    n_dense = (128 + 1) * 128 + (128 + 1) * 8
    assert sum(array.size for array in model.params.values()) == n_conv + n_norm + n_dense


def test_blocks_that_pool_everything_away_are_refused(rng):
    whole = {**SIZES, "block_dropout": 0.0, "head_dropout": 0.0, "pooling": nn.GlobalAveragePool(), "rng": rng}
    assert cnn.build(**(whole | {"in_size": (4, 9)}))
    with pytest.raises(ValueError, match="channels: 2 blocks that pool by 3 leave none of 8 frames"):
        cnn.build(**(whole | {"in_size": (4, 8)}))
