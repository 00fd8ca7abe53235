"""Training steps and forward passes, minser against torch: ``python -m tests.benchmark train`` and ``infer``.

Comes in: a network's name. Goes out: rows, JSON-ready, and a table of them.

A training step is forward, loss, backward without the input's gradient, Adam. torch runs in its faster layout and with
its faster Adam, once as installed, once with its memory allocator tuned, and once compiled as well where there is a
compiler. Each contender is a process of its own; they take turns.
"""

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmark import agreement, job, networks
from tests.benchmark.contender import Contender, has_compiler, start_minser, start_torch
from tests.benchmark.job import Choice, tell
from tests.benchmark.rounds import Rounds, Turn, steps_a_turn, take_turns

TURN_S = 0.6
COLUMNS = ("minser", "torch", "torch_tuned", "torch_compiled")


def measure(name: str, *, training: bool, rounds: int, threads: int) -> list[dict[str, Any]]:
    """Return a row for each batch size of a network.

    Parameters
    ----------
    name : str
        One of ``networks.NAMES``.
    training : bool
        Whether to take training steps, or forward passes.
    rounds : int
        Quiet rounds that are wanted.
    threads : int
        Of each contender.

    Raises
    ------
    ValueError
        If minser and torch do not compute the same, a contender dies, or no round is wanted.
    """
    rows = []
    with tempfile.TemporaryDirectory(prefix="minser-bench-") as place:
        folder = Path(place)
        job.prepare(folder, name)
        for batch in networks.batch_sizes(name, training=training):
            settings = job.plain_settings(name, training=training, batch=batch, threads=threads)
            tell(f"{name}, batch {batch}: do both compute the same?")
            agreed = agreement.check_agreement(folder, settings)
            tell(f"{name}, batch {batch}: which way does torch run fastest?")
            installed, tuned = job.choose_torch(folder, settings)
            tell(f"{name}, batch {batch}: {rounds} rounds")
            timed, remarks, version = run_rounds(folder, settings, [installed, tuned], rounds=rounds)
            rows.append(
                {
                    "model": name,
                    "batch": batch,
                    "threads": threads,
                    **times(timed),
                    "rounds_used": timed.used,
                    "rounds_thrown_out": timed.thrown_out,
                    "remarks": [*filter(None, [timed.remark]), *remarks],
                    "torch_version": version,
                    "torch_settings": installed.text,
                    "torch_tuned_settings": tuned.text,
                    "minser_error": agreed.minser,
                    "torch_error": agreed.torch,
                    "loss": agreed.loss,
                }
            )
    return rows


def run_rounds(
    folder: Path, settings: dict[str, Any], choices: Sequence[Choice], *, rounds: int
) -> tuple[Rounds, list[str], str]:
    """Let minser, torch's choices, and the last of these compiled take turns; return also remarks, torch's version."""
    remarks = []
    with contextlib.ExitStack() as stack:
        contenders = [stack.enter_context(start_minser(folder, settings))]
        contenders += [stack.enter_context(start_torch(folder, c.settings, c.environ)) for c in choices]
        if has_compiler():
            tell(f"{settings['model']}: torch compiles")
            last = choices[-1]
            try:
                compiled = stack.enter_context(start_torch(folder, {**last.settings, "compile": True}, last.environ))
                compiled.ask("run", steps=1)
                contenders.append(compiled)
            except ValueError as error:
                remarks.append(f"torch.compile failed: {error}")
        else:
            remarks.append("no C++ compiler for torch.compile")
        turns = [turn_of(contender) for contender in contenders]
        return take_turns(turns, wanted=rounds), remarks, contenders[1].greeting["version"]


def turn_of(contender: Contender) -> Turn:
    """Warm a contender up and return its turn."""
    contender.ask("run", steps=job.WARM_UP)  # the first steps compile, choose algorithms, fill caches
    steps = steps_a_turn(contender.ask("run", steps=job.WARM_UP)["seconds"], turn_s=TURN_S)

    def turn() -> tuple[float, float]:
        answer = contender.ask("run", steps=steps)
        return answer["seconds"], answer["cpu"]

    return turn


def times(timed: Rounds) -> dict[str, Any]:
    """Return medians, quartiles and ratios in milliseconds; None for a contender that did not run."""
    samples = dict(zip(COLUMNS, timed.samples, strict=False))
    row: dict[str, Any] = {}
    for column in COLUMNS:
        sample = samples.get(column)
        row[f"{column}_ms"] = None if sample is None else 1e3 * sample.median
        row[f"{column}_ms_quartiles"] = None if sample is None else [1e3 * quartile for quartile in sample.quartiles]
        if column != "minser":
            ratio = "ratio" + column.removeprefix("torch")
            row[ratio] = None if sample is None else sample.median / samples["minser"].median
    return row


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as text of up to 120 columns; a ratio above 1 means that minser is faster."""
    first = rows[0]
    lines = [
        f"milliseconds: median, half the distance of the quartiles; {first['threads']} threads, torch "
        f"{first['torch_version']}; ratio = torch / minser",
        f"{'':18} {'batch':>5} {'minser':>13} {'torch':>14} {'ratio':>6} {'torch, tuned':>14} {'ratio':>6} "
        f"{'compiled too':>14} {'ratio':>6}",
    ]
    for row in rows:
        cells = [f"{row['model']:18} {row['batch']:>5} {_time(row, 'minser'):>13}"]
        for column in COLUMNS[1:]:
            ratio = row["ratio" + column.removeprefix("torch")]
            cells.append(f"{_time(row, column):>14} {'-' if ratio is None else f'{ratio:.2f}x':>6}")
        lines.append(" ".join(cells))
    for row in rows:
        lines.append(
            f"{row['model']}, batch {row['batch']}: {row['rounds_used']} rounds, {row['rounds_thrown_out']} thrown out"
        )
        lines += [f"  {remark}" for remark in row["remarks"]]
        lines.append(f"  torch: {row['torch_settings']}; tuned: {row['torch_tuned_settings']}")
        what = "output" if row["loss"] is None else f"loss {row['loss']:.4f} and gradients"
        lines.append(
            f"  {what} the same; largest relative error of float32 against float64: minser {row['minser_error']:.1e}, "
            f"torch {row['torch_error']:.1e}"
        )
    return "\n".join(lines)


def _time(row: dict[str, Any], column: str) -> str:
    """Return a median with its spread."""
    if row[f"{column}_ms"] is None:
        return "-"
    low, high = row[f"{column}_ms_quartiles"]
    return f"{row[f'{column}_ms']:.1f} +-{(high - low) / 2:.1f}"
