"""From a recipe to a trained and tested network: the model, its trainer, its scores.

Comes in: a `Recipe` and a `Dataset`. Goes out: a network, a trainer, predictions and scores. Holds the names of the
parts of a network that a recipe may use. Called by the commands that train and test; what stands on disk is
``run_folder``'s.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minser import nn
from minser.config import Recipe, pick
from minser.corpus import batches, splits
from minser.datasets import Dataset
from minser.evaluation import report
from minser.evaluation.predictions import Predictions
from minser.models import cnn
from minser.samples import evaluation_batches
from minser.training.trainer import Trainer, predict_logits

POOLINGS: dict[str, Callable[[], nn.Layer]] = {"average": nn.GlobalAveragePool, "mean_max": nn.MeanMaxPool}


def build_model(recipe: Recipe, *, in_channels: int, n_classes: int) -> nn.Sequential:
    """Return the recipe's network with weights drawn from its seed."""
    settings = recipe.model
    return cnn.build(
        in_channels=in_channels,
        n_classes=n_classes,
        channels=settings.channels,
        kernel_size=settings.kernel_size,
        pool_size=(settings.pool_bins, settings.pool_frames),
        block_dropout=settings.block_dropout,
        pooling=pick(POOLINGS, "model.pooling", settings.pooling)(),
        hidden=settings.hidden,
        head_dropout=settings.head_dropout,
        rng=np.random.default_rng([recipe.training.seed, 0, 0, 3]),  # the last word keeps it apart from samples'
    )


def in_channels(dataset: Dataset) -> int:
    """Return how many channels the dataset's features have."""
    shape = dataset.features[0].shape
    return shape[2] if len(shape) == 3 else 1


def build_trainer(recipe: Recipe, dataset: Dataset) -> Trainer:
    """Return a trainer of a new model, its classes weighted if the recipe says so."""
    weight = None
    if recipe.training.class_weights:  # n / (n_classes * count): scikit-learn's "balanced"
        counts = np.bincount(dataset.labels[dataset.train], minlength=len(dataset.names))
        weight = (counts.sum() / (len(counts) * np.maximum(counts, 1))).tolist()
    return Trainer(
        build_model(recipe, in_channels=in_channels(dataset), n_classes=len(dataset.names)),
        recipe.training,
        steps_per_epoch=batches.count_training_batches(len(dataset.train), batch_size=recipe.training.batch_size),
        class_weight=weight,
    )


def evaluate(recipe: Recipe, dataset: Dataset, model: nn.Layer) -> tuple[Predictions, dict[str, Any]]:
    """Return a network's predictions of the test part, and its scores; see `evaluation.report.evaluate`."""
    test = [dataset.clips[i] for i in dataset.split.test]
    logits, y_true = predict_logits(model, evaluation_batches(recipe, dataset, dataset.split.test))
    probs = np.exp(nn.log_softmax(logits))
    table = Predictions(
        files=tuple(clip.name for clip in test),
        actors=np.array([clip.actor for clip in test]),
        y_true=y_true.astype(np.int64),
        y_pred=probs.argmax(axis=1),
        probs=probs.astype(np.float32),
        names=dataset.names,
    )
    scores = report.evaluate(
        table.y_true,
        table.y_pred,
        table.probs,
        actors=table.actors,
        sexes=[clip.sex for clip in test],
        intensities=[clip.intensity_name for clip in test],
        channels=[clip.channel_name for clip in test],
        names=dataset.names,
        rng=np.random.default_rng(0),
    )
    return table, scores


def describe_protocol(recipe: Recipe, split: splits.Split, epoch: int) -> str:
    """Return one line: recipe, split with what its parts share, seed, and how the epoch was chosen."""
    chosen = {"last": "the last", "val_loss": "least validation loss", "val_uar": "highest validation UAR"}
    return (
        f"{recipe.name} on {split.describe()}; seed {recipe.training.seed}; "
        f"epoch {epoch} of {recipe.training.epochs} ({chosen[recipe.training.select]})"
    )
