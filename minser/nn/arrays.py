"""The arrays of a network by their names: what is stored of it, and how it comes back.

Comes in and goes out: dicts of arrays, which are the network's own, not copies.
"""

from collections.abc import Mapping

from minser.nn.layer import Array, Layer
from minser.nn.sequential import Sequential


def model_arrays(model: Layer) -> dict[str, Array]:
    """Return parameters and buffers, the arrays that make the model what it is."""
    return {**model.params, **model.buffers}


def count_parameters(model: Sequential) -> int:
    """Return how many weights a network has, frozen ones too; running statistics and the scale of pictures are none."""
    return sum(array.size for layer in model.layers.values() for array in layer.params.values())


def copy_arrays(source: Mapping[str, Array], target: Mapping[str, Array]) -> None:
    """Copy stored arrays into a model's or a trainer's, in place.

    Raises
    ------
    ValueError
        If names or shapes differ.
    """
    for name in sorted(source.keys() ^ target.keys()):
        raise ValueError(f"the stored arrays do not fit the model: {name!r} is only on one side")
    for name, array in target.items():
        if source[name].shape != array.shape:
            raise ValueError(
                f"the stored arrays do not fit the model: {name!r} has shape {source[name].shape}, "
                f"expected {array.shape}"
            )
        array[...] = source[name]
