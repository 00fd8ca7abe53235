"""The table, and what the command says to what it cannot use."""

import shutil
from pathlib import Path

import pytest

from minser import crossval as crossval

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
        (["--table", "nowhere"], "no results of a cross-validation"),
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
