"""What a question is, and where the assignments lie.

Filled in by the files of ``checks``, read by ``hidden`` and ``marking``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from minser.grade.child import Value

Case = dict[str, Value]
Draw = Callable[[np.random.Generator], Value]

_PACKED = Path(__file__).parent / "assignments"
SOURCES = _PACKED if _PACKED.is_dir() else Path(__file__).parents[2] / "tutorials" / "assignments"
"""Folder of the assignments with their solutions: beside this file in a wheel, in ``tutorials`` in a checkout."""


def drawn(templates: Iterable[Value]) -> tuple[Callable[[np.random.Generator], Case], ...]:
    """Return what draws each case: a template in which each function of a generator is replaced by what it returns.

    Such a function is `generator`, or ``operator.methodcaller("uniform", 0, 1, (3, 4))``. It may draw a whole case.
    """
    return tuple(partial(_filled, template) for template in templates)


def _filled(template: Value, rng: np.random.Generator) -> Value:
    """Return a template's value; numbers are Python's own."""
    if isinstance(template, dict):
        return {name: _filled(part, rng) for name, part in template.items()}
    value = template(rng) if callable(template) else template
    return value.item() if isinstance(value, np.generic) else value


def generator(rng: np.random.Generator) -> np.random.Generator:
    """Return a generator that a student may use: it can be made again from its seed."""
    return np.random.default_rng(int(rng.integers(1 << 31)))


def such_that(holds: Callable[[np.random.Generator], bool]) -> Draw:
    """Return what draws a generator whose next numbers fulfil a condition: seeds are tried until one does."""

    def find(rng: np.random.Generator) -> np.random.Generator:
        while True:
            seed = int(rng.integers(1 << 31))
            if holds(np.random.default_rng(seed)):
                return np.random.default_rng(seed)

    return find


@dataclass(frozen=True)
class Fault:
    """A mistake that students make: the teacher's function with one passage changed, and what to say about it."""

    hint: str
    right: str
    wrong: str


@dataclass(frozen=True)
class Question:
    """One function of an assignment.

    Attributes
    ----------
    name : str
        Of the function.
    points : int
        Shared equally by the cases.
    cases : tuple of callable
        Each from a generator to a hidden input: keyword arguments. What begins with an underscore stays with the
        grader. The kind of a case (its shape, what lies at an edge) does not depend on the generator: ``hidden``
        redraws a case until it shows all faults that it can show.
    faults : tuple of Fault
        The likelier mistake first.
    score : callable, optional
        For a question with many right answers: from case and answer to a share of the case's points and a hint.
        Without it the answer has to equal the teacher's. ValueError if the answer cannot be judged.
    """

    name: str
    points: int
    cases: tuple[Callable[[np.random.Generator], Case], ...]
    faults: tuple[Fault, ...] = ()
    score: Callable[[Case, Value], tuple[float, str]] | None = None
