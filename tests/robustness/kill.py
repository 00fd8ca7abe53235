"""Kill trainings and compare what they come to with one that was left alone: ``python -m tests.robustness.kill``.

Each run is killed some times, each time at another moment: by SIGKILL from outside at a random time, while the corpus
is read, in training or in evaluation, or inside the writing of a file (`victim`), by turns. Then it may finish.
Survived means: every file has the same bytes as the undisturbed run's. That the harness sees a loss where there is one
is shown by faults that are planted on purpose (`planted`).
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import numpy as np

from minser.training import history
from tests.robustness.victim import MOMENTS
from tests.robustness.workshop import content, environment, make_corpus, python, training_arguments

KILLS_A_RUN = 5


def main(argv: list[str] | None = None) -> int:
    """Run the harness and print its figures; 1 if a run was lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.robustness.kill", description="Kill trainings.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        killed, n_survived, lost = harass(
            Path(folder), n_kills=arguments.kills, rng=np.random.default_rng(arguments.seed)
        )
    n_killed = sum(killed.values())
    in_checkpoint = sum(n for moment, n in killed.items() if moment.endswith(".safetensors"))
    print(f"{n_survived} of {n_killed} kills survived: {killed['outside']} at a random time,")
    print(f"{n_killed - killed['outside']} inside the writing of a file, {in_checkpoint} of these a checkpoint:")
    for moment, n in sorted(killed.items()):
        print(f"  {n:4} {moment}")
    print("\n".join(["runs lost:", *lost]) if lost else "no run was lost")
    return 1 if lost else 0


def harass(
    root: Path, *, n_kills: int, rng: np.random.Generator, through: Sequence[str] = ("-m",), to_first_loss: bool = False
) -> tuple[Counter[str], int, list[str]]:
    """Return how many kills there were of each kind, how many were survived, and what differed in the lost runs.

    `through` stands before the module's name on the command line of each training. With `to_first_loss` the first run
    that is lost is the last one.
    """
    corpus = make_corpus(root / "corpus")
    for name in ("first", "calm"):  # the first may have to compile the loops: the other's time is that of the rest
        began = time.perf_counter()
        code, text = end(start(root / name, corpus, *through, "minser.train"))
        assert code == 0, f"an undisturbed run failed: {text}"
        seconds = time.perf_counter() - began
    expected = content(root / "calm" / "run")
    assert expected == content(root / "first" / "run"), "two undisturbed runs differ"
    rates = history.from_csv(expected["history.csv"].decode())["lr"]
    if through == ("-m",):  # with a fault in it a training may go elsewhere
        assert min(rates) < max(rates), f"no fall of the learning rate is at stake: {rates}"
    killed: Counter[str] = Counter()
    n_survived, lost = 0, []
    moments = cycle(word for inside in MOMENTS for word in ("outside", inside))
    while sum(killed.values()) < n_kills and not (to_first_loss and lost):
        place, n_before = root / "harassed", sum(killed.values())
        for _ in range(min(KILLS_A_RUN, n_kills - n_before)):
            moment = kill_once(place, corpus, next(moments), seconds, rng, through)
            if not moment:
                break  # it had finished
            killed[moment] += 1
        code, _ = end(start(place, corpus, *through, "minser.train"))
        after = content(place / "run") if code == 0 else {}
        different = [name for name in sorted(expected.keys() | after.keys()) if expected.get(name) != after.get(name)]
        if different:
            lost.append(f"exit code {code}, {', '.join(different)}")
            print(lost[-1], file=sys.stderr, flush=True)
        else:
            n_survived += sum(killed.values()) - n_before
        print(f"{sum(killed.values())} kills, {len(lost)} runs lost", file=sys.stderr, flush=True)
        shutil.rmtree(place)
    return killed, n_survived, lost


def kill_once(
    place: Path, corpus: Path, moment: str, seconds: float, rng: np.random.Generator, through: Sequence[str]
) -> str:
    """Let a run work for a while, kill it, and return where it was; nothing if it had come to its end."""
    if moment == "outside":
        child = start(place, corpus, *through, "minser.train")
        time.sleep(rng.uniform(0.1, 1.0) * seconds)
        child.kill()
        return moment if end(child)[0] == -9 else ""
    code, text = end(start(place, corpus, *through, "tests.robustness.victim", str(rng.integers(1, 12)), moment))
    return f"{moment} of {text.splitlines()[-1]}" if code == -9 else ""


def start(place: Path, corpus: Path, *command: str) -> "subprocess.Popen[str]":
    """Start a training, or go on with it, in a folder of its own."""
    place.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        python(*command, *training_arguments(corpus, "run"), "--resume"),
        cwd=place, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def end(child: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for a training's end, and return its exit code and what it said."""
    text = child.communicate()[0]
    return child.returncode, text


if __name__ == "__main__":
    sys.exit(main())
