"""Ask a submission, in a process that can harm nobody.

Comes in: a submission's bytes, a function's name, arguments. Goes out: an answer or an error a case.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minser.grade.child import MAX_FILE, Value, pack, unpack

_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/nix/store", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Limits:
    """What one question may use."""

    seconds: int = 10
    sandboxed: bool = True
    user: int | None = None  # whom unsandboxed code runs as, where the grader is root


def ask(data: bytes, suffix: str, name: str, cases: list[dict[str, Value]], limits: Limits) -> list[dict[str, Value]]:
    """Call a function of a submission for each case, in a process of its own.

    Parameters
    ----------
    data : bytes
        The submission's file.
    suffix : {".py", ".ipynb"}
        What the file is.
    name : str
        Of the function.
    cases : list of dict
        Keyword arguments of each call.
    limits : Limits
        For all cases together.

    Returns
    -------
    list of dict
        As long as `cases`; each is ``{"answer": value}`` or ``{"error": one line}``.
    """
    request = {"file": np.frombuffer(data, np.uint8), "suffix": suffix, "name": name, "cases": cases}
    reply, end = _run(pack(request), limits)
    answers = [_read(line) for line in reply.split(b"\n", len(cases))[:-1]]  # what ends with no newline is incomplete
    return answers + [{"error": end}] * (len(cases) - len(answers))


def obstacle() -> str | None:
    """Return why no sandbox can be built here, or None if one can."""
    if sys.platform != "linux":
        return f"{sys.platform} has no namespaces"
    try:
        nothing = pack({"name": "f", "suffix": ".py", "file": np.zeros(0, np.uint8), "cases": []}).encode()
        process = subprocess.run(_command(Limits()), input=nothing, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if process.returncode == 0:
        return None
    words = process.stderr.decode(errors="replace").strip().splitlines()
    return words[-1] if words else f"exit code {process.returncode}"


def _read(data: bytes) -> dict[str, Value]:
    """Return one reply, whatever a student's process may have sent."""
    try:
        reply = unpack(data)
        if not isinstance(reply, dict) or not reply.keys() & {"answer", "error"}:
            raise ValueError("the answer's bytes are something else")
    except (ValueError, MemoryError) as error:
        return {"error": f"the process sent no answer: {error}"}
    return {"error": printable(str(reply["error"]))} if "error" in reply else {"answer": reply["answer"]}


def printable(text: str) -> str:
    """Return a text in one line, at most 600 characters long, without control characters that a terminal obeys."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:600]


def _run(request: str, limits: Limits) -> tuple[bytes, str]:
    """Return what a process sent into a file, whose size the child's own limits bound, and how it ended."""
    with tempfile.TemporaryFile() as file:
        try:
            process = subprocess.run(
                _command(limits),
                input=request.encode(),
                stdout=file,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,
                user=limits.user,
                group=limits.user,
                extra_groups=None if limits.user is None else [],
                timeout=limits.seconds,
                check=False,
            )
            end = f"the process ended without an answer (exit code {process.returncode})"
        except subprocess.TimeoutExpired:
            end = f"no answer after {limits.seconds} s: is there a loop that never ends?"
        file.seek(0)
        reply = file.read(MAX_FILE)
    return reply, f"the answer is larger than {MAX_FILE >> 20} MiB" if len(reply) == MAX_FILE else end


def _environment() -> dict[str, str]:
    """Return a short environment: nothing of the teacher's, one thread."""
    kept = {key: os.environ[key] for key in ("SYSTEMROOT",) if key in os.environ}
    return {**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def _python() -> str:
    """Return the interpreter itself, not a virtual environment's link to it."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def _bootstrap(program: str, library: str, limits: Limits) -> list[str]:
    """Return a command that runs a program with Python's own modules and one folder more."""
    code = "import runpy, sys; sys.path.append(sys.argv[1]); runpy.run_path(sys.argv.pop(2), run_name='__main__')"
    return [_python(), "-I", "-S", "-B", "-c", code, library, program, str(limits.seconds)]


def _command(limits: Limits) -> list[str]:
    """Return the command that builds the sandbox: Python without its installed packages, NumPy, and nothing else."""
    numpy, program = Path(np.__file__).parent, str(HERE / "child.py")
    if not limits.sandboxed:
        return _bootstrap(program, str(numpy.parent), limits)
    base = Path(sys.base_prefix)
    folders = [*map(Path, _SYSTEM), *([] if base == Path("/usr") else [base / "lib"]), Path(_python())]
    binds = {str(path): str(path) for path in folders if path.exists()}
    libraries = [numpy, numpy.parent / "numpy.libs"]
    binds |= {f"/library/{path.name}": str(path) for path in libraries if path.exists()}
    roots = {base / "lib", Path("/usr/lib"), Path("/usr/lib64")}
    packages = sorted(path for root in roots for path in root.glob("python3*"))
    plan = {
        "program": program,
        "binds": binds,
        "masks": [str(path / word) for path in packages for word in ("site-packages", "dist-packages")],
        "command": _bootstrap("/child.py", "/library", limits),
        "environment": _environment(),
    }
    return [_python(), "-I", "-S", "-B", str(HERE / "jail.py"), json.dumps(plan)]
