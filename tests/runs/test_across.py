"""A network is scored on corpora that it never heard; each mimicked corpus is trained and scored by one command."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from minser import crossval, evaluate, train
from minser.corpus.clip import EMOTIONS
from minser.evaluation.predictions import Predictions
from minser.nn.arrays import model_arrays
from minser.runs import run_folder
from minser.training import checkpoint
from tests.corpora import CODES, SPEAKERS, make_corpus
from tests.trained import QUICK


@pytest.fixture(scope="module")
def corpora(tmp_path_factory) -> Path:
    """Return a folder that holds each corpus in miniature."""
    root = tmp_path_factory.mktemp("corpora")
    for corpus in CODES:
        make_corpus(root / corpus, corpus)
    return root


@pytest.fixture(scope="module")
def run(corpora, tmp_path_factory) -> Path:
    """Return a run on EMO-DB in miniature; it knows boredom, and nothing of surprise."""
    place = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert train.main([*QUICK, "--epochs", "1", "--data", str(corpora / "EMO-DB")]) == 0
    return place / "runs" / "toy"


@pytest.mark.slow
@pytest.mark.parametrize(
    "corpus", [pytest.param(corpus, marks=[pytest.mark.slow] * (corpus != "SAVEE")) for corpus in CODES]
)
def test_a_corpus_is_trained_and_scored_by_one_command(corpora, workplace, capsys, corpus):
    data = ["--data", str(corpora / corpus)]
    assert train.main([*QUICK, "--epochs", "1", *data]) == 0
    assert "own speakers, fold 0" in capsys.readouterr().out
    report = json.loads(Path("runs/toy/report.json").read_text())
    assert report["actors"] == 1
    assert report["n"] == 2 * len(CODES[corpus])
    assert evaluate.main(["--run", "runs/toy", *data]) == 0  # its own corpus: as without --data
    assert "minser" not in capsys.readouterr().err
    assert json.loads(Path("runs/toy/report.json").read_text()) == report


@pytest.mark.slow
def test_loso_of_a_corpus_tests_each_speaker(corpora, workplace, capsys):
    tiny = [*QUICK[2:], "--set", "training.epochs=1", "--recipe", "toy", "--data", str(corpora / "TESS")]
    assert crossval.main([*tiny, "--protocol", "loso"]) == 0
    assert "toy under loso" in capsys.readouterr().out
    table = Path("runs/crossval/toy/loso/predictions.csv").read_text()
    assert table.count("\n") == 1 + 2 * 2 * len(CODES["TESS"])
    assert crossval.main([*tiny, "--protocol", "luna"]) == 2
    assert "protocol luna is of RAVDESS: this corpus can be tested by --protocol own or loso" in capsys.readouterr().err


@pytest.mark.parametrize("asked", [["--split", "luna"], ["--set", "data.split=random288"]])
def test_a_split_that_a_corpus_cannot_have_is_refused(corpora, workplace, capsys, asked):
    assert train.main([*QUICK, *asked, "--data", str(corpora / "TESS")]) == 2
    assert "is of RAVDESS: this corpus can have loso or all, and without a word" in capsys.readouterr().err


@pytest.mark.slow
def test_several_corpora_are_trained_together_and_their_card_names_them(corpora, workplace, capsys):
    root = Path("two")
    for corpus in ("EMO-DB", "TESS"):
        shutil.copytree(corpora / corpus, root / corpus)
    settings = [*QUICK, "--epochs", "1", "--split", "loso"]
    assert train.main([*settings, "--fold", "6", "--data", "two"]) == 0
    assert "toy on two: loso fold 6: " in capsys.readouterr().out
    card = Path("runs/toy/MODEL_CARD.md").read_text()
    assert "EMO-DB: Burkhardt et al. 2005" in card
    assert "TESS: Pichora-Fuller & Dupuis 2020" in card
    again = [*settings, "--run", "again", "--set", "model.weights=runs/toy", "--data", "two/TESS"]
    assert train.main(again) == 2
    assert "runs/toy was trained on EMO-DB, TESS, where names are others than in TESS" in capsys.readouterr().err


def test_an_answer_outside_of_the_shared_emotions_is_wrong_and_shown(corpora, run, workplace, capsys):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert evaluate.main(["--run", str(run), "--data", str(corpora / "SAVEE"), "--out", "across"]) == 0
    out = capsys.readouterr().out
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    table, scores = Predictions.read(Path("across/predictions.csv")), json.loads(Path("across/report.json").read_text())
    known = (*(name for name in EMOTIONS if name not in ("calm", "surprised")), "boredom")
    assert table.names == known
    assert len(table.files) == 4 * 6 * 2
    assert scores["left_out"] == {"surprised": 8}
    assert "left out, because the network does not know their emotion: 8 clips (8 surprised)" in out
    assert scores["actors"] == 4
    assert scores["uar"]["interval"] is not None
    hits = [np.mean(table.y_pred[table.y_true == label] == label) for label in range(6)]
    assert scores["uar"]["value"] == pytest.approx(np.mean(hits))
    assert sum(map(sum, scores["confusion"])) == len(table.files)
    assert out.startswith(Path("across/report.txt").read_text())
    assert (Path("across") / "plots" / "confusion.png").is_file()


def always(run: Path, place: Path, emotion: str) -> Path:
    """Return a run whose network answers with one emotion always."""
    shutil.copytree(run, place)
    recipe = run_folder.read_recipe(place)
    model, epoch, names, _ = run_folder.load_model(place, recipe)
    model.params["logits.weight"][...] = 0
    model.params["logits.bias"][...] = 10.0 * (np.array(names) == emotion)
    told = {"epoch": epoch, "classes": names, "in_channels": 1}
    checkpoint.save(place / "best.safetensors", model_arrays(model), told)
    return place


def test_a_network_that_is_always_bored_scores_nothing(corpora, run, workplace, capsys):
    bored = always(run, Path("bored"), "boredom")
    assert evaluate.main(["--run", str(bored), "--data", str(corpora / "CREMA-D"), "--out", "out"]) == 0
    out, scores = capsys.readouterr().out, json.loads(Path("out/report.json").read_text())
    assert scores["uar"]["value"] == scores["accuracy"]["value"] == 0
    assert "left out, because the network does not know their emotion: 0 clips\n" in out
    assert "answers that no clip here has, counted as wrong: 48 clips (48 boredom)" in out
    lines = out.splitlines()
    header = next(
        i for i, line in enumerate(lines) if line.split() == [*Predictions.read(Path("out/predictions.csv")).names]
    )
    assert lines[header + 1].split() == ["neutral", "0", "0", "0", "0", "0", "0", "8"]


def test_the_shipped_network_is_scored_on_another_corpus(corpora, workplace, capsys):
    assert evaluate.main(["--run", "shipped", "--data", str(corpora / "TESS")]) == 0
    out = capsys.readouterr().out
    assert "minser, epoch 200, on TESS, a corpus that it never heard" in out
    assert "28 clips of 2 speakers" in out
    assert not list(Path(".").glob("*.csv"))


def test_what_a_network_was_trained_on_is_no_other_corpus(corpora, run, workplace, capsys):
    shutil.copytree(corpora / "EMO-DB", "copy")
    next(Path("copy/wav").glob("*.wav")).unlink()
    assert evaluate.main(["--run", str(run), "--data", "copy"]) == 2
    assert "was begun on another corpus than copy" in capsys.readouterr().err
    assert evaluate.main(["--run", str(run), "--data", str(corpora)]) == 2
    err = capsys.readouterr().err
    assert f"{run} was trained on " in err
    assert f" clips of {corpora}, such as EMO-DB " in err


@pytest.mark.slow
def test_other_clips_of_a_corpus_that_was_heard_are_refused(corpora, workplace, capsys):
    for corpus in ("EMO-DB", "TESS"):
        shutil.copytree(corpora / corpus, Path("two", corpus))
    for folder in Path("two/TESS").glob("YAF*"):
        shutil.move(folder, Path("rest", folder.name))
    assert train.main([*QUICK, "--epochs", "1", "--data", "two"]) == 0
    assert evaluate.main(["--run", "runs/toy", "--data", "rest"]) == 2
    told = "runs/toy was trained on clips of TESS, and rest holds more of it: name another corpus"
    assert told in capsys.readouterr().err


def test_the_page_of_another_corpus_fits_the_window(corpora, run, workplace, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert evaluate.main(["--run", str(run), "--data", str(corpora / "SAVEE")]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 60


def test_own_recordings_of_others_are_another_corpus(run, corpora, workplace, capsys):
    for label, code in (("Angry", "a"), ("Sad", "sa")):
        for speaker in SPEAKERS["SAVEE"]:
            target = Path("own", label, f"{speaker}.x.wav")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(corpora / "SAVEE" / "AudioData" / speaker / f"{code}01.wav", target)
    assert evaluate.main(["--run", str(run), "--data", "own", "--set", "data.speaker_pattern=^.."]) == 0
    assert "8 clips of 4 speakers" in capsys.readouterr().out


@pytest.mark.slow
def test_a_network_of_labels_that_a_pattern_tells_is_scored_anywhere(corpora, workplace, capsys):
    for speaker in SPEAKERS["SAVEE"]:
        for label, code in (("angry", "a"), ("sad", "sa")):
            target = Path("own", f"{speaker}-{label}.x.wav")
            target.parent.mkdir(exist_ok=True)
            shutil.copy(corpora / "SAVEE" / "AudioData" / speaker / f"{code}01.wav", target)
    pattern = r"data.label_pattern=^(?P<speaker>..)-(?P<label>\w+)"
    assert train.main([*QUICK, "--epochs", "1", "--data", "own", "--set", pattern]) == 0
    report = Path("runs/toy/report.json").read_text()
    shutil.move("own", "moved")
    assert evaluate.main(["--run", "runs/toy", "--data", "moved"]) == 0  # its own corpus
    assert Path("runs/toy/report.json").read_text() == report
    capsys.readouterr()
    assert evaluate.main(["--run", "runs/toy", "--data", str(corpora / "TESS")]) == 0
    assert "8 clips of 2 speakers" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["--set", "model.hidden=3"],
            "--set model.hidden has no effect on another corpus: expected one of data",
        ),
        (["--set", "data.speaker_pattern=^."], "data.speaker_pattern is for own recordings, and"),
        (["--set", "data.split=loso"], "--set data.split has no effect on another corpus"),
        (["--set", "data.song=true"], "data.song has no effect on SAVEE: leave it out"),
        (["--out", "RUN"], "is a run with scores of its own"),
    ],
)
def test_what_cannot_be_asked_is_refused(corpora, run, workplace, capsys, arguments, told):
    arguments = [str(run) if argument == "RUN" else argument for argument in arguments]
    assert evaluate.main(["--run", str(run), "--data", str(corpora / "SAVEE"), *arguments]) == 2
    assert told in capsys.readouterr().err


def test_out_is_for_another_corpus(corpora, run, workplace, capsys):
    assert evaluate.main(["--run", str(run), "--data", str(corpora / "EMO-DB"), "--out", "x"]) == 2
    assert "--out and --set are for another corpus" in capsys.readouterr().err
