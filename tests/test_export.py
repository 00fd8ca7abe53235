"""Weights to torch, and ready to be shipped, by way of runs trained on a corpus of a few seconds."""

import json
import shutil
from collections import OrderedDict

import numpy as np
import pytest

from minser import crossval as crossval
from minser import export, nn, recipes
from minser.evaluation import calibrate
from minser.evaluation.calibration import expected_calibration_error, with_temperature
from minser.evaluation.predictions import Pooled
from minser.nn.arrays import model_arrays
from minser.recognizer import Recognizer
from minser.runs import run_folder
from tests.benchmark import torch_contender
from tests.benchmark.twin import describe

from .exported import NETWORKS, draw_run
from .study.conftest import in_this_process
from .trained import QUICK, make_run, speak, train_toy

HEAD = ["--set", "model.hidden=5", "--set", "model.pooling=average"]


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny_corpus):
    return train_toy(tmp_path_factory.mktemp("trained"), tiny_corpus, "--epochs", "1", *HEAD)


def torch_twin(torch, model, shape):
    """Return a network in torch as somebody there would write it, its weights still to come."""

    class Scaling(torch.nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.register_buffer("mean", torch.zeros(channels))
            self.register_buffer("std", torch.ones(channels))

        def forward(self, x):
            return (x - self.mean[:, None, None]) / self.std[:, None, None]

    chain = nn.Sequential({name: layer for name, layer in model.layers.items() if name != "input"})
    twin = torch_contender.build(describe(chain, shape), model_arrays(chain))
    for name, layer in chain.layers.items():
        if isinstance(layer, nn.Flatten):
            setattr(twin, name, torch.nn.Flatten())  # torch's own order: channels first
    scaling = {"input": Scaling(shape[2])} if "input" in model.layers else {}
    return torch.nn.Sequential(OrderedDict([*scaling.items(), *twin.named_children()])).eval()


@pytest.mark.parametrize("which", NETWORKS)
def test_every_network_answers_the_same_in_torch(which, tmp_path, rng):
    torch, files = pytest.importorskip("torch"), pytest.importorskip("safetensors.torch")
    run, file = tmp_path / "run", tmp_path / "out.safetensors"
    model, shape = draw_run(run, which)
    assert export.main(["--run", str(run), str(file)]) == 0
    twin = torch_twin(torch, model, shape)
    twin.load_state_dict(files.load_file(file), strict=True)
    x = rng.standard_normal((2, *shape)).astype(np.float32)
    with torch.no_grad():
        expected = twin(torch.tensor(x.transpose(0, 3, 1, 2).copy())).numpy()
    # float32: layers of sums of up to some ten thousand products in another order
    np.testing.assert_allclose(model.forward(x), expected, rtol=0, atol=2e-5 * np.abs(expected).max())


def test_other_files_and_folders_are_refused(run, tmp_path, capsys):
    before = (run / "best.safetensors").read_bytes()
    for file, message in (
        (tmp_path / "no" / "folder.safetensors", "No such file"),
        (tmp_path / "out.keras", "expected a name that ends in .onnx or .safetensors"),
        (tmp_path / "out", "expected a name that ends in .onnx or .safetensors"),
        (run / "best.safetensors", "is a run folder, whose files are its own"),
    ):
        assert export.main(["--run", str(run), str(file)]) == 2
        assert message in capsys.readouterr().err
    assert (run / "best.safetensors").read_bytes() == before
    assert export.main(["--run", str(tmp_path / "nowhere"), str(tmp_path / "out.safetensors")]) == 2
    assert "no run folder" in capsys.readouterr().err


@pytest.fixture(scope="module")
def tested(tmp_path_factory, tiny_corpus):
    """Return a folder in which the recipe was cross-validated, and a run of it on all clips, drawn and not trained."""
    folder = tmp_path_factory.mktemp("tested")
    with in_this_process(folder):
        changes = [*QUICK, *HEAD, "--set", "training.epochs=4"]
        changes += ["--set", "training.lr=0.01", "--seeds", "1", "--out", "results"]
        assert crossval.main([*changes, "--data", str(tiny_corpus)]) == 0
    fold = folder / "results" / "fold0_seed0"
    recipe = recipes.read(str(fold / "config.toml")).replace({"data.split": "all"})
    make_run(folder / "all", recipe, epoch=4)
    for name in ("environment.json", "trained_on.json"):
        shutil.copy(fold / name, folder / "all")
    return folder


@pytest.fixture
def ship(tested, tmp_path):
    """Return the command on a copy of the tested folder, which a test may damage."""
    shutil.copytree(tested, tmp_path / "work", dirs_exist_ok=True)

    def call(folder="shipped", run="all"):
        work = tmp_path / "work"
        return export.main(["--run", str(work / run), "--ship", str(work / "results"), str(work / folder)])

    call.work = tmp_path / "work"
    return call


def test_a_shipped_network_is_calibrated_by_its_folds(ship, capsys):
    assert ship() == 0
    assert capsys.readouterr().out.startswith(f"{', '.join(export.SHIPPED_FILES)} are in ")
    folder = ship.work / "shipped"
    assert {file.name for file in folder.iterdir()} == set(export.SHIPPED_FILES)
    assert (folder / "best.safetensors").stat().st_size < 2_000_000
    table = Pooled.read(ship.work / "results" / "predictions.csv")
    calibration = calibrate(table.probs, table.y_true, folds=table.folds)
    waveform = speak(2)
    as_trained, as_shipped = (
        Recognizer.load(ship.work / name).predict(waveform, sr=16000) for name in ("all", "shipped")
    )
    assert calibration.temperature != pytest.approx(1, abs=0.01)
    # softmax(logits / T) by way of the logarithms of softmax(logits): float32
    np.testing.assert_allclose(as_shipped, with_temperature([as_trained], calibration.temperature)[0], rtol=1e-5)


def test_the_card_says_what_the_folds_say(ship):
    assert ship() == 0
    card = (ship.work / "shipped" / "MODEL_CARD.md").read_text()
    summary = json.loads((ship.work / "results" / "summary.json").read_text())
    table = Pooled.read(ship.work / "results" / "predictions.csv")
    assert f"| uar | {100 * summary['scores']['uar']['mean']:.1f} % |" in card
    assert f"| {100 * expected_calibration_error(table.y_true, table.probs):.1f} % |" in card
    assert summary["heading"] in card
    assert "on\n192 clips of 24 speakers" in card
    assert f"{summary['parameters']:,} parameters" in card
    parameters = run_folder.load_model(ship.work / "all", run_folder.read_recipe(ship.work / "all"))[0].params
    assert summary["parameters"] == sum(array.size for array in parameters.values())


def test_the_same_files_give_the_same_bytes_and_replace_what_was_shipped(ship):
    assert ship() == ship("again") == 0
    content = [{file.name: file.read_bytes() for file in (ship.work / name).iterdir()} for name in ("shipped", "again")]
    assert content[0] == content[1]
    (ship.work / "again" / "MODEL_CARD.md").write_text("an older one")
    assert ship("again") == 0
    assert (ship.work / "again" / "MODEL_CARD.md").read_bytes() == content[0]["MODEL_CARD.md"]


def test_what_it_was_trained_on_is_shipped_but_for_own_names(ship, capsys):
    assert ship() == 0
    shipped, run = (ship.work / name / "trained_on.json" for name in ("shipped", "all"))
    assert shipped.read_bytes() == run.read_bytes()
    rewrite(run, '"RAVDESS"', '"own recordings"')
    assert ship() == 0
    (part,) = json.loads(shipped.read_text())
    assert (part["clips"], part["speakers"]) == ([], [])
    assert part["audio"]
    run.unlink()  # as of an older run
    capsys.readouterr()
    assert ship() == 0
    assert "trained_on.json" not in capsys.readouterr().out
    assert not shipped.exists()


def test_a_setting_that_is_newer_than_the_results_had_its_default(ship):
    summary = ship.work / "results" / "summary.json"
    content = json.loads(summary.read_text())
    assert content["settings"].pop("training.patience") == 0
    summary.write_text(json.dumps(content))
    assert ship() == 0
    content["settings"]["data.left_over"] = 1
    summary.write_text(json.dumps(content))
    assert ship() == 2


def test_a_recipe_that_starts_from_a_run_knows_it_by_its_name(ship, capsys):
    rewrite(ship.work / "all/config.toml", 'weights = ""', 'weights = "/somewhere/runs/first"')
    rewrite(ship.work / "results/summary.json", '"model.weights": ""', '"model.weights": "first"')
    assert ship() == 0
    rewrite(ship.work / "results/summary.json", '"model.weights": "first"', '"model.weights": "second"')
    assert ship("other") == 2
    assert "model.weights (tested 'second', trained 'first')" in capsys.readouterr().err


def rewrite(path, old, new):
    """Replace text in a file."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_where_the_table_of_speakers_lay_is_no_other_recipe(ship):
    rewrite(ship.work / "all" / "config.toml", 'speakers_csv = ""', 'speakers_csv = "tables/speakers.csv"')
    assert ship() == 0


def forget(path, key):
    """Drop a key of a JSON file."""
    content = json.loads(path.read_text())
    del content[key]
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda w: rewrite(w / "all/config.toml", "lr = 0.01", "lr = 0.02"), "lr (tested 0.01, trained 0.02)"),
        (lambda w: rewrite(w / "all/config.toml", '"toy"', '"other"'), "name (tested 'toy', trained 'other')"),
        (lambda w: rewrite(w / "all/config.toml", 'split = "all"', 'split = "luna"'), "got split luna, epoch 4 of 4"),
        (lambda w: make_run(w / "all", recipes.read(str(w / "all/config.toml")), epoch=3), "epoch 3 of 4"),
        (lambda w: rewrite(w / "all/environment.json", '"hash": "', '"hash": "0'), "is of another corpus than"),
        (lambda w: (w / "all/environment.json").unlink(), "is of another corpus than"),
        (lambda w: (w / "all/best.safetensors").unlink(), "no such checkpoint"),
        (lambda w: rewrite(w / "results/summary.json", '"confusion": [', '"confusion": [7,'), "was not counted from"),
        (lambda w: rewrite(w / "results/summary.json", '"seeds": [', '"seeds": [5,'), "was not counted from"),
        (lambda w: forget(w / "results/summary.json", "settings"), "not a whole summary of a cross-validation"),
        (lambda w: forget(w / "results/summary.json", "per_sex"), "not a whole summary of a cross-validation"),
        (lambda w: forget(w / "results/summary.json", "corpus"), "not a whole summary of a cross-validation"),
        (lambda w: (w / "results/summary.json").unlink(), "no results of a cross-validation"),
        (lambda w: (w / "results/predictions.csv").unlink(), "predictions.csv"),
        (lambda w: (w / "shipped/notes.txt").write_text("mine"), "exists and holds other files than config.toml"),
    ],
)
def test_what_cannot_be_shipped_is_one_line_and_what_was_shipped_stays(ship, capsys, spoil, message):
    assert ship() == 0
    before = {name: (ship.work / "shipped" / name).read_bytes() for name in export.SHIPPED_FILES}
    spoil(ship.work)
    capsys.readouterr()
    assert ship() == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert {name: (ship.work / "shipped" / name).read_bytes() for name in export.SHIPPED_FILES} == before


def test_a_network_that_is_too_large_is_not_shipped(ship, capsys, monkeypatch):
    monkeypatch.setattr(export, "MOST_BYTES", 1000)
    assert ship() == 2
    assert "expected weights of up to 1,000 bytes, got " in capsys.readouterr().err
    assert not (ship.work / "shipped").exists()


def test_a_run_is_not_overwritten(ship, capsys):
    assert ship("all") == 2
    assert "holds other files than" in capsys.readouterr().err
    assert run_folder.is_run(ship.work / "all")
