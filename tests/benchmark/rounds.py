"""Rounds: contenders work one after the other at a word, and rounds that other programs disturbed are thrown out.

Comes in: functions that let a contender work. Goes out: seconds.

Foreign load is what the whole machine was busy with (``/proc/stat``) beyond the contender and this process. Where the
system does not tell, every round is kept, and the result says so.
"""

import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

QUIET = 0.04
"""A turn is quiet if others took no more than this share of all cores; the kernel's clock itself errs by 1 or 2 %."""

PATIENCE = 3
"""At most so many times the rounds asked for are run."""

LEAST = 5
"""With fewer quiet rounds than this the quietest ones are used, quiet or not."""

Turn = Callable[[], tuple[float, float]]
"""Lets a contender work; returns seconds a step, and the CPU seconds that its process took."""


@dataclass(frozen=True)
class Round:
    """Each contender's seconds, and the largest share of the machine that others took; None where that is not known."""

    seconds: tuple[float, ...]
    foreign: float | None


@dataclass(frozen=True)
class Sample:
    """Seconds of one contender in the rounds that count."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Middle value."""
        return median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """Between them lies the middle half."""
        if len(self.seconds) == 1:
            return self.seconds[0], self.seconds[0]
        low, _, high = quantiles(self.seconds, n=4, method="inclusive")
        return low, high


@dataclass(frozen=True)
class Rounds:
    """What is left of all rounds.

    Attributes
    ----------
    samples : tuple of Sample
        One a contender, in order.
    used, thrown_out : int
        Numbers of rounds.
    remark : str
        What a reader must know of the load, else empty.
    """

    samples: tuple[Sample, ...]
    used: int
    thrown_out: int
    remark: str


def take_turns(contenders: Sequence[Turn], *, wanted: int) -> Rounds:
    """Run rounds until `wanted` of them were quiet, or `PATIENCE` times as many were run.

    Raises
    ------
    ValueError
        If no round is wanted.
    """
    if wanted < 1:
        raise ValueError(f"--rounds: expected 1 or more, got {wanted}")
    rounds: list[Round] = []
    while sum(is_quiet(r) for r in rounds) < wanted and len(rounds) < PATIENCE * wanted:
        turns = [observed(contender) for contender in contenders]
        shares = [foreign for _, foreign in turns if foreign is not None]
        rounds.append(Round(tuple(seconds for seconds, _ in turns), max(shares) if len(shares) == len(turns) else None))
    return chosen(rounds, wanted=wanted)


def chosen(rounds: Sequence[Round], *, wanted: int) -> Rounds:
    """Return the quiet rounds, or where there are too few the quietest."""
    quiet = [r for r in rounds if is_quiet(r)]
    remark = ""
    if any(r.foreign is None for r in rounds):
        remark = "foreign load unknown, every round kept"
    least = min(LEAST, wanted)
    if len(quiet) < least:
        quiet = sorted(rounds, key=lambda r: r.foreign or 0.0)[:least]
        remark = f"too few quiet rounds: the quietest, with up to {quiet[-1].foreign or 0:.0%} foreign load"
    samples = tuple(Sample(seconds) for seconds in zip(*(r.seconds for r in quiet), strict=True))
    return Rounds(samples, used=len(quiet), thrown_out=len(rounds) - len(quiet), remark=remark)


def is_quiet(r: Round) -> bool:
    """Return whether others left the machine alone, as far as is known."""
    return r.foreign is None or r.foreign <= QUIET


def observed(turn: Turn) -> tuple[float, float | None]:
    """Return seconds a step of a turn, and the share of the machine that others took in it."""
    time.sleep(0.02)  # threads of the one before may still spin
    busy, own, start = busy_seconds(), time.process_time(), time.perf_counter()
    seconds, cpu = turn()
    wall = time.perf_counter() - start
    own = time.process_time() - own + cpu
    after = busy_seconds()
    if busy is None or after is None:
        return seconds, None
    return seconds, foreign_share(busy=after - busy, own=own, available=wall * (os.cpu_count() or 1))


def foreign_share(*, busy: float, own: float, available: float) -> float | None:
    """Return what others took of the CPU seconds available; None if the machine's count cannot be true."""
    if busy < own / 2:  # a container that counts nothing
        return None
    return max(0.0, busy - own) / available


def busy_seconds() -> float | None:
    """Return the CPU seconds since boot in which the machine was not idle, None where the system does not tell."""
    try:
        words = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    except OSError:
        return None
    user, nice, system, _, _, irq, softirq, steal, *_ = map(int, words[1:])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def steps_a_turn(seconds_a_step: float, *, turn_s: float) -> int:
    """Return how many steps make a turn long enough for the kernel's clock of 10 ms."""
    return max(1, math.ceil(turn_s / seconds_a_step))
