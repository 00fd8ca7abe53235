"""What bounds each layer: its arithmetic and its traffic beside the machine's peaks (Williams et al. 2009, "Roofline").

Comes in: a network's name. Goes out: rows, JSON-ready, and a table of them.
"""

import tempfile
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.benchmark import job, networks
from tests.benchmark.contender import start_minser

Row = dict[str, Any]


def measure_layers(name: str, *, training: bool, rounds: int, threads: int) -> list[Row]:
    """Return a row for each layer and direction of a network, and one for the total of each direction.

    Parameters
    ----------
    name : str
        One of ``networks.NAMES``.
    training : bool
        Whether layers act as in training, and go back too.
    rounds : int
        Walks through the network, of which the median counts.
    threads : int
        Of minser and of the peaks.
    """
    if rounds < 1:
        raise ValueError(f"--rounds: expected 1 or more, got {rounds}")
    batch = networks.batch_sizes(name, training=training)[0]
    settings = job.plain_settings(name, training=training, batch=batch, threads=threads)
    job.tell(f"{name}: {rounds} walks through its layers")
    with tempfile.TemporaryDirectory(prefix="minser-bench-") as place:
        job.prepare(Path(place), name)
        with start_minser(Path(place), settings) as contender:
            measured = contender.ask("layers", rounds=rounds)
    peaks = {"gemm_gflops": measured["gemm_gflops"], "copy_gbs": measured["copy_gbs"]}
    rows = []
    for direction, calls in groupby(measured["layers"], key=lambda row: str(row["direction"])):
        listed = list(calls)
        total = {key: sum(row[key] for row in listed) for key in ("ms", "gflop", "gb")}
        rows += [*listed, {"layer": "total", "direction": direction, **total}]
    heading = {"model": name, "batch": batch, "threads": threads}
    return [{**heading, **row, **rates(row, **peaks), **peaks} for row in rows]


def rates(row: Row, *, gemm_gflops: float, copy_gbs: float) -> Row:
    """Return what a layer reached, what bounds it, and the least time under the roof as a share of the time it took.

    The roof: no less time than the arithmetic takes at its peak, and no less than the traffic takes at its.
    """
    seconds = max(row["ms"] / 1e3, 1e-9)  # a layer that only hands on may be too quick for the clock
    arithmetic, traffic = row["gflop"] / gemm_gflops, row["gb"] / copy_gbs
    bound = "-" if arithmetic == traffic == 0 else "arithmetic" if arithmetic > traffic else "memory"
    return {
        "gflops": row["gflop"] / seconds,
        "gbs": row["gb"] / seconds,
        "bound": bound,
        "roof": max(arithmetic, traffic) / seconds,
    }


def layer_table(rows: Sequence[Row]) -> str:
    """Return the rows as text, a line a layer, forward beside backward."""
    lines = []
    for name, group in groupby(rows, key=lambda row: str(row["model"])):
        listed = list(group)
        first = listed[0]
        directions = {str(row["direction"]): "" for row in listed}
        lines += [
            f"{name}, batch {first['batch']}, {first['threads']} threads; peaks: matrix product "
            f"{first['gemm_gflops']:.0f} GFLOP/s, copy {first['copy_gbs']:.1f} GB/s",
            f"{'':14}" + "".join(f"{direction:>10}{'':40}" for direction in directions).rstrip(),
            f"{'layer':14}"
            + f"{'ms':>10}{'GFLOP/s':>9}{'GB/s':>7}  {'bound by':10}{'of roof':>9}   " * len(directions),
        ]
        by_direction = [[row for row in listed if row["direction"] == direction] for direction in directions]
        for calls in zip(*by_direction, strict=True):
            lines.append(f"{calls[0]['layer']:14}" + "".join(_cells(row) for row in calls))
        lines.append("")
    return "\n".join(line.rstrip() for line in lines).rstrip()


def _cells(row: Row) -> str:
    """Return what a layer reached in one direction."""
    gflops = f"{row['gflops']:.0f}" if row["gflop"] else "-"
    gbs, roof = (f"{row['gbs']:.1f}", f"{row['roof']:.0%}") if row["gb"] else ("-", "-")
    return f"{row['ms']:10.2f}{gflops:>9}{gbs:>7}  {row['bound']:10}{roof:>9}   "
