"""The assignments: their sources, with solutions, and their questions.

Comes in: a number, "01" to "08". Goes out: text, questions, functions.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from minser.grade import child, folder
from minser.grade.checks import (
    augmentation,
    convolution,
    dense,
    mel,
    normalisation,
    optimisers,
    spectrum,
    training,
)
from minser.grade.questions import Fault, Question
from minser.grade.regions import BEGIN

ASSIGNMENTS: dict[str, tuple[Question, ...]] = {
    "01_stft": spectrum.QUESTIONS,
    "02_mel": mel.QUESTIONS,
    "03_augmentation": augmentation.QUESTIONS,
    "04_dense": dense.QUESTIONS,
    "05_convolution": convolution.QUESTIONS,
    "06_normalisation": normalisation.QUESTIONS,
    "07_optimisers": optimisers.QUESTIONS,
    "08_training": training.QUESTIONS,
}
"""Name of each source file, without suffix, and its questions."""


def find(number: str) -> str:
    """Return the name of an assignment from its number or the start of its name: "5", "05", "05_conv".

    Raises
    ------
    ValueError
        If there is none.
    """
    number = number.zfill(2)
    for name in ASSIGNMENTS:
        if len(number) >= 2 and name.startswith(number):
            return name
    raise ValueError(f"assignment: expected one of {', '.join(ASSIGNMENTS)}, got {number!r}")


@cache
def source(name: str) -> str:
    """Return the text of an assignment, with its solutions."""
    return (folder.assignments() / f"{name}.py").read_text(encoding="utf-8")


def data_files(name: str) -> list[Path]:
    """Return the files that an assignment reads."""
    return sorted(folder.assignments().glob(f"{name[:2]}_*.csv"))


@cache
def solution(name: str, question: str) -> Callable[..., object]:
    """Return the teacher's function."""
    return _function(source(name), question)


@cache
def faulty(name: str, question: str, fault: Fault) -> Callable[..., object]:
    """Return the teacher's function with a fault.

    Raises
    ------
    ValueError
        If the passage to change is not there, or there twice.
    """
    own = next(text for _, text in child.statements(source(name)) if text.startswith(f"def {question}("))
    head, begin, body = f"{own}\n".partition(BEGIN)
    if body.count(fault.right) != 1:
        raise ValueError(f"{question}: {fault.right!r} occurs {body.count(fault.right)} times")
    changed = head + begin + body.replace(fault.right, fault.wrong)
    return _function(source(name).replace(f"{own}\n", changed), question)


def _function(text: str, question: str) -> Callable[..., object]:
    """Return a function out of a text."""
    function: Callable[..., object] = getattr(child.load(text, question), question)
    return function
