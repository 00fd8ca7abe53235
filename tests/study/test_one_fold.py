"""One fold: what it leaves, how it goes on, what it refuses."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from minser import recipes
from minser.corpus import dataset
from minser.corpus.splits import by_speaker
from minser.corpus.splits.split import Split
from minser.runs import run_folder
from minser.runs.first_weights import with_whole_path
from minser.study import one_fold
from minser.study.one_fold import Fold, check_begun, read_result, train_fold
from minser.system.lock import locked
from minser.training.trainer import Trainer

QUICK = {
    "training.epochs": 3, "training.lr": 0.01, "training.select": "val_uar", "model.channels": [4, 8],
    "features.sr": 8000, "features.n_mels": 16, "features.n_frames": 8, "features.trim_top_db": 0,
}  # fmt: skip
RECIPE = recipes.read("toy").replace(QUICK)


@pytest.fixture
def fold(workplace, tiny_corpus):
    """Return a fold of a moment."""
    return Fold(RECIPE, tiny_corpus, workplace / "run")


def content(run):
    """Return the files of a run folder that must be equal, byte for byte."""
    skipped = {".lock", "environment.json", "result.json"}
    return {file.name: file.read_bytes() for file in run.iterdir() if file.name not in skipped}


def without_clock(run):
    return {name: value for name, value in read_result(run).items() if name != "minutes"}


def test_a_fold_leaves_predictions_and_result_and_nothing_big(fold):
    assert not fold.is_done
    train_fold(fold)
    assert fold.is_done
    names = {file.name for file in fold.run.iterdir()} - {".lock"}
    assert names == {
        "config.toml", "environment.json", "trained_on.json", "history.csv", "best.safetensors", "predictions.csv",
        "result.json",
    }  # fmt: skip
    result = read_result(fold.run)
    assert (result["fold"], result["seed"], result["epochs"]) == (0, 0, 3)
    history = (fold.run / "history.csv").read_text().splitlines()
    best = dict(zip(history[0].split(","), history[result["epoch"]].split(","), strict=True))
    assert float(best["val_uar"]) == result["val_uar"]
    assert result["parameters"] == sum(a.size for a in run_folder.load_model(fold.run, RECIPE)[0].params.values())
    assert result["minutes"] >= 0
    before = content(fold.run)
    train_fold(fold)
    assert content(fold.run) == before


def test_a_fold_that_dies_goes_on_to_the_same_bytes(fold, monkeypatch):
    train_fold(fold)
    save = run_folder.save_epoch

    def save_and_die(*arguments):
        save(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(run_folder, "save_epoch", save_and_die)
    other = replace(fold, run=fold.run.with_name("other"))
    for n_done in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            train_fold(other)
        assert other.n_epochs_done == n_done
        assert not other.is_done
    monkeypatch.setattr(run_folder, "save_epoch", save)
    train_fold(other)
    assert content(other.run) == content(fold.run)
    assert without_clock(other.run) == without_clock(fold.run)


def test_a_fold_whose_first_step_fails_leaves_no_run_to_which_the_corrected_recipe_would_be_another(fold, monkeypatch):
    def fail(*_, **__):
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", fail)
        with pytest.raises(MemoryError):
            train_fold(fold)
    assert not fold.run.exists()
    train_fold(replace(fold, recipe=RECIPE.replace({"training.batch_size": 16})))


def test_a_validated_fold_is_tested_later_without_training(fold, monkeypatch):
    train_fold(replace(fold, tested=False))
    assert not fold.is_done
    before = content(fold.run)
    monkeypatch.setattr(run_folder, "save_epoch", None)  # any epoch would now fail
    train_fold(fold)
    assert content(fold.run).keys() - before.keys() == {"predictions.csv"}


def planted(kind):
    """Return a way to split that leaks and does not say so."""

    def make(recipe, clips, groups):
        split = by_speaker.luna(clips, 0)
        train, val, test = split.train, split.val, split.test
        if kind == "speakers":
            train, test = train[1:], [*test, train[0]]
        leaky = object.__new__(Split)
        parts = {"train": train, "val": test if kind == "epoch" else val, "test": test}
        if kind == "copies":
            parts["train"] = [*train, *test[:2]]
        for name, value in parts.items():
            object.__setattr__(leaky, name, np.array(value))
        object.__setattr__(leaky, "name", "luna fold 0")
        object.__setattr__(leaky, "shares", "speakers" if kind == "copies" else "")
        return leaky

    return make


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "message"),
    [("speakers", "share speakers"), ("copies", "share copies"), ("epoch", "the epoch is chosen on what is reported")],
)
def test_a_planted_leak_stops_the_fold_before_it_trains(fold, monkeypatch, kind, message):
    monkeypatch.setattr(dataset, "make_split", planted(kind))
    with pytest.raises(ValueError, match=message):
        train_fold(fold)
    assert not fold.is_done
    assert fold.n_epochs_done == 0


def test_identical_audio_across_parts_stops_the_fold(fold, monkeypatch, tmp_path):
    root = tmp_path / "twins"
    shutil.copytree(fold.root, root)
    shutil.copy(root / "Actor_01" / "03-01-01-01-01-01-01.wav", root / "Actor_02" / "03-01-01-01-01-01-02.wav")
    with pytest.raises(ValueError, match=r"luna fold 0: the training and test parts share identical audio, .*01-02$"):
        train_fold(replace(fold, root=root))


@pytest.mark.slow
def test_a_folder_of_other_settings_or_another_corpus_is_refused(fold):
    train_fold(fold)
    corpus = read_result(fold.run)["corpus"]
    check_begun(fold, corpus)
    with pytest.raises(ValueError, match=r"training.lr \(was 0.01, now 0.02\)"):
        check_begun(replace(fold, recipe=RECIPE.replace({"training.lr": 0.02})), corpus)
    with pytest.raises(ValueError, match="trained on another corpus"):
        check_begun(fold, "another")


def test_first_weights_are_named_so_that_a_worker_elsewhere_finds_them(workplace):
    Path("random").mkdir()
    Path("first").mkdir()
    for value, name in (("random", "random"), ("first", str(workplace / "first")), ("", ""), ("nowhere", "nowhere")):
        assert with_whole_path(RECIPE.replace({"model.weights": value})).model.weights == name


@pytest.mark.slow
def test_a_damaged_result_is_named(fold):
    train_fold(fold)
    file, whole, before = fold.run / "result.json", read_result(fold.run), content(fold.run)
    spoiled = [{key: value for key, value in whole.items() if key != name} for name in whole]
    spoiled += [whole | {name: "x"} for name, value in whole.items() if not isinstance(value, str)]
    for value in [[], *spoiled]:
        file.write_text(json.dumps(value))
        with pytest.raises(ValueError, match=r"result.json: damaged \(delete it, and the fold is trained again\): it"):
            train_fold(fold)
    file.unlink()
    train_fold(fold)
    assert content(fold.run) == before


def test_two_processes_do_not_share_a_fold(fold):
    fold.run.mkdir()
    with locked(fold.run), pytest.raises(BlockingIOError, match="another process"):
        train_fold(fold)
    assert one_fold.RESULT not in {file.name for file in fold.run.iterdir()}
