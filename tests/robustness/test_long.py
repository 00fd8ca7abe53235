import numpy as np
import pytest
import soundfile

from minser.audio.io import read_blocks
from tests.audio.test_media import FILES, write
from tests.robustness.long import ALLOWED_GROWTH, memory, predict_long, train_long
from tests.robustness.workshop import make_corpus

pytestmark = pytest.mark.slow


def test_memory_is_flat(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trained = train_long(1_000, make_corpus(tmp_path / "corpus"), tmp_path / "run")
    predicted = predict_long(2_000, tmp_path / "run")
    for used in (trained, predicted):
        assert used[-1] - used[0] < ALLOWED_GROWTH / 4


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["a.wav", "a.flac", "a.ogg", "a.opus", "a.mp3", "a.m4a", "a.aac", "a.webm", "a.amr", "a.wma"]
)
def test_an_hour_of_every_format_takes_no_more_memory_than_a_minute(tmp_path, name):
    path, codec = tmp_path / name, FILES.get(name)
    if codec and name != "a.opus":
        write(path, codec[0], codec[1], 8000, 1, seconds=3600)
    else:
        rng, subtype = np.random.default_rng(0), {"a.opus": "OPUS"}.get(name)
        with soundfile.SoundFile(
            path, "w", 8000, 1, format="OGG" if name == "a.opus" else None, subtype=subtype
        ) as file:
            for _ in range(60):
                file.write(0.1 * np.sin(np.arange(60 * 8000) / 7) + 0.01 * rng.standard_normal(60 * 8000))
    n_samples, used = 0, []
    for block, sr in read_blocks(path):
        n_samples += len(block)
        if n_samples // (60 * sr) >= len(used):
            used.append(memory())
    assert 3599 < n_samples / sr < 3601
    assert max(used) - used[1] < ALLOWED_GROWTH / 4
