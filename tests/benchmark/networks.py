"""The networks that are measured: those of recipes, and the convolutions of VGG16.

Comes in: a name. Goes out: a network and the shape of one sample; a batch for it.
"""

import numpy as np

from minser import nn, recipes
from minser.corpus import batches
from minser.features import extract
from minser.models import vgg16
from minser.nn.layer import Shape
from minser.runs.build import build_model

RECIPES = ("trimmed_logmel", "two_channel", "spectrogram_images", "minser")
VGG16 = "vgg16_convolutions"
NAMES = (*RECIPES, VGG16)
N_CLASSES = 8


def build(name: str) -> tuple[nn.Sequential, Shape]:
    """Return the network of a recipe or of VGG16, and the shape (n_bins, n_frames, channels) of a sample.

    Raises
    ------
    FileNotFoundError
        If there is no such recipe.
    """
    if name == VGG16:
        return vgg16.conv_stack(rng=np.random.default_rng(0)), (128, 128, 3)
    recipe = recipes.read(name)
    noise = np.random.default_rng(0).standard_normal(recipe.features.sr).astype(np.float32)  # one second
    feature = batches.fit(extract.network_input(noise, recipe.features), recipe.features)
    shape = feature.shape if feature.ndim == 3 else (*feature.shape, 1)
    return build_model(recipe, in_channels=shape[2], n_classes=N_CLASSES), shape


def batch_sizes(name: str, *, training: bool) -> list[int]:
    """Return the batches to measure: 32 in training; in inference 32 and a single clip, or 16 for VGG16."""
    if name == VGG16:
        return [16]
    return [32] if training else [32, 1]


def draw_batch(shape: Shape, size: int) -> tuple[nn.Array, nn.Array]:
    """Return a batch of unit normal numbers, (size, *shape), and class numbers (size,)."""
    rng = np.random.default_rng(1)
    return rng.standard_normal((size, *shape), dtype=np.float32), rng.integers(0, N_CLASSES, size)


def move_off_start(model: nn.Sequential) -> None:
    """Add noise to every array of zeros or ones.

    Zero weights of the last layer would make all other gradients zero, and a comparison of them worthless.
    """
    rng = np.random.default_rng(2)
    for array in (*model.params.values(), *model.buffers.values()):
        if np.ptp(array) == 0:
            array += rng.uniform(0.02, 0.2, array.shape)  # upwards: a running variance stays positive
