"""Do minser and torch compute the same? Asked before anything is timed.

Comes in: a prepared folder. Goes out: how far each is from the truth, or a refusal.

The truth is torch's result in float64. minser's own float64 has to be the same to the last digits but a few: then both
are the same function. In float32 rounding decides which of two nearly equal values wins a max pooling, or on which side
of zero one lies under a ReLU, and then a clip's whole gradient goes another way: in either library single gradients are
off by some thousandths. Dropout is off (p = 0 in both) in this comparison alone: the two draw different random numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minser.nn import Array
from tests.benchmark.contender import Contender, start_minser, start_torch

EXACT = 1e-7
"""Largest relative error in float64."""

ROUNDED = 1e-4
"""Largest relative error of losses and outputs in float32, where no gradient goes another way."""

ROUNDED_GRADIENT = 2e-2
"""Largest relative error of a gradient in float32."""


@dataclass(frozen=True)
class Agreement:
    """Largest relative errors in float32, of minser and of torch, and the loss (None where there is no training)."""

    minser: float
    torch: float
    loss: float | None


def check_agreement(folder: Path, settings: Mapping[str, Any]) -> Agreement:
    """Compute loss and gradients, or the output, in both libraries and both float types, and compare.

    Parameters
    ----------
    folder : Path
        As ``job.prepare`` left it; the answers are written there.
    settings : mapping
        As the contenders take them.

    Raises
    ------
    ValueError
        If the results differ by more than rounding.
    """
    plain = {**settings, "dropout": False}
    double = {**plain, "dtype": "float64"}
    truth = answer(start_torch(folder, double, {}), folder / "torch64.npz")
    return compare(
        answer(start_minser(folder, plain), folder / "minser.npz"),
        answer(start_minser(folder, double), folder / "minser64.npz"),
        answer(start_torch(folder, plain, {}), folder / "torch.npz"),
        truth,
        what=str(settings["model"]),
    )


def answer(contender: Contender, file: Path) -> dict[str, Array]:
    """Return what a contender computes, and end it."""
    with contender:
        contender.ask("answer", file=str(file))
    return dict(np.load(file))


def compare(
    ours: Mapping[str, Array],
    ours64: Mapping[str, Array],
    theirs: Mapping[str, Array],
    truth: Mapping[str, Array],
    *,
    what: str,
) -> Agreement:
    """Return the largest float32 errors of both libraries.

    Raises
    ------
    ValueError
        If an error is too large, or an array is missing or of another shape.
    """
    errors = []
    for side, got, is_exact in (("minser", ours64, True), ("minser", ours, False), ("torch", theirs, False)):
        by_name = {name: relative_error(got, truth, name) for name in sorted(got.keys() | truth.keys())}
        for name, error in by_name.items():
            allowed = EXACT if is_exact else ROUNDED if name in ("loss", "output") else ROUNDED_GRADIENT
            if not error <= allowed:
                raise ValueError(
                    f"{what}: not timed, because minser and torch differ: {side}'s {name} in "
                    f"{got[name].dtype if name in got else 'nothing'} is {error:.1e} off torch's in float64, "
                    f"{allowed:.0e} is allowed"
                )
        errors.append(max(by_name.values()))
    return Agreement(minser=errors[1], torch=errors[2], loss=float(truth["loss"]) if "loss" in truth else None)


def relative_error(got: Mapping[str, Array], truth: Mapping[str, Array], name: str) -> float:
    """Return the norm of an array's error over that of its whole layer's truth; infinite for one that does not fit.

    Of the layer, not of the array: the true gradient of a bias before batch norm is zero.
    """
    if name not in got or name not in truth or got[name].shape != truth[name].shape:
        return np.inf
    layer = [array for key, array in truth.items() if key.partition(".")[0] == name.partition(".")[0]]
    size = np.sqrt(sum(np.square(array).sum() for array in layer))
    error = np.linalg.norm((got[name].astype(np.float64) - truth[name]).ravel())
    return float(error / size) if size else float(error)
