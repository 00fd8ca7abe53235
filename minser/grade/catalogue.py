"""The assignments: their sources, with solutions, and their questions.

Comes in: a number, "01" to "12". Goes out: text, questions, functions.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from minser.grade import child
from minser.grade.checks import (
    augmentation,
    convolution,
    dense,
    evaluation,
    leak,
    mel,
    normalisation,
    optimisers,
    saliency,
    spectrum,
    training,
    transfer,
)
from minser.grade.questions import SOURCES, Fault, Question
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
    "09_evaluation": evaluation.QUESTIONS,
    "10_leak": leak.QUESTIONS,
    "11_transfer": transfer.QUESTIONS,
    "12_saliency": saliency.QUESTIONS,
}
"""Name of each source file, without suffix, and its questions."""


def find(number: str) -> str:
    """Return the name of an assignment from its number or the start of its name: "5", "05", "05_conv".

    Raises
    ------
    ValueError
        If there is none.
    """
    for name in ASSIGNMENTS:
        if name.startswith(number.zfill(2)):
            return name
    raise ValueError(f"assignment: expected one of {', '.join(ASSIGNMENTS)}, got {number!r}")


def of_text(text: str) -> list[str]:
    """Return the assignments whose functions a script or a notebook defines, that with most of them first."""
    defined = set(re.findall(r'(?:^|\r|\\n|")[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)', text, re.MULTILINE))
    counts = {name: sum(entry.name in defined for entry in questions) for name, questions in ASSIGNMENTS.items()}
    return sorted(filter(counts.get, counts), key=counts.__getitem__, reverse=True)


@cache
def source(name: str) -> str:
    """Return the text of an assignment, with its solutions."""
    return (SOURCES / f"{name}.py").read_text(encoding="utf-8")


def data_files(name: str) -> list[Path]:
    """Return the files that an assignment reads."""
    return sorted(SOURCES.glob(f"{name[:2]}_*.csv"))


@cache
def solution(name: str, question: str) -> Callable[..., object]:
    """Return the teacher's function."""
    return child.load(source(name), question)


@cache
def faulty(name: str, question: str, fault: Fault) -> Callable[..., object]:
    """Return the teacher's function with a fault."""
    return child.load(with_fault(name, question, fault), question)


def with_fault(name: str, question: str, fault: Fault) -> str:
    """Return the text of an assignment whose last function is the teacher's with a fault."""
    own = next(text for _, text in child.statements(source(name)) if text.startswith(f"def {question}("))
    head, begin, body = f"{own}\n".partition(BEGIN)
    return f"{source(name)}\n{head}{begin}{body.replace(fault.right, fault.wrong)}"
