"""A recipe under luna: what is written, what a second call does, what a failure leaves."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from minser.evaluation.metrics import confusion_matrix, uar
from minser.evaluation.predictions import Pooled
from minser.runs import run_folder
from minser.study import one_fold
from minser.study.summary import N_DRAWS
from minser.system.lock import locked

LUNA = Path("runs", "crossval", "toy", "luna")


def test_luna_tests_every_actor_once_a_seed(call, capsys):
    assert call("--seeds", "2") == 0
    out = capsys.readouterr().out
    assert "10 folds, 5 of them done already" in out
    assert "10/10  toy, fold 4, seed 1: UAR " in out
    assert "the parts share no speakers" in out
    table = Pooled.read(LUNA / "predictions.csv")
    assert len(table.files) == 2 * 24 * 8
    for seed in (0, 1):
        assert len(set(np.array(table.files)[table.seeds == seed])) == 24 * 8
    summary = json.loads((LUNA / "summary.json").read_text())
    per_seed = [
        float(uar(confusion_matrix(table.y_true[rows], table.y_pred[rows], n_classes=8)))
        for rows in (table.seeds == 0, table.seeds == 1)
    ]
    assert summary["scores"]["uar"]["per_seed"] == pytest.approx(per_seed)
    assert summary["scores"]["uar"]["mean"] == pytest.approx(np.mean(per_seed))
    assert (summary["seeds"], len(summary["folds"]), summary["shares"]) == ([0, 1], 10, "")
    assert summary["parameters"] > 0
    assert summary["minutes"] is not None
    assert {file.name for file in LUNA.iterdir() if file.is_file()} == {"predictions.csv", "summary.json", ".lock"}
    assert N_DRAWS == 10_000


def test_a_restart_computes_what_is_missing_and_nothing_else(call, capsys, monkeypatch):
    before = (LUNA / "predictions.csv").read_bytes()
    shutil.rmtree(LUNA / "fold3_seed0")
    (LUNA / "predictions.csv").unlink()
    capsys.readouterr()
    assert call() == 0
    out = capsys.readouterr().out
    assert "5 folds, 4 of them done already" in out
    assert [line[:31] for line in out.splitlines() if ", seed 0: " in line] == ["  5/5  toy, fold 3, seed 0: UAR"]
    assert (LUNA / "predictions.csv").read_bytes() == before
    monkeypatch.setattr(one_fold, "_train", None)  # any training would now fail
    assert call() == 0


def test_each_fold_starts_from_its_own_of_another_cross_validation(call, capsys):
    assert call("--set", f"model.weights={LUNA}", "--out", "second") == 0
    for fold in range(5):
        recipe = run_folder.read_recipe(Path("second", f"fold{fold}_seed0"))
        assert recipe.model.weights == str(Path(LUNA, f"fold{fold}_seed0").absolute())
    summary = json.loads(Path("second", "summary.json").read_text())
    assert summary["settings"]["model.weights"] == "luna"
    assert summary["heading"].endswith("; started from luna")
    assert "5 folds, 0 of them done already" in capsys.readouterr().out
    assert call("--set", f"model.weights={LUNA}", "--out", "second") == 0  # the same command is the same recipe
    assert call("--set", "model.weights=nowhere", "--out", "third") == 2
    assert "model.weights: expected random or a run folder, got 'nowhere'" in capsys.readouterr().err


def test_a_fold_says_which_class_it_has_no_training_clip_of(call, capsys, tiny_corpus):
    for emotion, label, actors in (("01", "flat", "123"), ("05", "loud", "123"), ("08", "high", "2")):
        Path("own", label).mkdir(parents=True)
        for actor in actors:
            shutil.copy(next(tiny_corpus.rglob(f"03-01-{emotion}-*-0{actor}.wav")), Path("own", label, f"{actor}.wav"))
    assert call("--data", "own", "--protocol", "own", "--set", "data.speaker_pattern=.") == 0
    said = [line for line in capsys.readouterr().out.splitlines() if "no training clip" in line]
    assert said == [
        f"toy, fold {fold}, seed 0: no training clip of high: not learned, and left out of the loss" for fold in (0, 1)
    ]


def test_own_recordings_are_not_called_by_another_corpus_s_protocol(call, capsys, tiny_corpus):
    for emotion, label in ((1, "low"), (8, "high")):
        Path("own", label).mkdir(parents=True)
        for actor in (1, 2, 3):
            clip = tiny_corpus / f"Actor_{actor:02d}" / f"03-01-{emotion:02d}-01-01-01-{actor:02d}.wav"
            shutil.copy(clip, Path("own", label, f"{label}{actor}.wav"))
    rows = [f"{label}{i}.wav,{name}\n" for label in ("low", "high") for i, name in enumerate(("ann", "ben", "cat"), 1)]
    Path("speakers.csv").write_text("file,speaker\n" + "".join(rows))
    own = ["--data", "own", "--set", "data.speakers_csv=speakers.csv"]
    for wrong in (["--protocol", "luna"], ["--protocol", "published"], ["--compare", "random288", "luna"]):
        assert call(*own, *wrong) == 2
        assert "is of RAVDESS: this corpus can be tested by --protocol own or loso" in capsys.readouterr().err
    assert call(*own, "--protocol", "own") == 0
    printed = capsys.readouterr().out
    assert "class  clips  speakers\nhigh       3         3\nlow        3         3\n" in printed
    assert "toy under own (own speakers) on own recordings: folds: 3, seeds: 1, " in printed
    out = LUNA.with_name("own")
    assert run_folder.read_recipe(out / "fold0_seed0").data.speakers_csv == str(Path("speakers.csv").absolute())
    assert json.loads((out / "summary.json").read_text())["settings"]["data.speakers_csv"] == "speakers.csv"
    assert call("--protocol", "own") == 2
    assert "protocol own is of other corpora than RAVDESS" in capsys.readouterr().err


def test_a_fold_that_fails_is_named_and_the_others_are_kept(call, capsys, monkeypatch):
    for fold in (1, 2):
        shutil.rmtree(LUNA / f"fold{fold}_seed0")
    (LUNA / "summary.json").unlink()
    train = one_fold._train

    def fail_in_fold_1(fold, dataset):
        if fold.recipe.data.fold == 1:
            raise FloatingPointError("the loss is nan")
        train(fold, dataset)

    monkeypatch.setattr(one_fold, "_train", fail_in_fold_1)
    capsys.readouterr()
    assert call() == 2
    assert capsys.readouterr().err.splitlines() == [
        "minser crossval: toy, fold 1, seed 0: the loss is nan",
        "minser crossval: 1 of 5 folds failed; the same command does what is missing",
    ]
    assert not (LUNA / "summary.json").exists()
    monkeypatch.setattr(one_fold, "_train", train)
    assert call() == 0
    assert "5 folds, 4 of them done already" in capsys.readouterr().out


def test_two_at_a_time_in_one_folder_are_refused(call, capsys):
    with locked(LUNA):
        assert call() == 2
    assert "another process is working" in capsys.readouterr().err


def test_other_corpora_have_their_own_protocol_by_themselves(call, capsys, tiny_corpus):
    for emotion, label in ((1, "low"), (8, "high")):
        Path("own", label).mkdir(parents=True)
        for clip in tiny_corpus.rglob(f"03-01-{emotion:02d}-*-0[1-9].wav"):
            shutil.copy(clip, Path("own", label))
    assert call("--data", "own") == 0
    out = capsys.readouterr().out
    assert "toy under own (" in out
    assert "test clips of a seed: 2, speakers: unknown; the parts share speakers, because nobody said who speaks" in out
    assert LUNA.with_name("own").is_dir()


def test_what_is_printed_fits_the_window(call, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    shutil.rmtree(LUNA / "fold3_seed0")
    capsys.readouterr()
    assert call() == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 60
    assert "  5/5  toy, fold 3, seed 0: UAR" in out
