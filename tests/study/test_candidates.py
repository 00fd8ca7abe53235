import csv
import json
from pathlib import Path

import pytest

from minser.evaluation.predictions import Pooled, Predictions
from minser.study.candidates import read_candidates, read_tried

OUT = Path("runs", "crossval", "candidates", "luna")


@pytest.fixture
def two(call):
    """Return a folder of two candidates that differ in one setting."""
    folder = Path("candidates")
    folder.mkdir()
    for name, lr in (("slow", 0.0), ("fast", 0.05)):
        (folder / f"{name}.toml").write_text(f'[data]\ncorpus = "toy"\n[training]\nlr = {lr}\nselect = "last"\n')
    return folder


@pytest.mark.slow
def test_candidates_are_compared_by_validation_and_each_fold_is_predicted_by_its_choice(call, two, capsys):
    assert call("--candidates", str(two)) == 0
    out = capsys.readouterr().out
    with (OUT / "tried.csv").open() as file:
        tried = list(csv.DictReader(file))
    names = [(row["candidate"], row["fold"]) for row in tried]
    assert names == [(name, str(fold)) for name in ("fast", "slow") for fold in range(5)]
    assert {row["settings"] for row in tried} == {"training.lr=0.05", "training.lr=0.0"}
    of = {(row["candidate"], int(row["fold"])): float(row["val_uar"]) for row in tried}
    chosen = {fold: "slow" if of["slow", fold] > of["fast", fold] else "fast" for fold in range(5)}
    assert "nested: " + "; ".join(f"fold {fold}, seed 0 chose {name}" for fold, name in chosen.items()) in out
    tested = {(file.parts[-3], file.parts[-2]) for file in OUT.rglob("predictions.csv") if file.parent != OUT}
    assert tested == {(name, f"fold{fold}_seed0") for fold, name in chosen.items()}  # and no other test part
    table = Pooled.read(OUT / "predictions.csv")
    for fold, name in chosen.items():
        own = Predictions.read(OUT / name / f"fold{fold}_seed0" / "predictions.csv")
        assert (table.probs[table.folds == fold] == own.probs).all()
    assert json.loads((OUT / "summary.json").read_text())["recipe"] == "nested"

    # a candidate's folder goes on as an ordinary result, without training
    best = str(two / f"{chosen[0]}.toml")
    assert call("--recipe", best, "--out", str(OUT / chosen[0])) == 0
    assert (OUT / chosen[0] / "summary.json").is_file()

    # and what was tried in earlier calls stays in the table
    (OUT / "tried.csv").unlink()
    assert call("--candidates", best) == 0
    with (OUT / "tried.csv").open() as file:
        assert list(csv.DictReader(file)) == tried
    assert {row[0] for row in read_tried(OUT)} == {"fast", "slow"}


def test_candidates_with_other_folds_cannot_be_compared(call, two, capsys):
    for split in ("loso", "emobox"):
        (two / "fast.toml").write_text(f'[data]\ncorpus = "toy"\nsplit = "{split}"\n[training]\nselect = "last"\n')
        assert call("--candidates", str(two), "--protocol", "published") == 2
        error = capsys.readouterr().err
        assert f"candidates must be tested on the same clips; fast: RAVDESS, {split} fold 0: " in error
        assert "; slow: RAVDESS, luna fold 0: " in error
    assert not list(OUT.parent.rglob("history.csv"))  # nothing was trained


def test_candidates_need_names_of_their_own(two):
    assert [recipe.name for recipe in read_candidates([str(two), "toy"])] == ["fast", "slow", "toy"]
    with pytest.raises(ValueError, match="'fast' is there twice"):
        read_candidates([str(two), str(two / "fast.toml")])
    (two / "FAST.txt").write_text('name = "Fast"')
    with pytest.raises(ValueError, match="'fast' is there twice"):  # one folder on a disk that ignores case
        read_candidates([str(two), str(two / "FAST.txt")])
    with pytest.raises(FileNotFoundError, match="no recipe 'nowhere'"):
        read_candidates(["nowhere"])
    empty = two / "empty"
    empty.mkdir()
    with pytest.raises(FileNotFoundError, match="no TOML file is there"):
        read_candidates([str(empty)])
