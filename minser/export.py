"""A trained network for torch, and back: ``python -m minser.export --run DIR FILE``.

The file is a state_dict in safetensors: load it with ``safetensors.torch.load_file`` into a ``torch.nn.Sequential``
whose layers have the names that ``best.safetensors`` gives them. Batches are (batch, channels, n_bins, n_frames) there.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from minser import command, run_folder
from minser.files import write_atomic
from minser.models.torch_layout import from_state_dict, to_state_dict
from minser.nn import Array
from minser.training import checkpoint
from minser.training.trainer import copy_arrays, model_arrays


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = command.parser(
        "export",
        "Write a run's best network as a torch state_dict; or make a run of weights that torch has changed.",
        "python -m minser.export --run runs/minser minser.safetensors",
    )
    parser.add_argument("--run", type=Path, required=True, help="run folder of a trained network")
    parser.add_argument("file", type=Path, metavar="FILE", help="state_dict, a safetensors file")
    parser.add_argument(
        "--import-to", type=Path, metavar="NEW", help="read FILE instead, into a new run folder with --run's recipe"
    )
    return command.run("export", execute, parser.parse_args(argv))


def execute(arguments: argparse.Namespace) -> int:
    """Do what the command line says."""
    if arguments.import_to is None:
        n_arrays = export_weights(arguments.run, arguments.file)
        print(f"{n_arrays} arrays of {arguments.run} are in {arguments.file}")
    else:
        import_weights(arguments.file, like=arguments.run, run=arguments.import_to)
        print(f"the weights of {arguments.file} are in {arguments.import_to}, with the recipe of {arguments.run}")
    return 0


def export_weights(run: Path, file: Path) -> int:
    """Write a run's best network as a state_dict and return the number of its arrays.

    Raises
    ------
    OSError, ValueError
        If there is no such network, or the file cannot be written.
    """
    model, _, _ = run_folder.load_model(run, run_folder.read_recipe(run))
    state = to_state_dict(model_arrays(model))
    write_atomic(file, safetensors.numpy.save(state))
    return len(state)


def import_weights(file: Path, *, like: Path, run: Path) -> None:
    """Make a run folder that holds a state_dict's weights, and beside them another run's recipe.

    Raises
    ------
    FileExistsError
        If `run` is in use.
    OSError, ValueError
        If the file is no whole state_dict of that recipe's network.
    """
    if run_folder.is_used(run):
        raise FileExistsError(f"{run} exists: name a new folder")
    recipe = run_folder.read_recipe(like)
    model, _, _ = run_folder.load_model(like, recipe)
    arrays = from_state_dict(_read(file))
    if bad := [name for name, array in arrays.items() if not np.isfinite(array).all()]:
        raise ValueError(f"{file}: {bad[0]} has values that are not finite")
    try:
        copy_arrays(arrays, model_arrays(model))
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    _, state = checkpoint.load(like / "best.safetensors")
    run.mkdir(parents=True, exist_ok=True)
    checkpoint.save(run / "best.safetensors", model_arrays(model), state)
    for name in ("environment.json", "history.csv"):  # where and how `like` was trained
        if (like / name).is_file():
            write_atomic(run / name, (like / name).read_bytes())
    write_atomic(run / "config.toml", recipe.to_toml())  # last: its presence makes a folder a run


def _read(file: Path) -> dict[str, Array]:
    """Return the arrays of a safetensors file."""
    if not file.is_file():
        raise FileNotFoundError(f"{file}: no such file")
    try:
        with safetensors.safe_open(file, framework="numpy") as content:
            return {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118 - it is no dict
    except (safetensors.SafetensorError, TypeError, ValueError) as error:
        raise ValueError(f"{file}: not a whole safetensors file of numbers: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
