import json

import numpy as np
import pytest

from minser import nn
from minser.nn.arrays import model_arrays
from minser.nn.layer import Layer
from tests.benchmark import networks, torch_contender, twin


def every_layer(rng):
    """Return a network with a layer of each kind, in two tails: one that flattens and one that pools."""
    trunk = {
        "conv": nn.Conv2d(2, 4, kernel_size=(3, 5), stride=(1, 2), padding=(1, 2), rng=rng),
        "norm": nn.BatchNorm(4, eps=1e-3),
        "relu": nn.ReLU(),
        "max": nn.MaxPool2d(3, stride=2),
        "average": nn.AveragePool2d((2, 1)),
        "drop": nn.Dropout(0.5),
    }
    flat = {"flat": nn.Flatten(), "dense": nn.Dense(16, 5, rng=rng), "norm_dense": nn.BatchNorm(5)}
    return [
        nn.Sequential({**trunk, **flat}),
        nn.Sequential({**trunk, "global": nn.GlobalAveragePool()}),
        nn.Sequential({**trunk, "mean_max": nn.MeanMaxPool()}),
        nn.Sequential({**trunk, "mean_max_bins": nn.MeanMaxPool(keep_bins=True)}),
        nn.Sequential(trunk),
    ]


@pytest.mark.parametrize("which", range(5))
def test_torch_answers_the_same_in_both_layouts(which, rng):
    torch = pytest.importorskip("torch")
    model = every_layer(rng)[which]
    networks.move_off_start(model)
    x = rng.standard_normal((3, 10, 12, 2)).astype(np.float32)
    layers = json.loads(json.dumps(twin.describe(model, x.shape[1:])))
    expected = model.forward(x)
    for memory_format in (torch.contiguous_format, torch.channels_last):
        network = torch_contender.build(layers, model_arrays(model)).eval().to(memory_format=memory_format)
        tensor = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(memory_format=memory_format)
        out = torch_contender.output(network, tensor)
        # float32 sums of at most 48 products, of numbers around 1
        np.testing.assert_allclose(out, expected, rtol=0, atol=2e-5)


def test_every_kind_of_layer_has_a_twin(rng):
    kinds = {type(layer) for model in every_layer(rng) for layer in model.layers.values()}
    assert kinds == set(twin.OPTIONS)


def test_weights_come_back_in_minsers_shape(rng):
    for shape in ((3, 5, 2, 4), (6, 5), (7,)):
        array = rng.standard_normal(shape)
        np.testing.assert_array_equal(torch_contender.minser_shaped(torch_contender.torch_shaped(array)), array)


def test_a_layer_without_a_twin_is_named():
    class Unknown(Layer):
        pass

    with pytest.raises(ValueError, match="layer odd: no twin in torch is known for a Unknown"):
        twin.describe(nn.Sequential({"odd": Unknown()}), (4, 4, 1))
