"""A contender: a process of its own, with its own environment, that works when it is told to.

Comes in: a command line and an environment. Goes out: its answers.

What one contender needs in its environment would change the others, so each starts from the caller's environment
without any variable that sets threads, BLAS or memory allocation, and then gets its own.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DROPPED = (
    "OMP_",
    "OPENBLAS_",
    "MALLOC_",
    "KMP_",
    "MKL_",
    "NUMBA_",
    "THP_",
    "GOMP_",
    "GOTO_",
    "GLIBC_TUNABLES",
    "LD_PRELOAD",
)
"""How the names begin of variables that no contender inherits."""

KEPT = "NUMBA_CACHE_DIR"
"""Where compiled loops lie says nothing about how fast they are."""

MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(8 << 30), "MALLOC_TRIM_THRESHOLD_": str(8 << 30)}
HUGE_PAGES = {"THP_MEM_ALLOC_ENABLE": "1"}
TUNINGS: dict[str, dict[str, str]] = {
    "MALLOC_*": MALLOC,
    "THP": HUGE_PAGES,
    "MALLOC_* and THP": MALLOC | HUGE_PAGES,
}
"""Ways to spare torch page faults: glibc keeps freed memory (thresholds of 8 GiB), or takes huge pages."""


def clean_environment(environ: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` without what begins like one of `DROPPED`, and with `own`."""
    kept = {name: value for name, value in environ.items() if name == KEPT or not name.startswith(DROPPED)}
    return {**kept, **own}


def dropped_line() -> str:
    """Return a sentence that says what is kept from the contenders."""
    patterns = ", ".join(f"{start}*" if start.endswith("_") else start for start in DROPPED)
    return f"Not inherited by any contender: {patterns} (but {KEPT} is)."


class Contender:
    """A process that answers words; use it as a context manager, which ends it.

    Parameters
    ----------
    name : str
        For messages.
    command : sequence of str
        What to start. It speaks first.
    environ : mapping of str to str
        Whole environment.

    Attributes
    ----------
    greeting : dict
        Its first answer.

    Raises
    ------
    ValueError
        From here and from `ask`, if the process is dead; the message holds its last line on stderr.
    """

    def __init__(self, name: str, command: Sequence[str], environ: Mapping[str, str]) -> None:
        self.name = name
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - see close
        self._process = subprocess.Popen(
            command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        self.greeting = self._listen()

    def __enter__(self) -> "Contender":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, word: str, **details: object) -> dict[str, Any]:
        """Say a word with its details and return the answer."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # a dead process is found out by listening
            self._process.stdin.write(json.dumps({"word": word, **details}) + "\n")
            self._process.stdin.flush()
        return self._listen()

    def close(self) -> None:
        """End the process; it stops when its stdin does."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def _listen(self) -> dict[str, Any]:
        """Return the next line on stdout."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        code = self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().strip().splitlines()
        self.close()
        raise ValueError(f"{self.name}: its process ended with {code}: {said[-1] if said else 'it said nothing'}")


def start_minser(folder: Path, settings: Mapping[str, object]) -> Contender:
    """Start minser on a prepared folder; it makes its own settings of BLAS and OpenMP, as for any user."""
    environ = clean_environment(os.environ, {"NUMBA_NUM_THREADS": str(settings["threads"])})
    command = [sys.executable, "-m", "tests.benchmark.minser_contender", str(folder), json.dumps(settings)]
    return Contender("minser", command, environ)


def start_torch(folder: Path, settings: Mapping[str, object], own: Mapping[str, str]) -> Contender:
    """Start torch on a prepared folder, with some environment variables of its own."""
    script = Path(__file__).with_name("torch_contender.py")
    command = [sys.executable, "-P", str(script), str(folder), json.dumps(settings)]
    return Contender("torch", command, clean_environment(os.environ, own))


def has_compiler() -> bool:
    """Return whether torch.compile would find a C++ compiler."""
    return any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "g++", "clang++"))
