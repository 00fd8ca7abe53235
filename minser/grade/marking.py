"""Give points and a hint for each question of a submission.

Comes in: a submission's file. Goes out: a `Mark` a question.
"""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from minser.grade import catalogue, sandbox
from minser.grade.child import Value
from minser.grade.compare import difference, equal
from minser.grade.hidden import Asked, inputs, shown
from minser.grade.questions import Case, Question

_MAX_FILE = 10_000_000  # bytes of a submission
Ask = Callable[[str, list[Case]], list[dict[str, Value]]]


@dataclass(frozen=True)
class Mark:
    """Points of one question, and what to do about the missing ones."""

    question: str
    points: float
    of: int
    hint: str = ""


def read(path: Path) -> bytes:
    """Return a submission's bytes.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read or is too large.
    """
    size = path.stat().st_size
    if size > _MAX_FILE:
        advice = ": clear the notebook's outputs and save it again" if path.suffix.lower() == ".ipynb" else ""
        raise ValueError(f"expected a file of at most {_MAX_FILE // 1_000_000} MB, got {size / 1e6:.1f} MB{advice}")
    return path.read_bytes()


def mark_file(path: Path, assignment: str, *, seed: int, limits: sandbox.Limits, n_parallel: int) -> list[Mark]:
    """Mark every question of a submission, each in a process of its own.

    Parameters
    ----------
    path : Path
        A ``.py`` or ``.ipynb`` file.
    assignment : str
        A name of ``catalogue.ASSIGNMENTS``.
    seed : int
        Draws the hidden inputs.
    limits : Limits
        For each question.
    n_parallel : int
        Questions at a time.

    Returns
    -------
    list of Mark
        In the assignment's order. A broken submission has marks too.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read or is too large.
    """
    data = read(path)
    ask = partial(sandbox.ask, data, path.suffix.lower(), limits=limits)
    questions = catalogue.ASSIGNMENTS[assignment]
    for question in questions:
        inputs(assignment, question, seed)  # they are kept; Python 3.11 cannot parse in two threads (CPython 106905)
    with ThreadPoolExecutor(n_parallel) as pool:
        marks = list(pool.map(lambda question: mark(assignment, question, ask, seed), questions))
    wrong = {result.question for result in marks if result.points < result.of}
    text = data.decode("utf-8", errors="replace").replace("\r", "\n")
    return _told_once([_blame(result, text, wrong) for result in marks])


def mark(assignment: str, question: Question, ask: Ask, seed: int) -> Mark:
    """Mark one question.

    Parameters
    ----------
    assignment : str
        A name of ``catalogue.ASSIGNMENTS``.
    question : Question
        One of its questions.
    ask : callable
        From a function's name and cases to replies, as `sandbox.ask` gives them.
    seed : int
        Draws the hidden inputs.
    """
    asked = inputs(assignment, question, seed)
    replies = ask(question.name, [shown(entry.case) for entry in asked])
    judged = [_judge(question, entry, reply) for entry, reply in zip(asked, replies, strict=True)]
    points = round(question.points * sum(share for share, _ in judged) / len(asked), 2)
    wrong = [(reply, hint) for reply, (share, hint) in zip(replies, judged, strict=True) if share < 1]
    if not wrong:
        return Mark(question.name, points, question.points)
    known = _known_fault(question, asked, replies)
    first = next((hint for reply, hint in wrong if "answer" in reply), "")
    return Mark(question.name, points, question.points, f"{known} ({first})" if known and first else wrong[0][1])


def _judge(question: Question, asked: Asked, reply: dict[str, Value]) -> tuple[float, str]:
    """Return the share of a case's points, and a hint."""
    if "error" in reply:
        text = str(reply["error"])
        return 0.0, "not done yet" if text.startswith("NotImplementedError") else text
    if question.score:
        try:
            return question.score(asked.case, reply["answer"])
        except ValueError as error:
            return 0.0, str(error)
    hint = difference(reply["answer"], asked.right)
    return (0.0, hint) if hint else (1.0, "")


def _known_fault(question: Question, asked: Sequence[Asked], replies: Sequence[dict[str, Value]]) -> str | None:
    """Return what to say about the fault that gives every reply, right ones too; None if no known fault does."""
    for number, fault in enumerate(question.faults):
        pairs = zip(asked, replies, strict=True)
        if all(_is(reply, entry.faulty[number]) for entry, reply in pairs):
            return fault.hint
    return None


def _is(reply: dict[str, Value], answer: Value) -> bool:
    """Return whether a reply is an answer, or the error that stands in its place."""
    if isinstance(answer, Exception):
        return str(reply.get("error")).startswith(f"{type(answer).__name__}:")
    return "answer" in reply and equal(reply["answer"], answer)


def _blame(result: Mark, text: str, wrong: set[str]) -> Mark:
    """Point to functions that the student's own calls, if they are wrong as well; `text` may be that of a notebook."""
    if result.points == result.of or result.hint == "not done yet":
        return result
    own = re.search(rf'(^|")def {result.question}\b.*?(?=(^|")def |\Z)', text, re.MULTILINE | re.DOTALL)
    used = {name for name in wrong - {result.question} if own and re.search(rf"\b{name}\s*\(", own.group())}
    blame = "".join(f"; {name} is wrong as well, and this may build upon it" for name in sorted(used))
    return Mark(result.question, result.points, result.of, result.hint + blame)


def _told_once(marks: list[Mark]) -> list[Mark]:
    """Say just where it was told of an error that another question ended with: a file that cannot be read ends all."""
    first = dict[str, str]()
    for mark in marks:
        first.setdefault(mark.hint, mark.question)
    return [
        mark
        if mark.hint in ("", "not done yet") or first[mark.hint] == mark.question
        else replace(mark, hint=f"the same as {first[mark.hint]}")
        for mark in marks
    ]
