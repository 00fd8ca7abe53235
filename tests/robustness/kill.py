"""Kill trainings and compare what they come to with one that was left alone: ``python -m tests.robustness.kill``.

Each run is killed some times, each time at another moment: by SIGKILL from outside at a random time, while the corpus
is read, in training or in evaluation, or inside the writing of a file (`victim`). Then it may finish. Survived means:
every file has the same bytes as the undisturbed run's.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

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
        killed, lost = harass(Path(folder), n_kills=arguments.kills, rng=np.random.default_rng(arguments.seed))
    inside = sum(killed[moment] for moment in MOMENTS)
    print(f"{sum(killed.values()) - len(lost) * KILLS_A_RUN} of {sum(killed.values())} kills survived: {dict(killed)}")
    print(f"{inside} of them inside the writing of a file; runs lost: {lost or 'none'}")
    return 1 if lost else 0


def harass(root: Path, *, n_kills: int, rng: np.random.Generator) -> tuple[Counter[str], list[str]]:
    """Return how many kills there were of each kind, and what differed in the runs that were lost."""
    corpus = make_corpus(root / "corpus")
    calm = start(root / "calm", corpus)
    began = time.perf_counter()
    assert calm.wait() == 0, "the undisturbed run failed"
    seconds = time.perf_counter() - began
    expected = content(root / "calm" / "run")
    killed: Counter[str] = Counter()
    lost = []
    while sum(killed.values()) < n_kills:
        place = root / f"harassed{len(lost)}"
        for number in range(min(KILLS_A_RUN, n_kills - sum(killed.values()))):
            moment = ["outside", MOMENTS[rng.integers(len(MOMENTS))]][(sum(killed.values()) + number) % 2]
            if kill_once(place, corpus, moment, seconds, rng):
                killed[moment] += 1
        code = start(place, corpus).wait()
        after = content(place / "run") if code == 0 else {}
        different = [name for name in sorted(expected.keys() | after.keys()) if expected.get(name) != after.get(name)]
        if different:
            lost.append(f"exit code {code}, {', '.join(different)}")
        print(f"{sum(killed.values())} kills, {len(lost)} runs lost", file=sys.stderr, flush=True)
        shutil.rmtree(place)
    return killed, lost


def kill_once(place: Path, corpus: Path, moment: str, seconds: float, rng: np.random.Generator) -> bool:
    """Let a run work for a while, kill it, and return whether it was still alive."""
    if moment != "outside":
        return start(place, corpus, "-m", "tests.robustness.victim", str(rng.integers(1, 12)), moment).wait() == -9
    child = start(place, corpus)
    time.sleep(rng.uniform(0.3, 1.0) * seconds)
    child.kill()
    return child.wait() == -9


def start(place: Path, corpus: Path, *command: str) -> "subprocess.Popen[bytes]":
    """Start a training, or go on with it, in a folder of its own."""
    place.mkdir(parents=True, exist_ok=True)
    arguments = [*training_arguments(corpus, "run"), "--resume"]
    return subprocess.Popen(
        python(*(command or ("-m", "minser.train")), *arguments),
        cwd=place, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
