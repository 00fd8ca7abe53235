"""How long a process takes to its first answer: ``python -m tests.benchmark start``.

Comes in: a number of rounds. Goes out: rows, JSON-ready, and a table of them.

Imports; a prediction of one sound file as a whole process, against a script with librosa and torch (``torch_predict``)
that has to give the same probabilities; and the first training and prediction after installation, which compile
minser's loops. The network is that of ``trimmed_logmel``, untrained.
"""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from minser import audio, recipes
from minser.corpus.clip import EMOTIONS
from minser.nn.arrays import model_arrays
from minser.runs.build import build_model
from minser.system.atomic import write_atomic
from minser.training import checkpoint
from tests.benchmark import networks
from tests.benchmark.contender import MALLOC, clean_environment
from tests.benchmark.features import SR, voices
from tests.benchmark.job import tell
from tests.benchmark.rounds import Turn, take_turns
from tests.benchmark.speed import times
from tests.benchmark.torch_contender import torch_shaped

RECIPE = "trimmed_logmel"
TOLERANCE = 1e-3
IMPORTS = {"import minser": "import torch", "import minser.recognizer": "import librosa, torch"}
TORCH_WORDS = {"gamma": "weight", "beta": "bias"}


def measure_start(*, rounds: int, threads: int) -> list[dict[str, Any]]:
    """Return a row for each import, one for a prediction, and one for the first run after installation.

    Raises
    ------
    ValueError
        If the two predictions differ, a process fails, or no round is wanted.
    """
    ours = clean_environment(os.environ, {"NUMBA_NUM_THREADS": str(threads), "PYTHONPATH": _python_path()})
    theirs = clean_environment(os.environ, {"OMP_NUM_THREADS": str(threads)})
    tuned = {**theirs, **MALLOC}
    with tempfile.TemporaryDirectory(prefix="minser-bench-") as place:
        folder = Path(place)
        write_run(folder)
        predict = [sys.executable, "-m", "minser.predict", "--run", "run", "--json", "voice.wav"]
        script = Path(__file__).with_name("torch_predict.py")
        rival = [sys.executable, "-P", str(script), "settings.json", "weights.npz", "voice.wav"]
        tell("do both predict the same?")
        check_same(output_of(predict, folder, ours), output_of(rival, folder, theirs))
        rows = []
        versions = {f"{library}_version": version(library) for library in ("librosa", "torch")}
        contests = {"predict one file": (predict, rival)}
        for mine, other in IMPORTS.items():
            contests[mine] = ([sys.executable, "-c", mine], [sys.executable, "-c", other])
        for name, (mine_command, other_command) in contests.items():
            tell(f"{name}: {rounds} rounds")
            for command, environ in ((mine_command, ours), (other_command, theirs)):
                output_of(command, folder, environ)  # once before: then the disk's cache is warm
            turns = [
                process_turn(mine_command, folder, ours),
                process_turn(other_command, folder, theirs),
                process_turn(other_command, folder, tuned),
            ]
            timed = take_turns(turns, wanted=rounds)
            counts = {
                "rounds_used": timed.used,
                "rounds_thrown_out": timed.thrown_out,
                "remarks": list(filter(None, [timed.remark])),
            }
            rows.append({"model": name, "threads": threads, **versions, **times(timed), **counts})
        tell("a first training and prediction, without compiled loops")
        return [*rows, first_run(folder, predict, ours) | {"threads": threads}]


def write_run(folder: Path) -> None:
    """Write a run folder, the same network for torch, and a voice of 3 s."""
    recipe = recipes.read(RECIPE)
    model = build_model(recipe, in_channels=1, n_classes=len(EMOTIONS))
    networks.move_off_start(model)
    run = folder / "run"
    run.mkdir()
    write_atomic(run / "config.toml", recipe.to_toml())
    arrays = model_arrays(model)
    checkpoint.save(run / "best.safetensors", arrays, {"epoch": 1, "classes": EMOTIONS, "in_channels": 1})
    weights = {}
    for name, array in arrays.items():
        layer, _, word = name.rpartition(".")
        weights[f"{layer}.{TORCH_WORDS.get(word, word)}"] = torch_shaped(array)
    np.savez(folder / "weights.npz", allow_pickle=False, **weights)
    numbers = dataclasses.asdict(recipe.features) | dataclasses.asdict(recipe.model)
    settings = {**numbers, "channels": recipe.model.channels, "n_classes": len(EMOTIONS)}
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    audio.save(folder / "voice.wav", voices(1)[0], sr=SR)


def check_same(ours: str, theirs: str) -> None:
    """Raise ValueError unless both outputs hold the same probabilities."""
    mine, other = list(json.loads(ours)[0]["probabilities"].values()), json.loads(theirs)
    error = np.abs(np.array(mine) - other).max()
    if not error <= TOLERANCE:
        raise ValueError(
            f"not timed, because the predictions differ: minser's and torch's probabilities by {error:.1e}"
        )


def first_run(folder: Path, predict: Sequence[str], environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the row of a tiny training and a prediction, without compiled loops, and again with them."""
    write_corpus(folder / "corpus")
    (folder / "loops").mkdir()
    environ = {**environ, "NUMBA_CACHE_DIR": str(folder / "loops")}
    seconds = []
    for run in ("cold", "warm"):
        train = [sys.executable, "-m", "minser.train", "--recipe", RECIPE, "--data", "corpus", "--run", run]
        start = time.perf_counter()
        output_of([*train, "--epochs", "1"], folder, environ)
        output_of(predict, folder, environ)
        seconds.append(time.perf_counter() - start)
    others = ("torch_ms", "ratio", "torch_tuned_ms", "ratio_tuned")
    row: dict[str, Any] = {"model": "first train + predict", "minser_ms": 1e3 * seconds[0]}
    return {**row, "minser_again_ms": 1e3 * seconds[1], **dict.fromkeys(others)}


def write_corpus(root: Path) -> None:
    """Write 192 sounds of a third of a second in RAVDESS's layout."""
    sr = 8000
    t = np.arange(sr // 3) / sr
    for actor in range(1, 25):
        place = root / f"Actor_{actor:02d}"
        place.mkdir(parents=True)
        rng = np.random.default_rng(actor)
        for emotion in range(1, 9):
            waveform = 0.3 * np.sin(2 * np.pi * 300 * emotion * t) + 0.05 * rng.standard_normal(len(t))
            audio.save(place / f"03-01-{emotion:02d}-01-01-01-{actor:02d}.wav", waveform, sr=sr)


def process_turn(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Turn:
    """Return a turn that runs a whole process."""

    def turn() -> tuple[float, float]:
        before, start = children_seconds(), time.perf_counter()
        output_of(command, folder, environ)
        return time.perf_counter() - start, children_seconds() - before

    return turn


def output_of(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> str:
    """Return what a process prints.

    Raises
    ------
    ValueError
        If it fails; the message holds its last line on stderr.
    """
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["nothing"]
        raise ValueError(f"{' '.join(command[1:4])} ended with {done.returncode} and said: {said[-1]}")
    return done.stdout


def children_seconds() -> float:
    """Return the CPU seconds of all processes that have ended."""
    used = os.times()
    return used.children_user + used.children_system


def start_table(rows: Sequence[dict[str, Any]]) -> str:
    """Return the rows as text; a ratio above 1 means that minser is faster."""
    lines = [
        f"milliseconds, whole processes: median (quartiles); {rows[0]['threads']} threads; "
        f"ratio = librosa {rows[0]['librosa_version']} and torch {rows[0]['torch_version']} / minser",
        f"{'':24} {'minser':>20} {'torch':>22} {'ratio':>6} {'torch, tuned':>22} {'ratio':>6}",
    ]
    for row in rows[:-1]:
        minser, torch, tuned = (
            f"{row[f'{c}_ms']:.0f} ({row[f'{c}_ms_quartiles'][0]:.0f}-{row[f'{c}_ms_quartiles'][1]:.0f})"
            for c in ("minser", "torch", "torch_tuned")
        )
        lines.append(
            f"{row['model']:24} {minser:>20} {torch:>22} {row['ratio']:>5.1f}x {tuned:>22} {row['ratio_tuned']:>5.1f}x"
        )
    last = rows[-1]
    for row in rows[:-1]:
        text = f"{row['model']}: {row['rounds_used']} rounds, {row['rounds_thrown_out']} thrown out"
        lines.append("; ".join([text, *row["remarks"]]))
    lines.append(
        f"first training and prediction, loops not compiled yet: {last['minser_ms'] / 1e3:.1f} s; "
        f"again: {last['minser_again_ms'] / 1e3:.1f} s"
    )
    return "\n".join(lines)


def _python_path() -> str:
    """Return PYTHONPATH with the folder that minser lies in, so that a process elsewhere finds it too."""
    return os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", ""))))
