from minser import nn
from minser.models.freezing import PartlyFrozen
from minser.models.vgg16 import InputScaling
from minser.nn.arrays import count_parameters


def test_weights_are_counted_frozen_ones_too_and_statistics_are_not(rng):
    layers = {
        "input": InputScaling(3),
        "conv": nn.Conv2d(3, 4, kernel_size=3, padding=1, rng=rng),
        "norm": nn.BatchNorm(4),
        "logits": nn.Dense(4, 2, rng=rng),
    }
    expected = (3 * 3 * 3 * 4 + 4) + 2 * 4 + (4 * 2 + 2)
    assert count_parameters(nn.Sequential(layers)) == expected
    assert count_parameters(PartlyFrozen(layers, frozen=("input", "conv"))) == expected
