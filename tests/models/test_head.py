import numpy as np
import pytest

from minser import nn, recipes
from minser.models.head import dense_head
from minser.runs.build import build_model


@pytest.mark.parametrize(
    ("hidden", "hidden_layers", "names"),
    [
        (0, 3, ["pooling", "drop_logits", "logits"]),
        (5, 1, ["pooling", "drop_hidden", "hidden", "relu_hidden", "drop_logits", "logits"]),
        (5, 2, ["pooling", "drop_hidden", "hidden", "relu_hidden", "drop_hidden_2", "hidden_2", "relu_hidden_2",
                "drop_logits", "logits"]),
    ],
)  # fmt: skip
def test_as_many_dense_layers_as_asked_for(hidden, hidden_layers, names):
    layers = dense_head(
        in_shape=(6, 7, 4),
        n_classes=3,
        pooling=nn.MeanMaxPool(),
        hidden=hidden,
        hidden_layers=hidden_layers,
        dropout=0.1,
        rng=np.random.default_rng(0),
    )
    assert list(layers) == names
    assert nn.Sequential(layers).output_shape((6, 7, 4)) == (3,)
    assert len(layers["logits"].params["weight"]) == (hidden or 8)
    assert not layers["logits"].params["weight"].any()


def test_flatten_takes_every_position():
    layers = dense_head(
        in_shape=(6, 7, 4), n_classes=3, pooling=nn.Flatten(), hidden=0, hidden_layers=1, dropout=0.1,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert layers["logits"].params["weight"].shape == (6 * 7 * 4, 3)


@pytest.mark.parametrize(
    ("changes", "n_channels"),
    [
        ({"model.channels": [4, 6]}, 6),
        ({"model.channels": []}, 2),
        ({"model.network": "vgg16"}, 512),
    ],
)
def test_a_recipe_gets_attention_over_the_channels_that_its_convolutions_end_in(changes, n_channels):
    recipe = recipes.read("toy").replace({"model.pooling": "attention"} | changes)
    model = build_model(recipe, in_channels=2, n_classes=3)
    assert model.params["pooling.weight"].shape == (n_channels,)
    assert model.forward(np.ones((1, 64, 64, 2), np.float32)).shape == (1, 3)


def test_attention_draws_nothing_so_that_the_other_weights_are_those_of_mean_max():
    models = [
        build_model(recipes.read("toy").replace({"model.pooling": name}), in_channels=1, n_classes=3)
        for name in ("attention", "mean_max")
    ]
    assert models[0].params.keys() - models[1].params.keys() == {"pooling.weight"}
    for name, array in models[1].params.items():
        np.testing.assert_array_equal(models[0].params[name], array)
