"""Memory of a training process, minser against torch: ``python -m tests.benchmark memory``.

Comes in: a network's name. Goes out: a row, JSON-ready, and a table of rows.

Resident memory is read before there is a network, libraries loaded, and its peak after some training steps. Each
measurement is a process of its own; torch runs as ``train`` would run it.
"""

import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmark import agreement, job, networks
from tests.benchmark.contender import Contender, start_minser, start_torch
from tests.benchmark.job import tell

STEPS = 8
COLUMNS = ("minser", "torch", "torch_tuned")
MB = 1e6


def measure_memory(name: str, *, rounds: int, threads: int) -> dict[str, Any]:
    """Return a network's row: the medians of `rounds` processes of each contender, in megabytes.

    Raises
    ------
    ValueError
        If minser and torch do not compute the same, a contender dies, no round is wanted, or the system does not tell.
    """
    if rounds < 1:
        raise ValueError(f"--rounds: expected 1 or more, got {rounds}")
    (batch,) = networks.batch_sizes(name, training=True)
    settings = job.plain_settings(name, training=True, batch=batch, threads=threads)
    with tempfile.TemporaryDirectory(prefix="minser-bench-") as place:
        folder = Path(place)
        job.prepare(folder, name)
        tell(f"{name}: do both compute the same?")
        agreement.check_agreement(folder, settings)
        tell(f"{name}: which way does torch run fastest?")
        installed, tuned = job.choose_torch(folder, settings)
        tell(f"{name}: {rounds} processes of each")
        measured = [
            (
                peak_of(start_minser(folder, settings)),
                peak_of(start_torch(folder, installed.settings, installed.environ)),
                peak_of(start_torch(folder, tuned.settings, tuned.environ)),
            )
            for _ in range(rounds)
        ]
    row: dict[str, Any] = {"model": name, "batch": batch, "threads": threads, "rounds_used": rounds}
    for column, pairs in zip(COLUMNS, zip(*measured, strict=True), strict=True):
        used = [(peak - before) / MB for before, peak in pairs]
        row[f"{column}_mb"] = median(used)
        row[f"{column}_mb_range"] = [min(used), max(used)]
        row[f"{column}_peak_mb"] = median(peak / MB for _, peak in pairs)
    row["ratio"] = row["torch_mb"] / row["minser_mb"]
    row["ratio_tuned"] = row["torch_tuned_mb"] / row["minser_mb"]
    words = {"torch_version": version("torch"), "torch_settings": installed.text, "torch_tuned_settings": tuned.text}
    return {**row, **words}


def peak_of(contender: Contender) -> tuple[int, int]:
    """Return the bytes resident before there was a network, and at the peak of a training; end the contender."""
    with contender:
        contender.ask("run", steps=STEPS)
        before, peak = contender.greeting["resident"], contender.ask("peak")["peak"]
    if before is None or peak is None:
        raise ValueError("memory is read from /proc/self/status, which this system does not have")
    return before, peak


def memory_table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as text; a ratio above 1 means that minser needs less."""
    lines = [
        f"MB that training adds to the process (in brackets its whole peak); {rows[0]['threads']} threads, torch "
        f"{rows[0]['torch_version']}; ratio = torch / minser",
        f"{'':18} {'batch':>5} {'minser':>15} {'torch':>17} {'ratio':>6} {'torch, tuned':>17} {'ratio':>6}",
    ]
    for row in rows:
        minser, torch, tuned = (f"{row[f'{c}_mb']:.0f} ({row[f'{c}_peak_mb']:.0f})" for c in COLUMNS)
        lines.append(
            f"{row['model']:18} {row['batch']:>5} {minser:>15} {torch:>17} {row['ratio']:>5.2f}x {tuned:>17} "
            f"{row['ratio_tuned']:>5.2f}x"
        )
    lines += [f"{row['model']}: torch: {row['torch_settings']}; tuned: {row['torch_tuned_settings']}" for row in rows]
    return "\n".join(lines)
