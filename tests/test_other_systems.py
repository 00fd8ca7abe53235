"""What Windows and macOS lack is taken away from a process here. They were not tried: this finds what can be found."""

import os
import subprocess
import sys

import pytest

from minser.grade import catalogue

from .trained import QUICK

pytestmark = pytest.mark.slow

# Others' libraries load first: they would look for a Windows that is not here.
WINDOWS = """
import importlib, os, signal, sys, types
import minser.runtime
for name in ("numba.np.ufunc.parallel", "scipy.fft", "scipy.signal", "scipy.ndimage", "soundfile", "PIL.Image", "pooch",
             "matplotlib.figure", "matplotlib.backends.backend_agg", "requests", "tqdm.contrib.concurrent",
             "multiprocessing.spawn", "multiprocessing.resource_tracker", "multiprocessing.synchronize"):
    importlib.import_module(name)
sys.modules |= dict.fromkeys(("fcntl", "resource", "pwd", "grp", "termios"))
sys.modules["msvcrt"] = types.SimpleNamespace(LK_NBLCK=2, LK_UNLCK=0, locking=lambda handle, mode, n_bytes: None)
for module, names in ((os, ("fork", "getuid", "geteuid", "setsid", "killpg", "sched_getaffinity", "mkfifo", "uname")),
                      (signal, ("SIGKILL", "SIGXCPU", "SIGHUP", "pause", "alarm"))):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
sys.platform = "win32"
from minser.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def run(*arguments, code=0, **variables):
    """Run Python with warnings as errors, and return what it said."""
    command = [sys.executable, "-W", "error", *map(str, arguments)]
    environment = {**os.environ, **variables}
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_commands_need_nothing_that_windows_lacks(workplace, tiny_corpus):
    clip = tiny_corpus / "Actor_01" / "03-01-05-01-01-01-01.wav"
    run("-c", WINDOWS, "train", *QUICK, "--epochs", "1", "--data", tiny_corpus)
    run("-c", WINDOWS, "train", "--resume", "--run", "runs/toy", "--data", tiny_corpus)
    run("-c", WINDOWS, "evaluate", "--run", "runs/toy")
    run("-c", WINDOWS, "predict", "--run", "runs/toy", "--over-time", "course", clip)
    run("-c", WINDOWS, "explain", "--run", "runs/toy", clip)
    run("-c", WINDOWS, "explore", "--data", tiny_corpus)
    run("-c", WINDOWS, "grade", "build", "assignments")
    (name, *_) = catalogue.ASSIGNMENTS
    assert "win32 has no namespaces" in run("-c", WINDOWS, "grade", f"assignments/teacher/{name}.py", code=2)
    assert "16 / 16" in run("-c", WINDOWS, "grade", f"assignments/teacher/{name}.py", "--unsandboxed")


def test_commands_run_without_openmp_to_the_same_bytes(workplace, tiny_corpus):
    """numba's own threads, all that pip installs on macOS, end a process in which two callers run loops at once."""
    clip = tiny_corpus / "Actor_01" / "03-01-05-01-01-01-01.wav"
    for layer in ("workqueue", "default"):
        named = {"NUMBA_THREADING_LAYER": layer}
        run("-m", "minser.train", *QUICK, "--epochs", "2", "--data", tiny_corpus, "--run", layer, **named)
        run("-m", "minser.predict", "--run", layer, clip, **named)
    assert len({(workplace / layer / "best.safetensors").read_bytes() for layer in ("workqueue", "default")}) == 1
    run("-m", "minser.explore", "--data", tiny_corpus, NUMBA_THREADING_LAYER="workqueue")
    study = [*QUICK, "--set", "training.epochs=1", "--data", tiny_corpus, "--protocol", "luna", "--seeds", "1"]
    run("-m", "minser.crossval", *study, "--jobs", "2", NUMBA_THREADING_LAYER="workqueue")
