"""Timing: contenders take turns, so that a busy minute of the machine hits all of them.

Comes in: functions. Goes out: seconds.
"""

import time
from collections.abc import Callable, Sequence
from statistics import median


def interleaved_medians(contenders: Sequence[Callable[[], object]], *, rounds: int) -> list[float]:
    """Call every contender once in each round, and once before, and return their median seconds.

    Parameters
    ----------
    contenders : sequence of callables
        What is measured.
    rounds : int
        How often.

    Returns
    -------
    list of float
        Seconds, in the contenders' order.

    Raises
    ------
    ValueError
        If there is no round.
    """
    if rounds < 1:
        raise ValueError(f"rounds: expected 1 or more, got {rounds}")
    for contender in contenders:
        contender()
    seconds: list[list[float]] = [[] for _ in contenders]
    for _ in range(rounds):
        for contender, taken in zip(contenders, seconds, strict=True):
            start = time.perf_counter()
            contender()
            taken.append(time.perf_counter() - start)
    return [median(taken) for taken in seconds]
