"""The weights that a new network starts from: drawn, those of a run of ours, or ImageNet's.

Comes in: a new network, its recipe, its dataset. Goes out: the network, changed in place.
"""

from pathlib import Path

from minser import nn
from minser.corpus.dataset import Dataset
from minser.models import imagenet
from minser.nn.arrays import model_arrays
from minser.recipes import Recipe
from minser.runs import heard
from minser.training import checkpoint

RANDOM = "random"
HEAD = ("hidden", "logits")


def load_weights(model: nn.Sequential, recipe: Recipe, dataset: Dataset) -> None:
    """Copy the weights into a network that its recipe starts from; the dense layers may stay new.

    Of a run the blocks must fit; a dense layer is copied too if it fits, the last one only if its classes are the same.

    Parameters
    ----------
    model : Sequential
        Has drawn its weights already; changed in place.
    recipe : Recipe
        Its ``model.weights``: ``random``, a run folder, or for VGG16 a file of ImageNet weights.
    dataset : Dataset
        What the network will learn.

    Raises
    ------
    FileNotFoundError
        If there is no such run or file; for VGG16 also if none is named, with where to get one.
    ValueError
        If the weights are another network's or damaged, or a run trained on clips that this one tests on.
    """
    weights, is_vgg16 = recipe.model.weights, recipe.model.network == "vgg16"
    if weights == RANDOM or (not weights and not is_vgg16):
        return
    if not weights:
        raise FileNotFoundError(
            f"recipe {recipe.name} starts from ImageNet weights: get {imagenet.WHERE}, and name the file with --set "
            "model.weights=FILE; random instead of a file trains from scratch, a run folder starts from that run"
        )
    path, own = Path(weights), model_arrays(model)
    if path.is_dir():
        if not (path / heard.TRAINED_ON).is_file():
            raise FileNotFoundError(f"{path}: no run folder of minser that says what it heard (no {heard.TRAINED_ON})")
        heard.check_unseen(path, dataset)
        arrays, state = checkpoint.load(path / "best.safetensors")
        needed = {name for name in own if not name.startswith(HEAD)}
        new = () if state.get("classes") == list(dataset.names) else ("logits.",)  # other classes: another last layer
        arrays = {
            name: array
            for name, array in arrays.items()
            if name in needed or (name in own and own[name].shape == array.shape and not name.startswith(new))
        }
    elif is_vgg16:
        arrays = imagenet.read_vgg16(path)
        needed = set(arrays)
    else:
        raise FileNotFoundError(f"model.weights: expected random or a run folder, got {weights!r}")
    for name in sorted(needed):
        found = arrays[name].shape if name in arrays else "nothing"
        if found != own[name].shape:
            raise ValueError(f"{path}: expected {name} of shape {own[name].shape}, got {found}")
    for name, array in arrays.items():
        own[name][...] = array


def with_whole_path(recipe: Recipe) -> Recipe:
    """Return a recipe that names its first weights from the root on: it may be read in another folder."""
    weights = recipe.model.weights
    if weights in ("", RANDOM) or not Path(weights).exists():
        return recipe
    return recipe.replace({"model.weights": str(Path(weights).absolute())})


def first_run(recipe: Recipe) -> Path | None:
    """Return the run folder whose network a recipe starts from, or None where it starts from anything else."""
    weights = recipe.model.weights
    return Path(weights) if weights not in ("", RANDOM) and Path(weights).is_dir() else None
