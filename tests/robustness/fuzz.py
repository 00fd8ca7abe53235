"""Feed damaged files to every reader: ``python -m tests.robustness.fuzz --inputs 100000``.

Each input is a whole file with some damage: bits turned, bytes replaced by treacherous numbers, parts cut out, doubled,
swapped with another file's. The feeding process may not use more than a stated amount of memory beyond what it had at
the start, nor more than a stated time for one input; a crash of a library is noticed from outside. An input that a
reader fails on is kept. ``--atheris TARGET`` lets coverage choose the damage instead.
"""

import argparse
import multiprocessing
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np

MEMORY_LIMIT = 2**31
"""Bytes that reading one small file may take beyond what the process had."""

TIME_LIMIT_S = 10
"""Seconds of work that one input may take; one that waits is noticed by its batch's time."""

BATCH = 500
INSTRUMENTED = ["minser", "csv", "json", "pickletools", "tomllib", "zipfile"]

TREACHEROUS = [
    int(number).to_bytes(size, order, signed=False)
    for size in (1, 2, 4, 8)
    for number in (0, 1, 2 ** (8 * size - 1) - 1, 2 ** (8 * size - 1), 2 ** (8 * size) - 1)
    for order in ("little", "big")
]
WORDS = [
    b"nan",
    b"inf",
    b"-1",
    b"1e999",
    b"9" * 20,
    b"9" * 400,
    b"9" * 5000,
    b"[" * 2000,
    b'{"a":' * 2000,
    b"{a=" * 2000,
    b"\n",
    b"\0",
    b"\xff\xfe",
    b"../",
    b'"',
]


def damage(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """Return a file's bytes with one to five faults."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        at = int(min(rng.integers(len(data) + 1), rng.integers(len(data) + 1)))  # headers come first
        end = min(len(data), at + int(2 ** rng.uniform(0, 8)))
        kind = rng.integers(9)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << rng.integers(8)
        elif kind == 1:
            number = TREACHEROUS[rng.integers(len(TREACHEROUS))]
            data[at : at + len(number)] = number
        elif kind == 2:
            del data[at:]
        elif kind == 3:
            del data[at:end]
        elif kind == 4:
            data[at:at] = data[at:end]
        elif kind == 5:
            start = int(rng.integers(len(other) + 1))
            data[at:end] = other[start : start + end - at]
        elif kind == 6:
            data[at:at] = WORDS[rng.integers(len(WORDS))]
        elif kind == 7:
            data[at:end] = rng.bytes(end - at)
        else:
            signs = [match.start() for match in re.finditer(rb"[=:,\n]", data)] or [
                at
            ]  # between them a text has values
            which = rng.integers(len(signs))
            data[signs[which] + 1 : (*signs, len(data))[which + 1]] = WORDS[rng.integers(len(WORDS))]
    return bytes(data)


def feed(name: str, first: int, n_inputs: int, seed: int, faults: Path) -> list[str]:
    """Feed some inputs to one reader, in a process that may be lost; return the faults that it survived."""
    from tests.robustness.targets import check, make_targets  # here and below: atheris wants to see them loaded

    warnings.simplefilter("ignore")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        target = make_targets(Path(folder))[name]
        path = Path(folder, f"input{target.ending}")
        path.write_bytes(target.seeds[0])
        check(target, path)  # whatever is loaded once
        limit_memory()
        for number in range(first, first + n_inputs):
            rng = np.random.default_rng([seed, number, sum(name.encode())])
            content, other = (target.seeds[rng.integers(len(target.seeds))] for _ in range(2))
            path.write_bytes(damage(content, other, rng))
            shutil.copy(path, faults / f"{name}-running{target.ending}")
            signal.setitimer(signal.ITIMER_PROF, TIME_LIMIT_S)
            try:
                check(target, path)
            except BaseException:
                path.rename(faults / f"{name}-{number}{target.ending}")
                found.append(f"{name} {number}: {traceback.format_exc(limit=-3)}")
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
    return found


def limit_memory() -> None:
    """Let this process take so much more memory and no more."""
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY_LIMIT, resource.RLIM_INFINITY))
    signal.signal(signal.SIGPROF, _too_slow)


def _too_slow(*_: Any) -> None:
    raise TimeoutError(f"an input took more than {TIME_LIMIT_S} s")


def fuzz(n_inputs: int, *, seed: int, faults: Path, names: list[str] | None = None) -> tuple[dict[str, int], list[str]]:
    """Return how many inputs each reader was fed, and the faults."""
    from tests.robustness.targets import make_targets

    with tempfile.TemporaryDirectory() as folder:
        names = names or list(make_targets(Path(folder)))
    faults.mkdir(parents=True, exist_ok=True)
    fed, found = dict.fromkeys(names, 0), []
    spawn = multiprocessing.get_context("spawn")
    for name in names:
        with spawn.Pool(1, maxtasksperchild=20) as pool:
            while fed[name] < n_inputs // len(names):
                n = min(BATCH, n_inputs // len(names) - fed[name])
                task = pool.apply_async(feed, (name, fed[name], n, seed, faults))
                try:
                    found += task.get(timeout=300 + TIME_LIMIT_S * n / 5)
                except multiprocessing.TimeoutError:
                    found.append(f"{name} {fed[name]}: the process died; the input is in {faults}/{name}-running")
                    break
                fed[name] += n
        print(f"{name}: {fed[name]} inputs, {len(found)} faults in all", file=sys.stderr, flush=True)
    return fed, found


def follow_coverage(name: str, n_inputs: int) -> None:
    """Let atheris choose the inputs; it ends the process, at the first fault or after the last input."""
    import atheris

    kernels = Path(__file__).parents[2].glob("minser/kernels/*.py")  # numba reads their bytecode
    with atheris.instrument_imports(INSTRUMENTED, exclude=[f"minser.kernels.{file.stem}" for file in kernels]):
        from tests.robustness.targets import check, make_targets

    target = make_targets(Path(tempfile.mkdtemp()))[name]
    corpus = Path(tempfile.mkdtemp())
    for number, seed in enumerate(target.seeds):
        (corpus / f"{number}{target.ending}").write_bytes(seed)
    path = Path(tempfile.mkdtemp(), f"input{target.ending}")

    def one_input(content: bytes) -> None:
        path.write_bytes(content)
        check(target, path)

    atheris.Setup(
        [sys.argv[0], f"-runs={n_inputs}", f"-timeout={TIME_LIMIT_S}", "-rss_limit_mb=4096", str(corpus)], one_input
    )
    atheris.Fuzz()


def main(argv: list[str] | None = None) -> int:
    """Run the harness and print its figures; 1 if there was a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.robustness.fuzz", description="Feed damaged files.")
    parser.add_argument("--inputs", type=int, default=100_000, help="of all targets together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=Path, default=Path(tempfile.gettempdir(), "minser-faults"), help="folder")
    parser.add_argument("--only", action="append", help="a target's name")
    parser.add_argument("--atheris", metavar="TARGET", help="follow coverage through one target")
    arguments = parser.parse_args(argv)
    if arguments.atheris:
        follow_coverage(arguments.atheris, arguments.inputs)
    began = time.perf_counter()
    fed, found = fuzz(arguments.inputs, seed=arguments.seed, faults=arguments.faults, names=arguments.only)
    for fault in found:
        print(fault)
    print(f"{sum(fed.values())} inputs {fed}, {len(found)} faults, {time.perf_counter() - began:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
