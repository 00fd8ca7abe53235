"""A run that holds nothing out, by way of the commands, on a corpus of a few seconds."""

import math
import shutil

import pytest

from minser import evaluate, predict, recipes, train
from minser.runs import run_folder
from minser.training import checkpoint
from minser.training.history import from_csv

from ..trained import QUICK, train_toy

ALL = ["--epochs", "2", "--split", "all"]


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny_corpus):
    return train_toy(tmp_path_factory.mktemp("trained"), tiny_corpus, *ALL)


def test_a_training_on_all_clips_leaves_weights_and_curves(run):
    assert {file.name for file in (run / "plots").iterdir()} == {"training_curves.png"}
    assert not (run / "report.json").exists()
    history = from_csv((run / "history.csv").read_text())
    assert all(math.isnan(value) for value in history["val_loss"] + history["val_uar"])
    assert history["train_loss"][1] < history["train_loss"][0]
    assert checkpoint.load(run / "best.safetensors")[1]["epoch"] == 2


def test_it_cannot_be_scored_and_says_so_in_one_line(run, tiny_corpus, capsys):
    assert evaluate.main(["--run", str(run), "--data", str(tiny_corpus)]) == 0
    line = "toy on all: 192 training clips; none are held out: there is no test part to score\n"
    assert capsys.readouterr().out == line


def test_where_there_is_no_history_nothing_is_drawn(run, tiny_corpus, tmp_path, capsys):
    for name in ("config.toml", "best.safetensors"):
        shutil.copy(run / name, tmp_path)
    assert evaluate.main(["--run", str(tmp_path), "--data", str(tiny_corpus)]) == 0
    assert "there is no test part to score" in capsys.readouterr().out
    assert not (tmp_path / "plots").exists()


def test_it_listens(run, tiny_corpus, capsys):
    assert predict.main(["--run", str(run), str(next(tiny_corpus.rglob("*.wav")))]) == 0


def test_it_resumes_to_the_same_bytes(run, tiny_corpus, workplace, monkeypatch):
    save = run_folder.save_epoch

    def save_and_stop(*arguments):
        save(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(run_folder, "save_epoch", save_and_stop)
    assert train.main([*QUICK, *ALL, "--data", str(tiny_corpus), "--run", "halved"]) == 130
    monkeypatch.setattr(run_folder, "save_epoch", save)
    assert train.main(["--resume", "--run", "halved", "--data", str(tiny_corpus)]) == 0
    for name in ("best.safetensors", "last.safetensors", "history.csv"):
        assert (workplace / "halved" / name).read_bytes() == (run / name).read_bytes()


@pytest.mark.parametrize("change", [{"in_channels": 0}, {"in_channels": 10**12}, {"classes": []}])
def test_a_checkpoint_of_impossible_sizes_is_damaged(tmp_path, change):
    """It is not built: there may be no such memory."""
    state = {"classes": ["a", "b"], "epoch": 1, "in_channels": 1, **change}
    checkpoint.save(tmp_path / "best.safetensors", {}, state)
    with pytest.raises(ValueError, match=r"best\.safetensors: expected some classes and 1 to 3 channels, got "):
        run_folder.load_model(tmp_path, recipes.read("toy"))


@pytest.mark.parametrize("change", [{"in_channels": False}, {"epoch": "1"}, {"classes": "ab"}, {"classes": [1, 2]}])
def test_a_checkpoint_that_says_something_else_is_damaged(tmp_path, change):
    state = {"classes": ["a", "b"], "epoch": 1, "in_channels": 1, **change}
    checkpoint.save(tmp_path / "best.safetensors", {}, state)
    (name,) = change
    with pytest.raises(ValueError, match=rf"best\.safetensors: not a whole checkpoint of minser: its state\.{name}"):
        run_folder.load_model(tmp_path, recipes.read("toy"))
