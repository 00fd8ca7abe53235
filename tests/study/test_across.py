"""A recipe is trained on one corpus and tested on another, which selects nothing."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from minser import crossval, evaluate, train
from minser.evaluation.predictions import Pooled, Predictions
from minser.study import one_fold
from tests.corpora import CODES, SPEAKERS, make_corpus
from tests.study.conftest import QUICK, in_this_process

OUT = Path("runs", "crossval", "toy", "from_EMO-DB")


@pytest.fixture(scope="module")
def corpora(tmp_path_factory) -> Path:
    """Return a folder that holds corpora in miniature."""
    root = tmp_path_factory.mktemp("corpora")
    for corpus in ("EMO-DB", "SAVEE", "TESS"):
        make_corpus(root / corpus, corpus)
    return root


@pytest.fixture(scope="module")
def finished(corpora, tmp_path_factory) -> Path:
    """Return a working directory in which EMO-DB was trained on and SAVEE tested, with two seeds."""
    place = tmp_path_factory.mktemp("across")
    with in_this_process(place):
        assert crossval.main([*QUICK, "--seeds", "2", *pair(corpora, "EMO-DB", "SAVEE")]) == 0
    return place


@pytest.fixture
def there(finished, tmp_path):
    """Work in a copy of that directory."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    with in_this_process(tmp_path):
        yield tmp_path


def pair(corpora, trained, tested) -> list[str]:
    return ["--data", str(corpora / trained), "--test-data", str(corpora / tested)]


def test_every_clip_of_a_shared_emotion_is_tested_once_a_seed(there):
    table = Pooled.read(OUT / "on_SAVEE" / "predictions.csv")
    n_clips = 2 * 6 * len(SPEAKERS["SAVEE"])  # all but surprised, which EMO-DB lacks
    assert [np.sum(table.seeds == seed) for seed in (0, 1)] == [n_clips, n_clips]
    assert len(set(table.files)) == n_clips
    assert table.names[-1] == "boredom"
    summary = json.loads((OUT / "on_SAVEE" / "summary.json").read_text())
    assert summary["left_out"] == {"surprised": 8}
    assert (summary["seeds"], len(summary["folds"]), summary["source"]) == ([0, 1], 2, "SAVEE")
    assert summary["protocol"] == "EMO-DB to SAVEE"
    assert summary["scores"]["uar"]["interval"] is not None
    hits = [np.mean(table.y_pred[rows] == label) for label in range(6) for rows in [table.y_true == label]]
    assert summary["scores"]["uar"]["mean"] == pytest.approx(np.mean(hits))
    assert summary["heading"] == (
        "toy trained on EMO-DB (own speakers, fold 0: 42 clips, 14 for validation), tested on SAVEE: seeds: 2, "
        "test clips of a seed: 48, speakers: 4; epoch: last"
    )


def test_each_seed_says_what_evaluate_says_of_its_run(there, corpora):
    pooled = Pooled.read(OUT / "on_SAVEE" / "predictions.csv")
    for seed in (0, 1):
        run = str(OUT / f"fold0_seed{seed}")
        assert evaluate.main(["--run", run, "--data", str(corpora / "SAVEE"), "--out", f"out{seed}"]) == 0
        table = Predictions.read(Path(f"out{seed}", "predictions.csv"))
        np.testing.assert_array_equal(table.probs, pooled.probs[pooled.seeds == seed])


def test_a_second_call_and_another_corpus_train_nothing(there, corpora, capsys, monkeypatch):
    before = (OUT / "on_SAVEE" / "predictions.csv").read_bytes()
    monkeypatch.setattr(one_fold, "_train", None)  # any training would now fail
    for tested in ("SAVEE", "TESS"):
        assert crossval.main([*QUICK, "--seeds", "2", *pair(corpora, "EMO-DB", tested)]) == 0
        out = capsys.readouterr().out
        assert "2 folds, 2 of them done already" in out
        assert [line[:12] for line in out.splitlines() if line.startswith("seed ")] == ["seed 0: UAR ", "seed 1: UAR "]
        assert "left out, because the network does not know their emotion: " in out
        assert "answers that no clip here has, counted as wrong: " in out
        assert "true emotion by answer, in clips, each once for 2 seeds:" in out
    assert (OUT / "on_SAVEE" / "predictions.csv").read_bytes() == before
    assert (OUT / "on_TESS" / "summary.json").is_file()


def test_the_tested_corpus_changes_nothing_in_the_network(there, corpora):
    other = [*QUICK, "--seeds", "2", *pair(corpora, "EMO-DB", "TESS"), "--out", "again"]
    assert crossval.main(other) == 0
    for seed in (0, 1):
        runs = [place / f"fold0_seed{seed}" / "best.safetensors" for place in (OUT, Path("again"))]
        assert runs[0].read_bytes() == runs[1].read_bytes()


def test_nothing_need_be_held_out_of_the_corpus_that_is_trained_on(there, corpora, capsys):
    every = ["--set", "data.split=all", "--out", "all"]
    assert crossval.main([*QUICK, *every, *pair(corpora, "SAVEE", "EMO-DB")]) == 0
    out = capsys.readouterr().out
    assert "toy, fold 0, seed 0: no validation part, kept epoch 1 of 1" in out
    assert "toy trained on SAVEE (all: 56 clips, 0 for validation), tested on EMO-DB" in out
    assert "NaN" not in (Path("all") / "on_EMO-DB" / "summary.json").read_text()


def test_what_is_said_of_own_recordings_goes_for_them(there, corpora, capsys):
    for label, code in (("Angry", "a"), ("Sad", "sa")):
        for speaker in SPEAKERS["SAVEE"]:
            target = Path("own", label, f"{speaker}.x.wav")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(corpora / "SAVEE" / "AudioData" / speaker / f"{code}01.wav", target)
    speakers = ["--set", "data.speaker_pattern=^.."]
    assert crossval.main([*QUICK, *speakers, "--data", str(corpora / "TESS"), "--test-data", "own"]) == 0
    assert "test clips of a seed: 8, speakers: 4" in capsys.readouterr().out
    assert Path("runs/crossval/toy/from_TESS/on_own/summary.json").is_file()
    assert crossval.main([*QUICK, *speakers, "--data", "own", "--test-data", str(corpora / "TESS")]) == 0
    assert "toy trained on own recordings (own speakers, fold 0: " in capsys.readouterr().out
    assert crossval.main([*QUICK, *speakers, *pair(corpora, "TESS", "EMO-DB")]) == 2
    assert "data.speaker_pattern is for own recordings" in capsys.readouterr().err


@pytest.fixture
def strange(there, corpora):
    """Put into the directory what no network of EMO-DB can be tested on."""
    shutil.copytree(corpora / "EMO-DB", "half")
    for clip in Path("half/wav").glob("03*.wav"):
        clip.unlink()
    shutil.copytree(corpora / "EMO-DB", "others")
    for clip in Path("others/wav").glob("*.wav"):
        data = bytearray(clip.read_bytes())
        data[1000:2000] = bytes(1000)
        clip.write_bytes(data)
    Path("bored/Tired").mkdir(parents=True)
    Path("bored/Proud").mkdir()
    for place, clip in zip(("Tired", "Proud"), sorted((corpora / "TESS").rglob("*.wav")), strict=False):
        shutil.copy(clip, Path("bored", place, "x.wav"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--test-data", "EMO-DB"], "would be trained on and tested on: name two corpora"),
        (["--test-data", "half"], "holds 56 clips of half, such as 08a01Aa: name another corpus"),
        (["--test-data", "others"], "holds clips of EMO-DB, and others holds more of it: name another corpus"),
        (["--test-data", "bored"], "no emotion is in both"),
        (["--test-data", "nowhere"], "nowhere: no such folder"),
        (["--test-data", "TESS", "--set", "model.weights=runs/tess", "--out", "new"], "runs/tess was trained on"),
        (["--test-data", "TESS", "--protocol", "own"], "--protocol has no effect beside --test-data"),
        (["--test-data", "TESS", "--seeds", "0"], "seeds must be 1 or more, got 0"),
        (["--test-data", "TESS", "--set", "data.song=true"], "data.song has no effect on EMO-DB"),
        (["--test-data", "TESS", "--set", "data.fold=1"], "data.fold has no effect, because crossval chooses folds"),
        (["--test-data", "TESS", "--set", "training.lr=1", "--out", str(OUT)], "training.lr (was 0.003, now 1.0)"),
    ],
)
def test_what_leaks_or_has_no_effect_is_refused_in_one_line(strange, corpora, capsys, arguments, message):
    if "model.weights=runs/tess" in arguments:
        settings = [word for word in QUICK if word not in ("--seeds", "1")]
        assert train.main([*settings, "--data", str(corpora / "TESS"), "--run", "runs/tess"]) == 0
    arguments = [str(corpora / each) if each in CODES else each for each in arguments]
    before = set(Path(".").rglob("fold*"))
    capsys.readouterr()
    assert crossval.main([*QUICK, "--data", str(corpora / "EMO-DB"), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert set(Path(".").rglob("fold*")) == before
