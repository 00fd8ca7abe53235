import numpy as np
import pytest

from minser import nn
from minser.models.head import with_head


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
    model = with_head(
        {},
        in_shape=(6, 7, 4),
        n_classes=3,
        pooling=nn.MeanMaxPool(),
        hidden=hidden,
        hidden_layers=hidden_layers,
        dropout=0.1,
        rng=np.random.default_rng(0),
    )
    assert list(model.layers) == names
    assert model.output_shape((6, 7, 4)) == (3,)
    assert len(model.params["logits.weight"]) == (hidden or 8)
    assert not model.params["logits.weight"].any()


def test_flatten_takes_every_position():
    trunk = {"pool": nn.MaxPool2d(2)}
    model = with_head(
        trunk, in_shape=(6, 7, 4), n_classes=3, pooling=nn.Flatten(), hidden=0, hidden_layers=1, dropout=0.1,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert model.params["logits.weight"].shape == (3 * 3 * 4, 3)
