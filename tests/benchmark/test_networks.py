import numpy as np
import pytest

from minser import recipes
from tests.benchmark import networks

HERE = [name for name in networks.RECIPES if (recipes.RECIPE_FOLDER / f"{name}.toml").is_file()]


@pytest.mark.parametrize("name", HERE)
def test_networks_take_what_their_recipe_makes(name):
    model, shape = networks.build(name)
    x, y = networks.draw_batch(shape, 2)
    assert x.shape == (2, *shape)
    assert x.dtype == np.float32
    assert y.max() < networks.N_CLASSES
    assert model.output_shape(shape) == (networks.N_CLASSES,)


def test_trimmed_logmel_sees_128_by_128():
    assert networks.build("trimmed_logmel")[1] == (128, 128, 1)


def test_vgg16_ends_in_512_channels():
    model, shape = networks.build(networks.VGG16)
    assert shape == (128, 128, 3)
    assert model.output_shape(shape) == (4, 4, 512)
    assert sum(name.startswith("conv") for name in model.layers) == 13


def test_no_array_stays_constant_so_that_no_gradient_is_zero():
    model, _ = networks.build("trimmed_logmel")
    assert np.ptp(model.params["logits.weight"]) == 0
    networks.move_off_start(model)
    assert all(np.ptp(array) > 0 for array in (*model.params.values(), *model.buffers.values()))
    assert model.buffers["norm1.running_var"].min() > 0


def test_an_unknown_network_is_refused():
    with pytest.raises(FileNotFoundError, match="no recipe 'odd'"):
        networks.build("odd")


def test_batches_are_those_of_the_comparison():
    assert networks.batch_sizes("minser", training=True) == [32]
    assert networks.batch_sizes("minser", training=False) == [32, 1]
    assert networks.batch_sizes(networks.VGG16, training=False) == [16]
