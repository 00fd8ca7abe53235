"""The hidden inputs of a question, with the right answers and those of every known fault.

Comes in: a question and a seed. Goes out: cases that show the same faults whatever the seed.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from minser.grade import catalogue
from minser.grade.child import Value, pack, unpack
from minser.grade.compare import equal
from minser.grade.questions import Case, Question

_TRIALS = 16  # draws of a case among which the one that shows the most faults is looked for
_MAX_DRAWS = 2000


@dataclass(frozen=True)
class Asked:
    """One hidden input.

    Attributes
    ----------
    case : dict
        Arguments.
    right : array, number, or tuple or dict of these
        The teacher's answer; None if the question has a score of its own.
    faulty : tuple
        The answer of each known fault, or the error that it ends with.
    """

    case: Case
    right: Value
    faulty: tuple[Value, ...]

    def shows(self) -> tuple[bool, ...]:
        """Return for each fault whether its answer is wrong."""
        return tuple(isinstance(a, Exception) or not equal(a, self.right) for a in self.faulty)


@cache
def inputs(assignment: str, question: Question, seed: int) -> tuple[Asked, ...]:
    """Draw the cases of a question until each of them shows the faults that it can show.

    A fault such as an upper end that is left out changes some answers and not others. Marks would depend on the seed;
    so each case is drawn again until it shows the same faults as with any other seed.

    Raises
    ------
    RuntimeError
        If no draw does.
    """
    number = [entry.name for entry in catalogue.ASSIGNMENTS[assignment]].index(question.name)
    rng = np.random.default_rng([seed, int(assignment[:2]), number])
    return tuple(_drawn(assignment, question, place, rng) for place in range(len(question.cases)))


def shown(case: Case) -> Case:
    """Return a copy of what the student's function gets, with generators at their start."""
    return dict(unpack(pack({name: value for name, value in case.items() if not name.startswith("_")})))


def _drawn(assignment: str, question: Question, place: int, rng: np.random.Generator) -> Asked:
    """Return one case that shows what it can show."""
    for _ in range(_MAX_DRAWS):
        found = _asked(assignment, question, question.cases[place](rng))
        if found.shows() == _can_show(assignment, question, place):
            return found
    raise RuntimeError(f"{question.name}: no draw of case {place} shows all faults that it can show")


@cache
def _can_show(assignment: str, question: Question, place: int) -> tuple[bool, ...]:
    """Return which faults a case can show at once: the most that any of some draws shows."""
    rng = np.random.default_rng(0)
    trials = (_asked(assignment, question, question.cases[place](rng)).shows() for _ in range(_TRIALS))
    return max(trials, key=sum)


def _asked(assignment: str, question: Question, case: Case) -> Asked:
    """Answer a case, whose arguments are brought into their order."""
    solution = catalogue.solution(assignment, question.name)
    case = {**{name: case[name] for name in inspect.signature(solution).parameters}, **case}
    faulty = tuple(_answer(catalogue.faulty(assignment, question.name, fault), case) for fault in question.faults)
    return Asked(case, None if question.score else solution(**shown(case)), faulty)


def _answer(function: Callable[..., Value], case: Case) -> Value:
    """Return the answer of a function with a fault, or its error: some faults do not survive every case."""
    try:
        with np.errstate(all="ignore"):
            return function(**shown(case))
    except (ValueError, IndexError, ArithmeticError) as error:
        return error
