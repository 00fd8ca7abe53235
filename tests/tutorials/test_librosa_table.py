"""Tutorial 4's table beside librosa is true of minser, and of the librosa that is installed."""

from pathlib import Path

import numpy as np
import pytest

from minser import audio, augment
from tests.librosa_versions import silence_warnings, since_1

LESSON = Path(__file__).parents[2] / "tutorials" / "04_augmentation.py"
SR = 22050


def column_of(name: str) -> list[float]:
    """Return the numbers below a name in the table's heading."""
    lines = LESSON.read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("# | | librosa"))
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[start : start + 6]]
    return [float(row[rows[0].index(name)].replace(",", "")) for row in rows[2:]]


def measured(stretch, resample, power_to_db) -> list[float]:
    """Return a column's numbers as these functions answer."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(3 * SR).astype(np.float32)
    exact = stretch(noise.astype(np.float64), rate=0.8)
    error = np.abs(stretch(noise, rate=0.8) - exact).max() / np.abs(exact).max()
    n_nan = np.isnan(stretch(rng.standard_normal(511), rate=0.8)).sum()
    n_samples = resample(np.zeros(SR), orig_sr=SR, target_sr=48000).size
    loud = 10.0 ** rng.uniform(-5, 3, (40, 30))
    quiet = 1e-4 * loud  # powers: 40 dB
    beside = np.abs(power_to_db(np.stack([loud, quiet]))[1] - power_to_db(quiet)).max()
    return [error, n_nan, n_samples, beside]


def assert_true(stated: list[float], numbers: list[float]) -> None:
    """Hold rounding errors to a factor of two, and all else to half a unit."""
    assert stated[0] / 2 < numbers[0] < stated[0] * 2
    assert numbers[1:] == pytest.approx(stated[1:], abs=0.5)


def test_minsers_column_is_what_minser_does():
    assert_true(column_of("minser"), measured(augment.time_stretch, audio.resample, audio.power_to_db))


def test_librosas_column_is_what_the_installed_version_does():
    librosa = pytest.importorskip("librosa")
    stated = column_of("librosa 1.0" if since_1(librosa) else "librosa 0.11")
    with silence_warnings():
        assert_true(stated, measured(librosa.effects.time_stretch, librosa.resample, librosa.power_to_db))
