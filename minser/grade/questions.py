"""What a question is.

Filled in by the files of ``checks``, read by ``marking``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from minser.grade.child import Value

Case = dict[str, Value]


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
    cases : callable
        From a generator to hidden inputs: keyword arguments, one dict a case. What begins with an underscore stays
        with the grader.
    faults : tuple of Fault
        The likelier mistake first.
    score : callable, optional
        For a question with many right answers: from case and answer to a share of the case's points and a hint.
        Without it the answer has to equal the teacher's. ValueError if the answer cannot be judged.
    """

    name: str
    points: int
    cases: Callable[[np.random.Generator], list[Case]]
    faults: tuple[Fault, ...] = ()
    score: Callable[[Case, Value], tuple[float, str]] | None = None
