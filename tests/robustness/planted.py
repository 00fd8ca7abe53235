"""Train with a fault in minser: ``python -m tests.robustness.planted FAULT MODULE ARGUMENTS...``.

Each fault is one that programs of this kind really have. A run that nobody disturbs does not show it, so it shows
whether the harness `kill` can see anything.
"""

import os
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minser.corpus import recipe_batches
from minser.nn import Array
from minser.system import atomic


def write_in_place() -> None:
    """Overwrite files where they stand; the one before is not kept."""

    def write(path: Path, content: bytes | str, *, keep: Path | None = None) -> None:
        with path.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())

    atomic.write_atomic = write  # before those who import it are loaded


def replay_order() -> None:
    """Count the epochs from 1 in each process: the loader replays the first epoch's order and augmentation."""
    first: list[int] = []
    batches = recipe_batches.training_batches

    def replayed(recipe: Any, dataset: Any, epoch: int, first_step: int = 0) -> Any:
        first.append(epoch)
        return batches(recipe, dataset, 1 + epoch - first[0], first_step)

    recipe_batches.training_batches = replayed


def share_generator() -> None:
    """Draw dropout's masks from one generator, whose state nobody saves."""
    make, shared = np.random.default_rng, np.random.default_rng(0)
    np.random.default_rng = lambda key=None: shared if isinstance(key, list) and key[3:] == [2] else make(key)


def forget_optimizer() -> None:
    """Restore the network, and begin Adam's averages anew."""
    from minser.training.trainer import Trainer

    restore = Trainer.restore

    def forgetful(self: Trainer, arrays: dict[str, Array], *rest: Any, **named: Any) -> None:
        restore(self, arrays, *rest, **named)
        for array in self.optimizer.state.values():
            array[...] = 0

    Trainer.restore = forgetful


def forget_plateau() -> None:
    """Let the learning rate's schedule see only the epochs of this process."""
    from minser.training import history

    first: list[int] = []
    rate = history.plateau_lr

    def fresh(rows: Sequence[history.Row], settings: Any) -> float:
        first.append(len(rows))
        return rate(rows[first[0] :], settings)

    history.plateau_lr = fresh


FAULTS = {
    "in-place": write_in_place,
    "order": replay_order,
    "generator": share_generator,
    "optimizer": forget_optimizer,
    "plateau": forget_plateau,
}


def main() -> None:
    """Plant the fault, and run the module."""
    fault, module, *arguments = sys.argv[1:]
    FAULTS[fault]()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
