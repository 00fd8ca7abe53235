"""Where a result was computed: versions, processor, threads, commit.

Comes in: nothing. Goes out: a JSON-ready dict, ``environment.json`` of a run folder.
"""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

import minser


def describe() -> dict[str, object]:
    """Return versions, processor, cores, thread and BLAS settings, and the source's commit (None outside git)."""
    packages = ("numpy", "scipy", "numba", "soundfile", "safetensors")
    return {
        "minser": minser.__version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in packages},
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "settings": {
            name: value
            for name, value in sorted(os.environ.items())
            if name.startswith(("OPENBLAS_", "OMP_", "NUMBA_", "MKL_"))
        },
    }


def _processor() -> str:
    """Return the processor's name; Linux tells it in a file only."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _commit() -> str | None:
    """Return the commit of minser's source, marked where files differ from it."""
    source = Path(__file__).parents[1]
    if not (source.parent / ".git").exists():
        return None
    command = ["git", "-C", str(source), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
