"""From a recipe to a trained and tested network: the model, its trainer, its scores.

Comes in: a `Recipe` and a `Dataset`. Goes out: a network, a trainer, predictions and scores. Holds the names of the
parts of a network that a recipe may use.
"""

import re
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minser import nn
from minser.corpus import batches, cache
from minser.corpus.dataset import Dataset, source_hash
from minser.corpus.recipe_batches import evaluation_batches
from minser.corpus.splits.split import Split
from minser.evaluation import report
from minser.evaluation.predictions import Predictions
from minser.features import extract
from minser.models import cnn, vgg16
from minser.models.freezing import PartlyFrozen
from minser.recipes import Recipe
from minser.runs import first_weights
from minser.training.prediction import predict_logits
from minser.training.trainer import Trainer

POOLINGS: dict[str, Callable[[], nn.Layer]] = {
    "average": nn.GlobalAveragePool,
    "mean_max": nn.MeanMaxPool,
    "mean_max_bins": lambda: nn.MeanMaxPool(keep_bins=True),
    "flatten": nn.Flatten,
}
NORMS: dict[str, Callable[[int], nn.Layer]] = {
    "torch": nn.BatchNorm,
    "keras": partial(nn.BatchNorm, momentum=0.01, eps=1e-3),
}


def build_model(recipe: Recipe, *, in_channels: int, n_classes: int) -> nn.Sequential:
    """Return the recipe's network with weights drawn from its seed; frozen blocks no longer learn.

    Raises
    ------
    ValueError
        If the blocks pool the input away, or the recipe freezes a block that is not there.
    """
    settings = recipe.model
    rng = np.random.default_rng([recipe.training.seed, 0, 0, 3])  # the last word keeps it apart from samples'
    pooling = POOLINGS[settings.pooling]()
    probe = extract.network_input(np.ones(recipe.features.sr, np.float32), recipe.features)  # a second of anything
    in_size = (len(probe), recipe.features.n_frames)
    if settings.network == "vgg16":
        model = vgg16.build(
            in_channels=in_channels,
            in_size=in_size,
            n_classes=n_classes,
            pooling=pooling,
            hidden=settings.hidden,
            hidden_layers=settings.hidden_layers,
            head_dropout=settings.head_dropout,
            rng=rng,
        )
    else:
        model = cnn.build(
            in_channels=in_channels,
            in_size=in_size,
            n_classes=n_classes,
            channels=settings.channels,
            pool_size=(settings.pool_bins, settings.pool_frames),
            norm=NORMS[settings.norm] if settings.batch_norm else None,
            block_dropout=settings.block_dropout,
            pooling=pooling,
            hidden=settings.hidden,
            hidden_layers=settings.hidden_layers,
            head_dropout=settings.head_dropout,
            rng=rng,
        )
    return freeze(model, settings.frozen_blocks) if settings.frozen_blocks else model


def freeze(model: nn.Sequential, blocks: Collection[int]) -> PartlyFrozen:
    """Return a network of the same layers, those of some blocks frozen.

    Raises
    ------
    ValueError
        If there is no such block.
    """
    block_of = {name: int(match[1]) for name in model.layers if (match := re.fullmatch(r"[a-z]+(\d+)(_\d+)?", name))}
    if unknown := set(blocks) - set(block_of.values()):
        n_blocks = max(block_of.values())
        raise ValueError(f"model.frozen_blocks must be from 1 to {n_blocks}, got {sorted(unknown)}")
    frozen = [name for name in model.layers if name == "input" or block_of.get(name) in blocks]
    return PartlyFrozen(model.layers, frozen=frozen)


def in_channels(dataset: Dataset) -> int:
    """Return how many channels the dataset's features have."""
    shape = dataset.features[0].shape
    return shape[2] if len(shape) == 3 else 1


def build_trainer(recipe: Recipe, dataset: Dataset, *, goes_on: bool = False) -> Trainer:
    """Return a trainer of a new model that starts from the recipe's weights, its classes weighted if it says so.

    A class without a training clip weighs nothing in the loss. One that `goes_on` gets its weights from a checkpoint,
    and those that it once started from need not be there any more.

    Raises
    ------
    OSError, ValueError
        If the network cannot be built, or `first_weights.load_weights` refuses the weights.
    """
    counts = np.bincount(dataset.labels[dataset.train], minlength=len(dataset.names))
    weight = (counts > 0).astype(np.float64)  # what cannot be learned weighs nothing
    if recipe.training.class_weights:  # n / (n_classes * count) over the classes that occur: scikit-learn's "balanced"
        weight *= counts.sum() / (weight.sum() * np.maximum(counts, 1))
    model = build_model(recipe, in_channels=in_channels(dataset), n_classes=len(dataset.names))
    if not goes_on:
        first_weights.load_weights(model, recipe, dataset)
    if isinstance(model, PartlyFrozen) and not (recipe.augment.changes_features or recipe.features.random_crop):
        model.memory = cache.default_root() / f"frozen-{source_hash('nn', 'kernels')}"
    return Trainer(
        model,
        recipe.training,
        steps_per_epoch=batches.count_training_batches(len(dataset.train), batch_size=recipe.training.batch_size),
        class_weight=weight.tolist(),
    )


def predict_test_part(recipe: Recipe, dataset: Dataset, model: nn.Layer) -> Predictions:
    """Return a network's predictions of the test part, which there must be."""
    return predict_clips(recipe, dataset, model, dataset.split.test)


def predict_clips(
    recipe: Recipe, dataset: Dataset, model: nn.Layer, indices: NDArray[np.intp], *, temperature: float = 1.0
) -> Predictions:
    """Return a network's predictions of some clips of a dataset, as `Recognizer` answers them."""
    clips = [dataset.clips[i] for i in indices]
    asked = evaluation_batches(recipe, dataset, indices)
    logits, y_true = predict_logits(model, asked, temperature=temperature)
    probs = np.exp(nn.log_softmax(logits))
    return Predictions(
        files=tuple(clip.name for clip in clips),
        actors=np.array([clip.actor for clip in clips]),
        y_true=y_true.astype(np.int64),
        y_pred=probs.argmax(axis=1),
        probs=probs.astype(np.float32),
        names=dataset.names,
    )


def score_table(table: Predictions, dataset: Dataset, *, n_draws: int = 10_000) -> dict[str, Any]:
    """Return the scores of predictions of a dataset's clips; see `evaluation.report.score_predictions`."""
    clips = {clip.name: clip for clip in dataset.clips}
    told = [(clip.sex, clip.intensity_name, clip.channel_name) for clip in map(clips.__getitem__, table.files)]
    groups = dict(zip(("sex", "intensity", "channel"), zip(*told, strict=True), strict=True))
    return report.score_predictions(table, groups, rng=np.random.default_rng(0), n_draws=n_draws)


def describe_protocol(recipe: Recipe, split: Split, epoch: int) -> str:
    """Return one line: recipe, split with what its parts share, seed, how the epoch was chosen, first weights."""
    chosen = {"last": "the last", "val_loss": "least validation loss", "val_uar": "highest validation UAR"}
    weights = recipe.model.weights
    return (
        f"{recipe.name} on {split.describe()}; seed {recipe.training.seed}; "
        f"epoch {epoch} of {recipe.training.epochs} ({chosen[recipe.training.select]})"
        + (f"; started from {Path(weights).name}" if weights not in ("", first_weights.RANDOM) else "")
    )
