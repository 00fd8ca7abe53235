import numpy as np
import pytest

from tests.benchmark import job, networks, speed

RECIPE = """name = "tiny"
[features]
n_mels = 12
n_frames = 16
[model]
channels = [3, 4]
block_dropout = 0.5
hidden = 5
"""


@pytest.fixture
def tiny(tmp_path, monkeypatch) -> str:
    """Return a recipe file of a very small network, and let everything that waits for quiet be short."""
    monkeypatch.setattr(networks, "batch_sizes", lambda name, training: [4])
    monkeypatch.setattr(job, "TUNINGS", {"MALLOC_*": job.TUNINGS["MALLOC_*"]})
    monkeypatch.setattr(job, "TRIAL_TURNS", 1)
    monkeypatch.setattr(job, "TRIAL_S", 0.001)
    monkeypatch.setattr(speed, "TURN_S", 0.02)
    monkeypatch.setattr(speed, "has_compiler", lambda: False)
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE)
    return str(path)


@pytest.fixture
def prepared(tiny, tmp_path):
    """Return a folder with the tiny network's job."""
    folder = tmp_path / "job"
    folder.mkdir()
    job.prepare(folder, tiny)
    assert dict(np.load(folder / "arrays.npz"))["x"].shape == (4, 12, 16, 1)
    return folder
