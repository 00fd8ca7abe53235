import sys

import numpy as np
import pytest

from tests.benchmark import __main__ as bench
from tests.benchmark import features


def test_the_table_has_every_feature_and_the_distance_to_the_bare_transform(monkeypatch, capsys):
    librosa = pytest.importorskip("librosa")
    monkeypatch.setattr(features, "N_CLIPS", 2)
    assert bench.main(["features", "--rounds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(f"librosa {librosa.__version__}")
    assert {"log_mel", "mfcc", "chroma_stft", "yin", "rms"} <= {line.split()[0] for line in lines}
    assert [line for line in lines if "times the bare scipy.fft.rfft" in line] == lines[-2:]
    assert len({len(line) for line in lines[2:-2]}) == 1


def test_contenders_answer_the_same():
    pytest.importorskip("librosa")
    clip = features.voices(1)[0].astype(np.float64)
    for name, (theirs, ours) in features.contenders().items():
        # yin follows the paper where librosa does not, and pitch_shift resamples by another filter
        rounding = {"yin": 0.01, "pitch_shift": 0.05}.get(name, 1e-4)
        expected = np.asarray(theirs(clip))
        difference = np.abs(np.asarray(ours(clip)) - expected)
        assert np.median(difference) <= rounding * np.abs(expected).max(), name


def test_voices_are_the_same_every_time_and_not_each_other():
    voices = features.voices(2)
    assert voices.shape == (2, 3 * features.SR)
    assert voices.dtype == np.float32
    assert 0.1 < np.abs(voices).max() < 1
    assert not np.array_equal(voices[0], voices[1])
    np.testing.assert_array_equal(voices, features.voices(2))


def test_without_librosa_one_line_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "librosa", None)
    assert bench.main(["features"]) == 2
    message = capsys.readouterr().err
    assert message == 'minser benchmark: librosa is not installed: python -m pip install -e ".[reference]"\n'


def test_no_round_is_refused(monkeypatch, capsys):
    pytest.importorskip("librosa")
    monkeypatch.setattr(features, "N_CLIPS", 2)
    assert bench.main(["features", "--rounds", "0"]) == 2
    assert "rounds: expected 1 or more, got 0" in capsys.readouterr().err
