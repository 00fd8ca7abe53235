"""Fixtures that every test may use: small sounds with a known truth, a generator, and the real corpus where it is."""

import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import settings

from minser import audio

SR = 22050

# A shell lets its background jobs ignore Ctrl-C, and every process that they start inherits it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What a test prints goes to no window, also where pytest-xdist names the width of one.
os.environ.pop("COLUMNS", None)

# Keras reads this as it is imported.
os.environ["KERAS_BACKEND"] = "torch"

collect_ignore = ["reference"]  # scripts that need librosa and torch, run by hand

# The same examples in every run, and no deadline: a loop that numba compiles first takes seconds.
settings.register_profile("minser", deadline=None, derandomize=True, max_examples=25)
settings.load_profile("minser")


COMPILE_LIBROSA = """
import librosa, numpy as np  # 0.11 compiles as it is imported, 1.0 what is called, for the types that it is called with
for dtype in (np.float32, np.float64):
    click = np.eye(1, 4096, 700, dtype=dtype)[0]
    librosa.yin(click, fmin=65, fmax=2000), librosa.estimate_tuning(y=click)
    librosa.istft(librosa.stft(click)), librosa.util.phasor(click)
"""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Spread the whole suite over cores and memory where pytest-xdist is here; what is named runs in one process."""
    whole = config.args_source is config.ArgsSource.TESTPATHS and "PYTEST_XDIST_WORKER" not in os.environ
    undecided = getattr(config.option, "numprocesses", 0) is None  # 0 stands for no plugin, and for -n 0
    workers = min(os.cpu_count() or 1, 4, psutil.virtual_memory().total // 2**31)  # each may take 2 GiB
    if whole and undecided and workers > 1 and not config.option.usepdb:
        config.option.numprocesses = workers


def pytest_configure(config: pytest.Config) -> None:
    """Compile the loops of librosa that the tests need before there are workers: two at the same loop can crash."""
    compiles = os.environ.get("NUMBA_DISABLE_JIT", "0") == "0"  # librosa cannot be imported without the compiler
    if getattr(config.option, "numprocesses", None) and compiles and find_spec("librosa"):
        subprocess.run([sys.executable, "-c", COMPILE_LIBROSA], check=True)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def tone() -> np.ndarray:
    """One second of a 440 Hz sine of amplitude 0.5 at 22,050 Hz."""
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(SR) / SR)).astype(np.float32)


@pytest.fixture
def chirp() -> np.ndarray:
    """One second that sweeps linearly from 100 Hz to 8 kHz at 22,050 Hz."""
    t = np.arange(SR) / SR
    return (0.5 * np.sin(2 * np.pi * (100 * t + 3950 * t**2))).astype(np.float32)


@pytest.fixture
def silence() -> np.ndarray:
    """One second of digital silence at 22,050 Hz."""
    return np.zeros(SR, dtype=np.float32)


@pytest.fixture(scope="session")
def ravdess() -> Path:
    """Return the folder of the real corpus; tests that need it are skipped, by name, where it is not."""
    folder = os.environ.get("MINSER_DATA")
    if not folder:
        pytest.skip("MINSER_DATA is not set: the real corpus is not here")
    return Path(folder)


@pytest.fixture(scope="session")
def tiny_corpus(tmp_path_factory) -> Path:
    """Return a corpus in RAVDESS's layout: 24 actors, 8 emotions, a third of a second each, pitch tells the emotion."""
    root = tmp_path_factory.mktemp("tiny")
    sr = 8000
    t = np.arange(sr // 3) / sr
    for actor in range(1, 25):
        folder = root / f"Actor_{actor:02d}"
        folder.mkdir()
        rng = np.random.default_rng(actor)
        for emotion in range(1, 9):
            waveform = 0.3 * np.sin(2 * np.pi * 300 * emotion * t) + 0.05 * rng.standard_normal(len(t))
            audio.save(folder / f"03-01-{emotion:02d}-01-01-01-{actor:02d}.wav", waveform, sr=sr)
    return root


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Path:
    """Return an empty current directory without RAVDESS: caches and runs of a test stay in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MINSER_DATA", raising=False)
    return tmp_path
