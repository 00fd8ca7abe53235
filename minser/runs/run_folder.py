"""What a run leaves on disk, and how it is picked up again.

    config.toml         the recipe, whole
    environment.json    versions, processor, commit, hash of the corpus
    trained_on.json     clips and speakers that the network has heard, those of its first weights too
    history.csv         a row an epoch
    best.safetensors    the network of the epoch that is kept
    last.safetensors    network, optimiser and history after the latest steps: where --resume goes on
    previous.safetensors  the one before, in case that one is damaged
    predictions.csv     each test clip with its probabilities
    report.txt, .json   scores of the test part
    plots/              curves, confusion matrix, accuracy of each class, a spectrogram of each emotion
    MODEL_CARD.md       what the network is, on what it was trained, how good it is, where it should not be
    used

Comes in: a folder, and what ``build`` made.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from minser import audio, nn, recipes
from minser.corpus import dataset as corpora
from minser.corpus.dataset import IMAGES, Dataset, corpus_hash
from minser.corpus.spelling import composed
from minser.evaluation import card, metrics, report
from minser.features import band_centres, extract
from minser.nn.arrays import copy_arrays, model_arrays
from minser.recipes import Recipe
from minser.runs import build, first_weights, heard
from minser.runs.heard import TRAINED_ON
from minser.system import columns, json_file
from minser.system.atomic import is_leftover, remove_leftovers, write_atomic
from minser.system.lock import LOCK, locked
from minser.system.provenance import describe
from minser.training import checkpoint
from minser.training.history import COLUMNS, from_csv, to_csv
from minser.training.trainer import Trainer

ENVIRONMENT = "environment.json"
LAST, PREVIOUS = "last.safetensors", "previous.safetensors"

_PROGRESS = {"history": [dict.fromkeys(COLUMNS, float)], "step": int, "sums": [float, int, int]}
"""What ``last.safetensors`` says beside its arrays."""

_TRAINED = {"classes": [str], "epoch": int, "in_channels": int}
"""What ``best.safetensors`` says; and if it was calibrated, ``temperature``."""


class Trained(NamedTuple):
    """A run's best network.

    Attributes
    ----------
    model : Sequential
        The network.
    epoch : int
        Number of the epoch that made it, from 1.
    names : tuple of str
        Names of its classes.
    temperature : float
        What its logits are divided by, so that its probabilities are calibrated (Guo et al. 2017); 1 where they are
        not.
    """

    model: nn.Sequential
    epoch: int
    names: tuple[str, ...]
    temperature: float


def create_run(run: Path, recipe: Recipe, dataset: Dataset) -> None:
    """Write what is known before training: the recipe, where it runs, on which corpus and on which part of it."""
    remove_leftovers(run)
    where = describe() | {"corpus": {"root": str(dataset.root.absolute()), "hash": corpus_hash(dataset)}}
    write_atomic(run / ENVIRONMENT, json.dumps(where, indent=2) + "\n")
    write_atomic(run / TRAINED_ON, heard.to_text(heard.training_parts(dataset, first_weights.first_run(recipe))))
    write_atomic(run / "config.toml", recipe.to_toml())  # last: its presence makes a folder a run


@contextmanager
def held(run: Path) -> Iterator[None]:
    """Make a run folder, and hold it for this process as long as a ``with`` block lasts.

    A new run that fails before its first checkpoint leaves nothing (on Windows the lock's file, which is open), so
    that the corrected command finds no other run. One that is stopped (Ctrl-C) or killed stays: it can be resumed.

    Raises
    ------
    BlockingIOError
        If another process holds it.
    OSError
        If the folder cannot be made or written to.
    """
    with locked(run):
        was_run = is_run(run)
        try:
            yield
        except Exception:
            if not was_run and not has_checkpoint(run):
                with suppress(OSError):  # what cannot be removed stays
                    remove_leftovers(run)
                    for name in ("config.toml", TRAINED_ON, ENVIRONMENT, LOCK):
                        (run / name).unlink(missing_ok=True)
                    run.rmdir()
            raise


def has_checkpoint(run: Path) -> bool:
    """Return whether a run has saved anything of its training."""
    return any(run.glob("*.safetensors"))


def is_run(run: Path) -> bool:
    """Return whether a folder holds a run."""
    return (run / "config.toml").is_file()


def is_used(run: Path) -> bool:
    """Return whether a folder holds anything that a new run could spoil.

    The lock of an attempt that failed is no such thing, nor is what `create_run` leaves when it is killed.
    """
    left = (LOCK, ENVIRONMENT, TRAINED_ON)
    return run.exists() and (
        not run.is_dir() or any(file.name not in left and not is_leftover(file) for file in run.iterdir())
    )


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
    return recipes.read(str(run / "config.toml"))


def check_same_recipe(run: Path, recipe: Recipe) -> None:
    """Raise ValueError, naming what differs, unless a run was begun with this recipe."""
    stored = read_recipe(run)
    old, new = {"name": stored.name, **stored.settings()}, {"name": recipe.name, **recipe.settings()}
    changed = [f"{key} (was {old[key]!r}, now {new[key]!r})" for key in old if old[key] != new[key]]
    if changed:
        raise ValueError(f"{run} goes on only with its own settings; changed: {', '.join(changed)}")


def recorded_corpus(run: Path) -> dict[str, str]:
    """Return ``root`` and ``hash`` of a run's corpus; nothing where the file is missing or damaged."""
    try:
        return dict(json_file.read(run / ENVIRONMENT, {"corpus": {"root": str, "hash": str}}, problem="")["corpus"])
    except (OSError, ValueError):
        return {}


def find_corpus(run: Path, recipe: Recipe, data: str | None) -> Path:
    """Return the folder of a run's corpus: what is named, else where the run found it.

    Raises
    ------
    FileNotFoundError
        If nothing says where the corpus is now.
    """
    was = recorded_corpus(run).get("root", "")
    if was and not Path(was).name.startswith("toy-"):
        recipe = recipe.replace({"data.corpus": "ravdess"})  # the recipe of the embedded corpus on another one
    return corpora.find_corpus(recipe, data or (was if was and Path(was).is_dir() else None), was=was)


def check_same_corpus(run: Path, dataset: Dataset) -> None:
    """Raise ValueError unless a dataset is the one that a run was begun on: in another, other clips are the test."""
    if recorded_corpus(run).get("hash") != corpus_hash(dataset):
        raise ValueError(f"{run} was begun on another corpus than {dataset.root}, or on other features of it")


def save_step(run: Path, trainer: Trainer) -> None:
    """Write the checkpoint of where the trainer stands, between two steps or two epochs; the one before is kept.

    Raises
    ------
    FloatingPointError
        If a weight is not finite; the last good checkpoint stays.
    OSError
        If it cannot be written; likewise.
    """
    arrays = trainer.arrays()
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise FloatingPointError(f"{name} is not finite after epoch {len(trainer.history)}, step {trainer.step}")
    state = {"history": trainer.history, "step": trainer.step, "sums": trainer.sums}
    checkpoint.save(run / LAST, arrays, state, keep=run / PREVIOUS)


def save_epoch(run: Path, trainer: Trainer, dataset: Dataset) -> None:
    """Write the checkpoints after an epoch.

    ``best`` comes before ``last``: a run that dies between them repeats the epoch's end and writes the same
    ``best`` again.

    Raises
    ------
    FloatingPointError, OSError
        As `save_step`.
    """
    if trainer.best_epoch == len(trainer.history):
        state = {
            "epoch": trainer.best_epoch,
            "classes": dataset.names,
            "in_channels": build.in_channels(dataset),
        }
        checkpoint.save(run / "best.safetensors", model_arrays(trainer.model), state)
    save_step(run, trainer)
    write_atomic(run / "history.csv", to_csv(trainer.history))


def resume(run: Path, trainer: Trainer, dataset: Dataset) -> str:
    """Bring a new trainer to where the run stopped; a run without a checkpoint starts at the beginning.

    What a killed process left half-written is removed.

    Returns
    -------
    str
        One line that says what is wrong with the newest checkpoint, if it was not used; else nothing.

    Raises
    ------
    ValueError
        If the corpus is no longer the one that the run was begun on, or no checkpoint is whole.
    """
    check_same_corpus(run, dataset)
    remove_leftovers(run)
    problems = []
    for path in (path for path in (run / LAST, run / PREVIOUS) if path.exists()):
        try:
            arrays, state = checkpoint.load(path, _PROGRESS)
            trainer.restore(arrays, state["history"], step=state["step"], sums=tuple(state["sums"]))
        except (OSError, ValueError) as error:
            problems.append(str(error))
            continue
        if trainer.history:
            write_atomic(run / "history.csv", to_csv(trainer.history))  # a kill may have come before it was written
        return f"{problems[0]}; going on from {path.name}" if problems else ""
    if problems:
        raise ValueError("; ".join(problems))
    return ""


def load_model(run: Path, recipe: Recipe) -> Trained:
    """Return a run's best network.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no checkpoint, it is damaged, or does not fit the recipe.
    """
    path = run / "best.safetensors"
    arrays, state = checkpoint.load(path, _TRAINED)
    names, in_channels = tuple(map(composed, state["classes"])), state["in_channels"]
    most = 3 * len(recipe.features.channels)  # a coloured picture has three
    if not names or not 1 <= in_channels <= most:
        raise ValueError(
            f"{path}: expected some classes and 1 to {most} channels, got {len(names)} classes, {in_channels} channels"
        )
    temperature = state.get("temperature", 1.0)
    if not (isinstance(temperature, float) and temperature > 0):
        raise ValueError(f"{path}: expected a temperature above 0, got {temperature}")
    model = build.build_model(recipe, in_channels=in_channels, n_classes=len(names))
    copy_arrays(arrays, model_arrays(model))
    return Trained(model, state["epoch"], names, temperature)


def write_scores(run: Path, recipe: Recipe, dataset: Dataset) -> str:
    """Score a run's best network on its test part, write all that follows from it, and return the report to print.

    Where nothing is held out there are the curves of the training, and a line that says so.

    Raises
    ------
    OSError, ValueError
        If there is no whole network, or the corpus is no longer the one that the run was begun on.
    """
    model, epoch, names, _ = load_model(run, recipe)
    if names != dataset.names:
        raise ValueError(f"{run} knows the classes {', '.join(names)}; {dataset.root} has {', '.join(dataset.names)}")
    if not dataset.split.holds_out:
        if (run / "history.csv").is_file():  # a shipped network has none
            _plot(run, recipe, dataset, epoch, None)
        return f"{recipe.name} on {dataset.split.describe()}: there is no test part to score"
    check_same_corpus(run, dataset)
    table = build.predict_test_part(recipe, dataset, model)
    scores = build.score_table(table, dataset)
    heading = build.describe_protocol(recipe, dataset.split, epoch)
    files = {
        "predictions.csv": table.to_text(),
        "report.json": json.dumps({"protocol": heading, **scores}, indent=2) + "\n",
        "report.txt": report.text(scores, heading),
        "MODEL_CARD.md": card.text(recipe, scores, heading, dataset.source),
    }
    for name, content in files.items():
        write_atomic(run / name, content)
    _plot(run, recipe, dataset, epoch, np.array(scores["confusion"]))
    return report.text(scores, heading, width=columns.of_window())


def _plot(run: Path, recipe: Recipe, dataset: Dataset, epoch: int, confusion: NDArray[np.int64] | None) -> None:
    """Write pictures into ``plots/``: of a run's training, and of its test part if there is one."""
    from minser import plots  # matplotlib takes a second to load: only where a picture is drawn

    history = from_csv((run / "history.csv").read_text(encoding="utf-8"))
    figures = {"training_curves": plots.training_curves(history, best_epoch=epoch)}
    if confusion is not None:
        recall, counts = metrics.recall_per_class(confusion), confusion.sum(axis=1)
        figures["confusion"] = plots.confusion_figure(confusion, dataset.names)
        figures["per_class_accuracy"] = plots.per_class_accuracy(recall, dataset.names, counts)
    if confusion is not None and dataset.source != IMAGES:  # these are their own picture book
        settings = recipe.features
        first_of_each = {dataset.labels[i]: dataset.clips[i] for i in reversed(dataset.split.test)}
        shown = [first_of_each[label] for label in sorted(first_of_each)]
        waveforms = [extract.prepare(audio.load(clip.path, sr=settings.sr)[0], settings)[0] for clip in shown]
        figures["mel_per_emotion"] = plots.mel_per_emotion(
            [extract.log_mel(waveform, settings) for waveform in waveforms],
            [clip.emotion_name for clip in shown],
            sr=settings.sr,
            hop_length=settings.hop_length,
            mel_frequencies_hz=band_centres(settings.n_mels, fmax=settings.fmax or settings.sr / 2),
        )
    (run / "plots").mkdir(exist_ok=True)
    for name, figure in figures.items():
        plots.save(figure, run / "plots" / f"{name}.png")
