"""A run goes on, and is scored, from any folder, and after its corpus or its first weights were moved."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from minser import audio, crossval, evaluate, train
from minser.evaluation.predictions import Predictions
from tests.trained import QUICK, speak


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Make ``here/own``: two labels, three speakers in a table beside them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MINSER_DATA", raising=False)
    root = tmp_path / "here" / "own"
    rows = ["file,speaker"]
    for label in ("low", "high"):
        (root / label).mkdir(parents=True)
        for take in range(6):
            waveform = (0.2 if label == "low" else 1.0) * speak(1, seed=take)
            audio.save(root / label / f"{take}.wav", waveform, sr=16000)
            rows.append(f"{label}/{take}.wav,{'abc'[take % 3]}")
    (root / "who.csv").write_text("\n".join(rows))
    return root


def probs(run):
    return Predictions.read(Path(run, "predictions.csv")).probs


@pytest.mark.slow
@pytest.mark.parametrize("place", ["in the corpus", "elsewhere"])
def test_a_table_of_speakers_is_found_from_any_folder(corpus, tmp_path, monkeypatch, capsys, place):
    table = corpus / "who.csv" if place == "in the corpus" else Path(shutil.move(corpus / "who.csv", "who.csv"))
    monkeypatch.chdir(corpus.parent)
    named = Path("own/who.csv") if place == "in the corpus" else Path("../who.csv")
    run = tmp_path / "run"
    arguments = [*QUICK, "--epochs", "1", "--run", str(run), "--data", "own", "--set", f"data.speakers_csv={named}"]
    assert train.main(arguments) == 0
    before = probs(run)
    other = tmp_path / "other"
    other.mkdir()
    (other / "who.csv").write_text("file,speaker\n")  # another one, which is not meant
    monkeypatch.chdir(other)
    assert train.main(["--resume", "--run", "../run"]) == 0
    assert evaluate.main(["--run", "../run"]) == 0
    np.testing.assert_array_equal(probs(run), before)
    shutil.move(corpus, other / "moved")
    capsys.readouterr()
    assert evaluate.main(["--run", "../run"]) == 2
    assert "name its folder by --data" in capsys.readouterr().err
    assert evaluate.main(["--run", "../run", "--data", "moved"]) == 0
    assert train.main(["--resume", "--run", "../run", "--data", "moved"]) == 0
    np.testing.assert_array_equal(probs(run), before)
    assert "who.csv" in (run / "config.toml").read_text()
    assert place == "elsewhere" or str(table.parent) not in (run / "config.toml").read_text()


@pytest.mark.slow
def test_first_weights_that_are_gone_are_not_missed(corpus, tmp_path, monkeypatch, capsys):
    own = ["--data", str(corpus), "--set", "data.speakers_csv=who.csv", "--epochs", "1"]
    assert train.main([*QUICK, *own, "--run", "first"]) == 0
    assert train.main([*QUICK, *own, "--run", "second", "--weights", "first"]) == 0
    before = probs("second")
    monkeypatch.chdir(corpus.parent)
    assert train.main(["--resume", "--run", "../second"]) == 0
    shutil.rmtree(tmp_path / "first")
    assert train.main(["--resume", "--run", "../second"]) == 0
    assert evaluate.main(["--run", "../second"]) == 0
    np.testing.assert_array_equal(probs("../second"), before)


@pytest.mark.slow
def test_a_cross_validation_goes_on_from_another_folder(corpus, tmp_path, monkeypatch, capsys):
    recipe = Path("small.toml")
    small = [*QUICK, "--epochs", "1", "--data", str(corpus), "--run", "one"]
    assert train.main([*small, "--set", "data.speakers_csv=who.csv"]) == 0
    shutil.copy("one/config.toml", recipe)
    arguments = ["--recipe", str(recipe.absolute()), "--protocol", "own", "--seeds", "1", "--out", str(tmp_path / "cv")]
    assert crossval.main([*arguments, "--data", str(corpus)]) == 0
    monkeypatch.chdir(corpus.parent)
    shutil.move(corpus, "moved")
    capsys.readouterr()
    assert crossval.main([*arguments, "--data", "moved"]) == 0
    assert "3 of them done already" in capsys.readouterr().out
