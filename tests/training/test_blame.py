import numpy as np
import pytest

from minser import nn
from minser.training import blame


@pytest.fixture
def model(rng):
    return nn.Sequential({"first": nn.Dense(3, 3, rng=rng), "drop": nn.Dropout(0.5), "second": nn.Dense(3, 2, rng=rng)})


@pytest.mark.parametrize("name", ["first", "second"])
def test_the_first_layer_with_a_number_that_is_none(model, rng, name):
    model.params[f"{name}.bias"][0] = np.nan
    assert blame.layer(model, np.ones((2, 3), np.float32), rng) == f"first in layer {name}"


def test_input_and_innocence(model, rng):
    x = np.ones((2, 3), np.float32)
    assert blame.layer(model, x, rng) == "though each layer's output is finite"
    x[1, 1] = np.inf
    assert blame.layer(model, x, rng) == "already the input is not finite"


def test_the_gradient_nearest_to_the_loss():
    grads = {"a": np.zeros(2), "b": np.array([0.0, np.inf]), "c": np.zeros(3)}
    assert blame.gradient(grads) == "the gradient of b is not finite"
    grads["c"][1] = np.nan
    assert blame.gradient(grads) == "the gradient of c is not finite"
    assert blame.gradient({"a": np.zeros(2)}) == ""


def test_clips_by_input_then_by_output_then_all():
    x, logits, chosen = np.zeros((3, 4, 5, 1)), np.zeros((3, 8)), np.array([7, 8, 9])
    assert blame.clips(x, logits, chosen, str) == "clips 7, 8, 9"
    logits[1, 0] = np.nan
    assert blame.clips(x, logits, chosen, str) == "clips 8"
    x[2, 0, 0, 0] = np.inf
    assert blame.clips(x, logits, chosen, lambda i: f"clip{i}") == "clips clip9"
    assert blame.clips(np.zeros((9, 1)), np.zeros((9, 1)), np.arange(9), str) == "clips 0, 1, 2, 3, 4 and 4 more"
