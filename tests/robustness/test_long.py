import pytest

from tests.robustness.long import ALLOWED_GROWTH, predict_long, train_long
from tests.robustness.workshop import make_corpus

pytestmark = pytest.mark.slow


def test_memory_is_flat(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trained = train_long(1_000, make_corpus(tmp_path / "corpus"), tmp_path / "run")
    predicted = predict_long(2_000, tmp_path / "run")
    for used in (trained, predicted):
        assert used[-1] - used[0] < ALLOWED_GROWTH / 4
