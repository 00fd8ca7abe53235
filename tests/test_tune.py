"""The search, with folds in this process: what it writes, that it goes on, that the best is kept."""

import csv
import shlex
import shutil
from pathlib import Path

import pytest

from minser import crossval, recipes, tune
from minser.study import cross_validation, one_fold
from minser.study.one_fold import read_result
from minser.system.lock import locked

from .study.conftest import run_here

OUT = Path("runs", "tune", "toy")
QUICK = [
    "--recipe", "toy", "--space", "space.toml", "--set", "training.epochs=4", "--set", "model.channels=[4]",
    "--set", "features.sr=8000", "--set", "features.n_mels=16", "--set", "features.n_frames=8",
    "--set", "features.trim_top_db=0", "--set", "training.select='val_uar'",
]  # fmt: skip


@pytest.fixture
def call(workplace, monkeypatch, tiny_corpus):
    monkeypatch.setattr(tune, "run_folds", run_here)
    Path("space.toml").write_text(
        "[model]\nhead_dropout = { low = 0.0, high = 0.5 }\n[training]\nlr = { low = 1e-4, high = 0.1, log = true }\n"
    )
    return lambda *more: tune.main([*QUICK, "--data", str(tiny_corpus), *more])


def trials():
    with (OUT / "trials.csv").open() as file:
        return list(csv.DictReader(file))


def result_of(trial, fold=0):
    return read_result(OUT / f"trial{trial:03d}" / f"fold{fold}")


@pytest.mark.slow
def test_the_best_trial_becomes_a_recipe_and_a_second_call_writes_the_same(call, monkeypatch):
    assert call("--trials", "4") == 0
    rows = trials()
    assert [float(row["val_uar"]) for row in rows] == [result_of(k)["val_uar"] for k in range(4)]
    winner = max(rows, key=lambda row: float(row["val_uar"]))
    best = recipes.read(str(OUT / "best.toml"))
    assert best.name == "toy_tuned"
    assert best.training.lr == float(winner["training.lr"])
    assert best.model.head_dropout == float(winner["model.head_dropout"])
    assert (OUT / "tuning.png").read_bytes().startswith(b"\x89PNG")
    assert not list(OUT.rglob("predictions.csv"))  # no test part was looked at

    before = {name: (OUT / name).read_bytes() for name in ("trials.csv", "best.toml", "tuning.png")}
    monkeypatch.setattr(one_fold, "_train", None)  # any training would now fail
    assert call("--trials", "4") == 0
    assert {name: (OUT / name).read_bytes() for name in before} == before


@pytest.mark.slow
def test_the_printed_command_runs_as_printed(call, capsys, monkeypatch, tiny_corpus):
    monkeypatch.setattr(cross_validation, "run_folds", run_here)
    for emotion, label in (("01", "flat"), ("08", "high")):
        Path("my voices", label).mkdir(parents=True)
        for actor in (1, 2, 3):
            shutil.copy(next(tiny_corpus.rglob(f"03-01-{emotion}-*-0{actor}.wav")), Path("my voices", label))
    own = ["--data", "my voices", "--set", "data.speaker_pattern=..$", "--set", "training.epochs=1"]
    for data, out in ((own, "my search"), (["--set", "training.epochs=1"], "search")):
        assert call("--trials", "1", "--out", out, *data) == 0
        command = capsys.readouterr().out.splitlines()[-1].removeprefix("test it: ")
        python, flag, name, *arguments = shlex.split(command)
        assert (python, flag, name) == ("python", "-m", "minser.crossval")
        assert crossval.main([*arguments, "--seeds", "1"]) == 0
        assert "on own recordings" * (data is own) in capsys.readouterr().out


def test_a_trial_s_files_are_found_from_every_folder(call, tiny_corpus, capsys):
    for emotion, label in ((1, "low"), (8, "high")):
        Path("own", label).mkdir(parents=True)
        for actor in range(1, 7):
            clip = tiny_corpus / f"Actor_{actor:02d}" / f"03-01-{emotion:02d}-01-01-01-{actor:02d}.wav"
            shutil.copy(clip, Path("own", label, f"{label}{actor}.wav"))
    rows = [f"{label}{actor}.wav,{actor}\n" for label in ("low", "high") for actor in range(1, 7)]
    Path("speakers.csv").write_text("file,speaker\n" + "".join(rows))
    who = ["--data", "own", "--set", "data.speakers_csv=speakers.csv"]
    assert call("--trials", "1", "--set", "training.epochs=1", *who) == 0
    assert "class  clips  speakers\nhigh       6         6\nlow        6         6\n" in capsys.readouterr().out
    recipe = recipes.read(str(OUT / "trial000" / "fold0" / "config.toml"))
    assert recipe.data.speakers_csv == str(Path("speakers.csv").absolute())


@pytest.mark.slow
def test_more_trials_add_to_those_that_are_done(call, capsys):
    assert call("--trials", "1") == 0
    first = trials()
    capsys.readouterr()
    assert call("--trials", "2", "--folds", "0") == 0
    assert "trial000" not in capsys.readouterr().out
    assert trials()[:1] == first
    assert {result_of(k)["epochs"] for k in range(2)} == {4}


def test_a_trial_that_fails_is_kept_without_a_score(call, capsys, monkeypatch):
    train = one_fold._train

    def fail_in_trial_0(fold, dataset):
        if "trial000" in str(fold.run):
            raise FloatingPointError("the loss is nan")
        train(fold, dataset)

    monkeypatch.setattr(one_fold, "_train", fail_in_trial_0)
    assert call("--trials", "2") == 0
    assert "minser tune: trial000, fold 0, seed 0: the loss is nan" in capsys.readouterr().err
    assert [row["val_uar"] == "" for row in trials()] == [True, False]
    assert call("--trials", "1") == 2
    assert "every trial failed" in capsys.readouterr().err


def test_the_scores_of_folds_are_averaged(call):
    assert call("--trials", "1", "--folds", "0", "3", "--set", "training.epochs=1") == 0
    each = [result_of(0, k)["val_uar"] for k in (0, 3)]
    assert float(trials()[0]["val_uar"]) == pytest.approx(sum(each) / 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--trials", "0"], "trials must be 1 or more"),
        (["--recipe", "nowhere"], "no recipe 'nowhere'"),
        (["--space", "nowhere.toml"], "nowhere.toml"),
        (["--folds", "9", "--trials", "1"], "every trial failed"),
        (["--data", "nowhere"], "nowhere: no such folder"),
        (["--folds", "0", "3", "0"], "folds must differ, got 0 3 0"),
        (["--set", "data.split=all"], "data.split all has no validation part, by which trials are compared"),
    ],
)
def test_bad_input_is_told(call, capsys, arguments, message):
    assert call(*arguments) == 2
    assert message in capsys.readouterr().err


def test_another_search_in_the_same_folder_is_refused(call, capsys, tiny_corpus):
    assert call("--trials", "1", "--set", "training.epochs=1") == 0
    assert call("--trials", "1", "--set", "training.epochs=1", "--seed", "1") == 2
    assert "goes on only with its own settings" in capsys.readouterr().err
    other = shutil.copytree(tiny_corpus, Path("other"))
    shutil.copy(other / "Actor_01" / "03-01-01-01-01-01-01.wav", other / "Actor_01" / "03-01-02-01-01-01-01.wav")
    assert call("--trials", "2", "--set", "training.epochs=1", "--data", str(other)) == 2
    assert "was trained on another corpus than" in capsys.readouterr().err
    assert len(trials()) == 1
    with locked(OUT):
        assert call("--trials", "1", "--set", "training.epochs=1") == 2
    assert "another process is working" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--set", "training.lr=0.1"], "training.lr has no effect, because space.toml names it too"),
        (["--folds", "1", "--set", "data.fold=2"], "data.fold has no effect beside --folds"),
        (["--set", "data.split=random_80_10_10", "--folds", "0", "1"], "data.split random_80_10_10 has no folds"),
        (["--scheduler", "tcp://127.0.0.1:1", "--jobs", "2"], "--jobs has no effect beside --scheduler"),
    ],
)
def test_an_option_without_effect_is_refused(call, capsys, more, message):
    Path("space.toml").write_text("[training]\nlr = [0.01, 0.02]\n")
    assert call(*more) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
