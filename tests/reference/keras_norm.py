r"""Does early stopping keep a network that has learned nothing, if batch norm is Keras's?

    for seed in 0 1 2; do for norm in keras torch; do for library in minser keras "keras --same-start"; do
        python tests/reference/keras_norm.py $library --seed $seed --set model.norm=$norm --set training.adam=keras \
            --out "runs/keras_norm/${library}_${norm}_$seed.csv"
    done; done; done
    python tests/reference/keras_norm.py table runs/keras_norm/*.csv

Trains a recipe to its last epoch, in minser or in real Keras (3.15, on torch), on the same batches: minser's cached
features, split, order and crops. Each epoch is validated and tested, so that one training tells which epoch each
patience keeps, and what that epoch's network is worth. ``table`` prints that, for patience 5 to 10. minser's own
command trains the same network, one patience at a time:

    python -m minser.train --recipe trimmed_logmel --seed 0 --set model.norm=keras --set training.adam=keras \
        --set training.patience=9 --run runs/keras_norm/patience_9_0

The Keras network has the recipe's layers with Keras's own first weights (Glorot's, also of the last layer), its own
Adam, and the recipe's rates. With ``--same-start`` it has minser's first weights: without dropout
(``--set model.head_dropout=0``) the losses of the first epoch then differ by 0.5 % at most. The start matters: with
Keras's own weights the first validation loss is 2.0, with minser's it is 3.9. Run by hand; MINSER_DATA or ``--data``
names RAVDESS.
"""

import argparse
import csv
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from minser import nn, recipes
from minser.corpus.dataset import Dataset, find_corpus, load_dataset
from minser.corpus.recipe_batches import evaluation_batches, training_batches
from minser.evaluation import metrics
from minser.recipes import Recipe, Training
from minser.runs.build import NORMS, build_model, build_trainer, in_channels
from minser.training import history
from minser.training.prediction import predict_logits

PATIENCES = range(5, 11)
COLUMNS = (*history.COLUMNS[:-1], "test_accuracy", "test_uar", "seconds")

Epochs = tuple[Callable[[int], tuple[float, float]], nn.Layer]
"""What trains one epoch and returns its loss and accuracy, and what then predicts."""


def in_minser(recipe: Recipe, dataset: Dataset) -> Epochs:
    """Return the epochs of minser's own training."""
    trainer = build_trainer(recipe, dataset)

    def train(epoch: int) -> tuple[float, float]:
        row = trainer.run_epoch(lambda epoch: training_batches(recipe, dataset, epoch), lambda: ())
        return row["train_loss"], row["train_accuracy"]

    return train, trainer.model


def in_keras(recipe: Recipe, dataset: Dataset, *, same_start: bool) -> Epochs:
    """Return the epochs of the same network in Keras, from Keras's first weights or from minser's."""
    os.environ["KERAS_BACKEND"] = "torch"  # read as it is imported
    import keras
    from keras import layers

    settings, training = recipe.model, recipe.training
    keras.utils.set_random_seed(training.seed)
    norm, model = NORMS[settings.norm](1), keras.Sequential()
    for filters in settings.channels:
        model.add(layers.Conv2D(filters, 3, padding="same"))
        model.add(layers.BatchNormalization(momentum=1 - norm.momentum, epsilon=norm.eps))
        model.add(layers.ReLU())
        model.add(layers.MaxPooling2D((settings.pool_bins, settings.pool_frames)))
        model.add(layers.Dropout(settings.block_dropout))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dropout(settings.head_dropout))
    model.add(layers.Dense(settings.hidden, activation="relu"))
    model.add(layers.Dropout(settings.head_dropout))
    model.add(layers.Dense(len(dataset.names)))
    if same_start:
        drawn = build_model(recipe, in_channels=in_channels(dataset), n_classes=len(dataset.names))
        x, _, _ = next(training_batches(recipe, dataset, 1))
        model.build((None, *x.shape[1:]))
        parts = [part for layer in drawn.layers.values() for part in (layer.params, layer.buffers)]
        model.set_weights([array for part in parts for array in part.values()])
    steps = math.ceil(len(dataset.train) / training.batch_size)
    rate = keras.optimizers.schedules.CosineDecay(training.lr, training.epochs * steps)
    model.compile(
        keras.optimizers.Adam(rate if training.schedule == "cosine" else training.lr),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )

    def train(epoch: int) -> tuple[float, float]:
        batches = training_batches(recipe, dataset, epoch)
        sums = sum(len(y) * np.array(model.train_on_batch(x, y)) for x, y, _ in batches)  # of loss and accuracy
        loss, accuracy = sums / len(dataset.train)
        return loss, accuracy

    return train, SimpleNamespace(predict=model.predict_on_batch)


def scores(model: nn.Layer, recipe: Recipe, dataset: Dataset, part: np.ndarray) -> tuple[float, float, float]:
    """Return loss, accuracy and UAR of a part."""
    logits, y_true = predict_logits(model, evaluation_batches(recipe, dataset, part))
    confusion = metrics.confusion_matrix(y_true, logits.argmax(axis=1), n_classes=logits.shape[1])
    loss = nn.SoftmaxCrossEntropy().forward(logits, y_true)
    return loss, float(metrics.accuracy(confusion)), float(metrics.uar(confusion))


def run(recipe: Recipe, dataset: Dataset, epochs: Epochs, out: Path, *, stop_after: int) -> None:
    """Train, and write a row an epoch."""
    train, model = epochs
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for epoch in range(1, min(recipe.training.epochs, stop_after) + 1):
            start = time.perf_counter()
            loss, accuracy = train(epoch)
            seconds = time.perf_counter() - start
            val_loss, val_accuracy, val_uar = scores(model, recipe, dataset, dataset.split.val)
            _, *tested = scores(model, recipe, dataset, dataset.split.test)
            row = [epoch, loss, val_loss, accuracy, val_accuracy, val_uar, *tested, seconds]
            writer.writerow(row)
            file.flush()
            print(", ".join(f"{name} {value:.3f}" for name, value in zip(COLUMNS, row, strict=True)), flush=True)


def table(files: list[Path]) -> None:
    """Print of each training and patience which epoch is kept, and its scores."""
    print("| training | patience | stopped after | kept | train accuracy | val. accuracy | test accuracy | test UAR |")
    print("|---|---|---|---|---|---|---|---|")
    for path in files:
        with path.open(newline="") as file:
            rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
        for patience in PATIENCES:
            settings = Training(epochs=len(rows), patience=patience, select="val_loss")
            seen = next(rows[:n] for n in range(1, len(rows) + 1) if history.is_finished(rows[:n], settings))
            kept = rows[history.best_epoch(seen, "val_loss") - 1]
            told = [
                f"{kept[f'{name}']:.3f}" for name in ("train_accuracy", "val_accuracy", "test_accuracy", "test_uar")
            ]
            print("|", " | ".join([path.stem, str(patience), str(len(seen)), f"{kept['epoch']:.0f}", *told]), "|")


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("minser", "keras", "table"))
    parser.add_argument("files", nargs="*", type=Path, help="tables of trainings")
    parser.add_argument("--recipe", default="trimmed_logmel")
    parser.add_argument("--data")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.FIELD=VALUE")
    parser.add_argument("--same-start", action="store_true", help="let Keras begin with minser's first weights")
    parser.add_argument("--stop-after", type=int, default=10**9, metavar="N", help="train N epochs only, to try it")
    parser.add_argument("--out", type=Path, default=Path("runs/keras_norm.csv"))
    arguments = parser.parse_args()
    if arguments.what == "table":
        return table(arguments.files)
    changes = recipes.parse_assignments([f"training.seed={arguments.seed}", *arguments.set])
    recipe = recipes.read(arguments.recipe).replace(changes)
    dataset = load_dataset(recipe, find_corpus(recipe, arguments.data))
    if arguments.what == "keras":
        epochs = in_keras(recipe, dataset, same_start=arguments.same_start)
    else:
        epochs = in_minser(recipe, dataset)
    return run(recipe, dataset, epochs, arguments.out, stop_after=arguments.stop_after)


if __name__ == "__main__":
    main()
