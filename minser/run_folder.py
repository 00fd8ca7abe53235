"""What a run leaves on disk, and how it is picked up again.

    config.toml         the recipe, whole
    environment.json    versions, processor, commit, hash of the corpus
    history.csv         a row an epoch
    best.safetensors    the network of the epoch that is kept
    last.safetensors    network, optimiser and history after the last epoch: where --resume goes on
    predictions.csv     each test clip with its probabilities
    report.txt, .json   scores of the test part
    plots/              curves, confusion matrix, accuracy of each class, a spectrogram of each emotion
    MODEL_CARD.md       what the network is, on what it was trained, how good it is, where it should not be
    used

Comes in: a folder, and what ``experiment`` made. Called by the commands, and by ``recognizer``.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minser import audio, config, environment, experiment, nn
from minser.config import Recipe
from minser.datasets import IMAGES, Dataset, corpus_hash
from minser.evaluation import card, metrics, predictions, report
from minser.features import extract, mel_frequencies
from minser.files import write_atomic
from minser.training import checkpoint
from minser.training.history import Row, to_csv
from minser.training.lock import LOCK
from minser.training.trainer import Trainer, copy_arrays, model_arrays


def create_run(run: Path, recipe: Recipe, dataset: Dataset) -> None:
    """Write what is known before training: the recipe, where it runs, and on which corpus."""
    where = environment.describe() | {"corpus": {"root": str(dataset.root.absolute()), "hash": corpus_hash(dataset)}}
    write_atomic(run / "environment.json", json.dumps(where, indent=2) + "\n")
    write_atomic(run / "config.toml", recipe.to_toml())  # last: its presence makes a folder a run


def is_run(run: Path) -> bool:
    """Return whether a folder holds a run."""
    return (run / "config.toml").is_file()


def is_used(run: Path) -> bool:
    """Return whether a folder holds anything that a new run could spoil, beside the lock of an attempt that failed."""
    return run.exists() and (not run.is_dir() or any(file.name != LOCK for file in run.iterdir()))


def read_recipe(run: Path) -> Recipe:
    """Return the recipe of a run folder.

    Raises
    ------
    FileNotFoundError
        If the folder is no run.
    ValueError
        If its recipe is damaged.
    """
    if not is_run(run):
        raise FileNotFoundError(f"{run}: no run folder of minser (it has no config.toml)")
    return config.read(str(run / "config.toml"))


def check_same_recipe(run: Path, recipe: Recipe) -> None:
    """Raise ValueError, naming what differs, unless a run was begun with this recipe."""
    stored = read_recipe(run)
    old, new = {"name": stored.name, **stored.settings()}, {"name": recipe.name, **recipe.settings()}
    changed = [f"{key} (was {old[key]!r}, now {new[key]!r})" for key in old if old[key] != new[key]]
    if changed:
        raise ValueError(f"{run} goes on only with its own settings; changed: {', '.join(changed)}")


def recorded_root(run: Path) -> str | None:
    """Return the folder of the corpus that a run was trained on, if it is still there."""
    root = _recorded_corpus(run).get("root", "")
    return root if root and Path(root).is_dir() else None


def save_epoch(run: Path, trainer: Trainer, dataset: Dataset) -> None:
    """Write the checkpoints after an epoch.

    ``best`` comes before ``last``: a run that dies between them repeats the epoch and writes the same
    ``best`` again.
    """
    if trainer.best_epoch == len(trainer.history):
        state = {
            "epoch": trainer.best_epoch,
            "classes": dataset.names,
            "in_channels": experiment.in_channels(dataset),
        }
        checkpoint.save(run / "best.safetensors", model_arrays(trainer.model), state)
    checkpoint.save(run / "last.safetensors", trainer.arrays(), {"history": trainer.history})
    write_atomic(run / "history.csv", to_csv(trainer.history))


def resume(run: Path, trainer: Trainer, dataset: Dataset) -> None:
    """Bring a new trainer to where the run stopped; a run without a checkpoint starts at the beginning.

    Raises
    ------
    ValueError
        If the corpus is no longer the one that the run was begun on, or the checkpoint is damaged.
    """
    if _recorded_corpus(run).get("hash") != corpus_hash(dataset):
        raise ValueError(f"{run} was begun on another corpus than {dataset.root}, or on other features of it")
    if (run / "last.safetensors").exists():
        arrays, state = checkpoint.load(run / "last.safetensors")
        rows: list[Row] = state["history"]
        trainer.restore(arrays, rows)


def load_model(run: Path, recipe: Recipe) -> tuple[nn.Sequential, int, tuple[str, ...]]:
    """Return a run's best network, the number of the epoch that made it, and the names of its classes.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no checkpoint, it is damaged, or does not fit the recipe.
    """
    arrays, state = checkpoint.load(run / "best.safetensors")
    names = tuple(state["classes"])
    model = experiment.build_model(recipe, in_channels=state["in_channels"], n_classes=len(names))
    copy_arrays(arrays, model_arrays(model))
    return model, int(state["epoch"]), names


def evaluate(run: Path, recipe: Recipe, dataset: Dataset) -> str:
    """Score a run's best network on its test part, write all that follows from it, and return report.txt."""
    model, epoch, names = load_model(run, recipe)
    if names != dataset.names:
        raise ValueError(f"{run} knows the classes {', '.join(names)}; {dataset.root} has {', '.join(dataset.names)}")
    table, scores = experiment.evaluate(recipe, dataset, model)
    heading = experiment.describe_protocol(recipe, dataset.split, epoch)
    text = report.text(scores, heading)
    write_atomic(run / "predictions.csv", predictions.to_csv_text(table))
    write_atomic(run / "report.json", json.dumps({"protocol": heading, **scores}, indent=2) + "\n")
    write_atomic(run / "report.txt", text)
    write_atomic(run / "MODEL_CARD.md", card.text(recipe, scores, heading, dataset.source))
    _plot(run, recipe, dataset, np.array(scores["confusion"]), epoch)
    return text


def _plot(run: Path, recipe: Recipe, dataset: Dataset, confusion: NDArray[np.int64], epoch: int) -> None:
    """Write the pictures of a run into ``plots/``."""
    from minser import plots  # matplotlib takes a second to load: only where a picture is drawn

    folder = run / "plots"
    folder.mkdir(exist_ok=True)
    _, state = checkpoint.load(run / "last.safetensors")
    history = {name: [row[name] for row in state["history"]] for name in state["history"][0]}
    plots.save(plots.training_curves(history, best_epoch=epoch), folder / "training_curves.png")
    plots.save(plots.confusion_figure(confusion, dataset.names), folder / "confusion.png")
    plots.save(
        plots.per_class_accuracy(metrics.recall_per_class(confusion), dataset.names, confusion.sum(axis=1)),
        folder / "per_class_accuracy.png",
    )
    if dataset.source == IMAGES:
        return  # the corpus is its own picture book
    settings = recipe.features
    first_of_each = {dataset.labels[i]: dataset.clips[i] for i in reversed(dataset.split.test)}
    shown = [first_of_each[label] for label in sorted(first_of_each)]
    mels = [extract.log_mel(audio.load(clip.path, sr=settings.sr)[0], settings) for clip in shown]
    figure = plots.mel_per_emotion(
        mels,
        [clip.emotion_name for clip in shown],
        sr=settings.sr,
        hop_length=settings.hop_length,
        mel_frequencies_hz=mel_frequencies(  # the filters' centres: their feet are a band further out
            settings.n_mels + 2, fmin=settings.fmin, fmax=settings.fmax or settings.sr / 2
        )[1:-1],
    )
    plots.save(figure, folder / "mel_per_emotion.png")


def _recorded_corpus(run: Path) -> dict[str, str]:
    """Return root and hash of a run's corpus; nothing where the file is missing or damaged."""
    try:
        corpus = json.loads((run / "environment.json").read_text(encoding="utf-8"))["corpus"]
        return {name: str(corpus[name]) for name in ("root", "hash")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
