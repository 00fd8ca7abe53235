"""A trained network for others: ``python -m minser.export --run DIR FILE``. The file's ending says for whom.

``.onnx``, for any program: from a waveform to probabilities (`runs.onnx_file`). ``models/README.md`` shows how it is
run, and how the weights below come to Keras.

``.safetensors``, for torch: a state_dict. Load it with ``safetensors.torch.load_file`` into a ``torch.nn.Sequential``
whose layers have the names that ``best.safetensors`` gives them. Batches are (batch, channels, n_bins, n_frames) there,
and the ``flatten`` pooling is ``torch.nn.Flatten``: the dense weights after it are in torch's order.
``tests/benchmark/torch_contender.py`` shows the poolings that torch lacks.

A folder, with ``--ship RESULTS``: recipe, calibrated weights, model card and a list of what it was trained on, as the
network that comes with minser. The run was trained on all clips; what it is worth, RESULTS say: a cross-validation of
its recipe.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from minser.evaluation import calibrate, card, confusion_matrix
from minser.evaluation.predictions import Pooled
from minser.models.torch_layout import flattened_channels, to_state_dict
from minser.nn.arrays import model_arrays
from minser.recipes import Recipe
from minser.recognizer import SHIPPED
from minser.runs import run_folder
from minser.runs.heard import TRAINED_ON, read_parts, to_text, without_own_names
from minser.runs.onnx_file import to_onnx
from minser.study.results import read_summary
from minser.system import cli
from minser.system.atomic import write_atomic
from minser.training import checkpoint

SHIPPED_FILES = ("config.toml", "best.safetensors", "MODEL_CARD.md", TRAINED_ON)

MOST_BYTES = 1_990_000
"""Of a shipped network's weights: with the file's header they stay below 2 MB."""


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = cli.parser(
        "export",
        "Write a run's best network for other programs; or make a network that was trained on all clips (--split all) "
        "ready to be shipped.",
        "python -m minser.export --run runs/minser minser.onnx",
    )
    parser.add_argument("--run", required=True, help="run folder of a trained network, or shipped: minser's own")
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="NAME.onnx: from a waveform to probabilities; NAME.safetensors: the weights as a torch state_dict, where "
        "flatten is torch.nn.Flatten; with --ship the folder to write",
    )
    parser.add_argument(
        "--ship",
        type=Path,
        metavar="RESULTS",
        help="write recipe, calibrated weights and model card; RESULTS: cross-validation of that recipe",
    )
    return cli.run("export", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says."""
    run = SHIPPED if arguments.run == "shipped" else Path(arguments.run)
    if arguments.ship is not None:
        ship(run, arguments.ship, arguments.file)
        shipped = [name for name in SHIPPED_FILES if (arguments.file / name).is_file()]
        print(f"{', '.join(shipped)} are in {arguments.file}")
    else:
        export_network(run, arguments.file)
        print(f"the network of {arguments.run} is in {arguments.file}")
    return 0


def export_network(run: Path, file: Path) -> None:
    """Write a run's best network in the format that the file's ending names.

    Raises
    ------
    OSError, ValueError
        If there is no such network or format, or the file cannot be written or would lie among the files of a run.
    """
    if file.suffix.lower() not in FORMATS:
        raise ValueError(f"{file}: expected a name that ends in {' or '.join(FORMATS)}, which decides the format")
    if run_folder.is_run(file.parent):
        raise ValueError(f"{file}: {file.parent} is a run folder, whose files are its own: name a file elsewhere")
    write_atomic(file, FORMATS[file.suffix.lower()](run))


def to_safetensors(run: Path) -> bytes:
    """Return the weights of a run's best network as a state_dict."""
    model = run_folder.load_model(run, run_folder.read_recipe(run)).model
    _, stored = checkpoint.load(run / "best.safetensors")
    flattened = flattened_channels(model, in_channels=int(stored["in_channels"]))
    return safetensors.numpy.save(to_state_dict(model_arrays(model), flattened))


FORMATS: dict[str, Callable[[Path], bytes]] = {".onnx": to_onnx, ".safetensors": to_safetensors}
"""Endings of files, each with what makes the file's bytes of a run folder."""


def ship(run: Path, results: Path, folder: Path) -> None:
    """Write a network that was trained on all clips, calibrated and described by the cross-validation of its recipe.

    The same files give the same bytes. What it was trained on goes with it, but for names from own recordings.

    Parameters
    ----------
    run : Path
        Run folder, trained with ``data.split`` all.
    results : Path
        Folder with ``summary.json`` and ``predictions.csv`` of the same recipe and corpus.
    folder : Path
        What `recognizer.Recognizer.load` takes; a shipped network that lies there is replaced.

    Raises
    ------
    OSError, ValueError
        If a file is bad, the run is not finished or held clips out, run and results are of another recipe, corpus or
        classes, the weights are too large, or `folder` holds anything else.
    """
    recipe, summary, pooled = (
        run_folder.read_recipe(run),
        read_summary(results),
        Pooled.read(results / "predictions.csv"),
    )
    model, epoch, names, _ = run_folder.load_model(run, recipe)
    if recipe.data.split != "all" or epoch != recipe.training.epochs:
        raise ValueError(
            f"{run}: expected a finished training on all clips (train --split all), got split {recipe.data.split}, "
            f"epoch {epoch} of {recipe.training.epochs}"
        )
    if names != pooled.names:
        raise ValueError(f"{run} knows the classes {', '.join(names)}; {results} has {', '.join(pooled.names)}")
    arrays = model_arrays(model)
    if (n_bytes := sum(array.nbytes for array in arrays.values())) > MOST_BYTES:
        raise ValueError(f"{run}: expected weights of up to {MOST_BYTES:,} bytes, got {n_bytes:,}")
    if folder.is_file() or (folder.is_dir() and {file.name for file in folder.iterdir()} - set(SHIPPED_FILES)):
        raise FileExistsError(f"{folder} exists and holds other files than {', '.join(SHIPPED_FILES)}")
    calibration = calibrate(pooled.probs, pooled.y_true, folds=pooled.folds)
    try:
        _check_tested(run, recipe, summary, pooled, results)
        text = card.shipped(recipe, summary, calibration)
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{results / 'summary.json'}: not a whole summary of a cross-validation: {error!r}") from None
    _, state = checkpoint.load(run / "best.safetensors")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").unlink(missing_ok=True)  # never an old recipe beside new weights
    checkpoint.save(folder / "best.safetensors", arrays, state | {"temperature": calibration.temperature})
    write_atomic(folder / "MODEL_CARD.md", text)
    (folder / TRAINED_ON).unlink(missing_ok=True)
    if (run / TRAINED_ON).is_file():  # older runs have none
        write_atomic(folder / TRAINED_ON, to_text(map(without_own_names, read_parts(run))))
    write_atomic(folder / "config.toml", recipe.to_toml())  # last: its presence makes a folder a run


def _check_tested(run: Path, recipe: Recipe, summary: Mapping[str, Any], pooled: Pooled, results: Path) -> None:
    """Raise ValueError, naming what differs, unless results belong together and are of a run's recipe and corpus."""
    seeds = np.unique(pooled.seeds)
    confusion = confusion_matrix(pooled.y_true, pooled.y_pred, n_classes=len(pooled.names))
    if summary["confusion"] != confusion.tolist() or summary["seeds"] != seeds.tolist():
        raise ValueError(f"{results}: summary.json was not counted from these predictions.csv")
    tested = Recipe(summary["recipe"]).replace(summary["settings"])  # fields that are newer than the results: defaults
    named = recipe.replace({"model.weights": Path(recipe.model.weights).name})  # summaries hold no path of a machine
    old, new = ({"name": each.name, **each.settings()} for each in (tested, named))
    changed = [
        f"{key} (tested {old[key]!r}, trained {new[key]!r})"
        for key in old
        if old[key] != new[key] and key not in ("data.split", "data.fold", "data.speakers_csv", "training.seed")
    ]
    if changed:
        raise ValueError(f"{results} is of another recipe than {run}: {', '.join(changed)}")
    if run_folder.recorded_corpus(run).get("hash") != summary["corpus"]:
        raise ValueError(f"{results} is of another corpus than {run}, or of other features of it")


if __name__ == "__main__":
    sys.exit(main())
