"""Give points and a hint for each question of a submission.

Comes in: a submission's file. Goes out: a `Mark` a question.
"""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from minser.grade import catalogue, sandbox
from minser.grade.child import Value, pack, unpack
from minser.grade.compare import difference
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
    with ThreadPoolExecutor(n_parallel) as pool:
        marks = list(
            pool.map(lambda question: mark(assignment, question, ask, seed), catalogue.ASSIGNMENTS[assignment])
        )
    wrong = {result.question for result in marks if result.points < result.of}
    text = data.decode("utf-8", errors="replace")
    return [_blame(result, text, wrong) for result in marks]


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
    number = [entry.name for entry in catalogue.ASSIGNMENTS[assignment]].index(question.name)
    cases = question.cases(np.random.default_rng([seed, int(assignment[:2]), number]))
    replies = ask(question.name, [_shown(case) for case in cases])
    judged = [_judge(assignment, question, case, reply) for case, reply in zip(cases, replies, strict=True)]
    points = round(question.points * sum(share for share, _ in judged) / len(cases), 2)
    wrong = [
        (case, reply, hint) for case, reply, (share, hint) in zip(cases, replies, judged, strict=True) if share < 1
    ]
    hint = (_known_fault(assignment, question, wrong) or wrong[0][2]) if wrong else ""
    return Mark(question.name, points, question.points, hint)


def _shown(case: Case) -> Case:
    """Return a copy of what the student's function gets, with generators at their start."""
    return dict(unpack(pack({name: value for name, value in case.items() if not name.startswith("_")})))


def _judge(assignment: str, question: Question, case: Case, reply: dict[str, Value]) -> tuple[float, str]:
    """Return the share of a case's points, and a hint."""
    if "error" in reply:
        text = str(reply["error"])
        return 0.0, "not done yet" if text.startswith("NotImplementedError") else text
    if question.score:
        try:
            return question.score(case, reply["answer"])
        except ValueError as error:
            return 0.0, str(error)
    right = catalogue.solution(assignment, question.name)(**_shown(case))
    hint = difference(reply["answer"], right)
    return (0.0, hint) if hint else (1.0, "")


def _known_fault(assignment: str, question: Question, wrong: list[tuple[Case, dict[str, Value], str]]) -> str | None:
    """Return the hint of the fault that explains most of the wrong answers, with both numbers of the first."""
    explained: list[list[str]] = []
    for fault in question.faults:
        function = catalogue.faulty(assignment, question.name, fault)
        explained.append([f"{fault.hint} ({hint})" for case, reply, hint in wrong if _gives(function, case, reply)])
    best = max(explained, key=len, default=[])
    return best[0] if best else None


def _gives(function: Callable[..., Value], case: Case, reply: dict[str, Value]) -> bool:
    """Return whether a function gives the answer of a reply."""
    try:
        with np.errstate(all="ignore"):
            return "answer" in reply and difference(reply["answer"], function(**_shown(case))) is None
    except (ValueError, IndexError):  # some faults do not survive every case
        return False


def _blame(result: Mark, text: str, wrong: set[str]) -> Mark:
    """Point to functions that the student's own calls, if they are wrong as well; `text` may be that of a notebook."""
    if result.points == result.of or result.hint == "not done yet":
        return result
    own = re.search(rf'(^|")def {result.question}\b.*?(?=(^|")def |\Z)', text, re.MULTILINE | re.DOTALL)
    used = {name for name in wrong - {result.question} if own and re.search(rf"\b{name}\s*\(", own.group())}
    blame = "".join(f"; {name} is wrong as well, and this may build upon it" for name in sorted(used))
    return Mark(result.question, result.points, result.of, result.hint + blame)
