"""The table, and what the command says to what it cannot use."""

import shutil
from pathlib import Path

import pytest

from minser import crossval

LUNA = Path("runs", "crossval", "toy", "luna")


def test_the_table_is_made_of_what_is_stored(call, capsys):
    shutil.copytree(LUNA, "data/results/toy/luna")
    capsys.readouterr()
    assert crossval.main(["--table"]) == 0
    out = capsys.readouterr().out
    assert "\n| `toy` | - | - | - | " in out
    assert out.splitlines()[-1] == "| `trimmed_logmel` | macro F1 of women | 34.4 | - |"
    assert crossval.main(["--table", "data/results/toy/luna"]) == 0
    assert capsys.readouterr().out == out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--protocol", "lunar"], "the protocol must be one of published"),
        (["--recipe", "nowhere"], "no recipe 'nowhere'"),
        (["--seeds", "0"], "seeds must be 1 or more"),
        (["--data", "nowhere"], "nowhere"),
        (["--protocol", "random288"], "random288 is of another corpus"),
        (["--compare", "luna", "lunar"], "the protocol must be one of"),
        (["--set", "model.hiden=3"], "did you mean 'hidden'"),
        (["--set", "training.lr=0.5"], "training.lr (was 0.003, now 0.5)"),
        (["--out", "file"], "file"),
        (["--out", "new", "--set", "model.weights=nowhere"], "model.weights: expected random or a run folder"),
    ],
)
def test_bad_input_is_one_line(call, capsys, arguments, message):
    Path("file").write_text("")
    capsys.readouterr()
    assert call(*arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("minser crossval: ")
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--table", "nowhere"], "nowhere: no results of a cross-validation"),
        (["--table", "--recipe", "toy"], "--recipe has no effect beside --table; leave it out"),
        (["--table", "--out", "x"], "--out has no effect beside --table"),
        (["--table", "--set", "training.lr=1"], "--set has no effect beside --table"),
        (["--candidates", "toy", "--recipe", "toy"], "--recipe has no effect beside --candidates"),
        (["--compare", "luna", "loso", "--protocol", "luna"], "--protocol has no effect beside --compare"),
        (["--compare", "A", "A", "--data", "x"], "--data has no effect on results that are there"),
        (["--scheduler", "tcp://127.0.0.1:1", "--jobs", "2"], "--jobs has no effect beside --scheduler"),
        (["--set", "data.fold=1"], "data.fold has no effect, because crossval chooses folds itself: leave it out"),
        (["--set", "training.seed=1"], "training.seed has no effect, because crossval counts seeds from 0"),
        (["--set", "data.split=loso"], "data.split has no effect under protocol luna, which sets it"),
        (["--set", "data.song=true"], "data.song has no effect under protocol luna"),
        (["--compare", "luna", "loso", "--set", "data.song=true"], "data.song has no effect under protocol luna"),
        (
            ["--protocol", "published", "--data", "CORPUS", "--set", "data.corpus=toy"],
            "data.corpus has no effect beside",
        ),
    ],
)
def test_an_option_without_effect_is_refused(finished, tmp_path, monkeypatch, capsys, tiny_corpus, arguments, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINSER_DATA", str(tiny_corpus))
    shutil.copytree(finished / LUNA, "A")
    assert crossval.main([str(tiny_corpus) if each == "CORPUS" else each for each in arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
