"""Weights to torch and back, by way of a run trained on a corpus of a few seconds."""

import json
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from minser import export, predict, run_folder, train
from minser.training.trainer import model_arrays

QUICK = [
    "--recipe", "toy", "--epochs", "1", "--set", "model.channels=[4, 8]", "--set", "features.sr=8000",
    "--set", "features.n_mels=16", "--set", "features.n_frames=8", "--set", "features.trim_top_db=0",
    "--set", "model.hidden=5", "--set", "model.pooling=average",
]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny_corpus):
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert train.main([*QUICK, "--data", str(tiny_corpus)]) == 0
    return folder / "runs" / "toy"


def torch_twin(torch):
    layers = OrderedDict()
    for i, (before, after) in enumerate([(1, 4), (4, 8)], 1):
        layers[f"conv{i}"] = torch.nn.Conv2d(before, after, 3, padding=1)
        layers[f"norm{i}"] = torch.nn.BatchNorm2d(after)
        layers[f"relu{i}"] = torch.nn.ReLU()
        layers[f"pool{i}"] = torch.nn.MaxPool2d(2)
    layers["pooling"] = torch.nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = torch.nn.Flatten()
    layers["hidden"], layers["relu"] = torch.nn.Linear(8, 5), torch.nn.ReLU()
    layers["logits"] = torch.nn.Linear(5, 8)
    return torch.nn.Sequential(layers).eval()


def test_torch_loads_every_array_and_gives_the_same_logits(run, tmp_path, rng):
    torch = pytest.importorskip("torch")
    assert export.main(["--run", str(run), str(tmp_path / "out.safetensors")]) == 0
    state = {name: torch.tensor(array) for name, array in load_file(tmp_path / "out.safetensors").items()}
    twin = torch_twin(torch)
    twin.load_state_dict(state, strict=True)
    model, _, _ = run_folder.load_model(run, run_folder.read_recipe(run))
    x = rng.standard_normal((3, 16, 8, 1)).astype(np.float32)
    with torch.no_grad():
        expected = twin(torch.tensor(x.transpose(0, 3, 1, 2).copy())).numpy()
    # float32: sums of at most 36 products in another order, values around 1
    np.testing.assert_allclose(model.forward(x), expected, rtol=1e-5, atol=1e-6)


def test_the_way_back_gives_the_same_network(run, tmp_path, tiny_corpus, capsys):
    file, new = tmp_path / "out.safetensors", tmp_path / "new"
    assert export.main(["--run", str(run), str(file)]) == 0
    assert export.main(["--run", str(run), str(file), "--import-to", str(new)]) == 0
    assert (new / "best.safetensors").read_bytes() == (run / "best.safetensors").read_bytes()
    clip = str(next(tiny_corpus.rglob("*.wav")))
    capsys.readouterr()
    assert predict.main(["--run", str(new), "--json", clip]) == 0
    assert json.loads(capsys.readouterr().out)[0]["file"] == clip


def test_changed_weights_come_back_changed(run, tmp_path):
    file = tmp_path / "out.safetensors"
    export.export_weights(run, file)
    state = load_file(file)
    state["logits.bias"][:] = np.arange(8)
    save_file(state, file)
    export.import_weights(file, like=run, run=tmp_path / "new")
    model, _, _ = run_folder.load_model(tmp_path / "new", run_folder.read_recipe(run))
    np.testing.assert_array_equal(model_arrays(model)["logits.bias"], np.arange(8))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("conv1.weight"), "'conv1.weight' is only on one side"),
        (lambda state: state.update(more=np.zeros(2, np.float32)), "is only on one side"),
        (lambda state: state.update({"logits.bias": np.zeros(7, np.float32)}), "'logits.bias' has shape (7,)"),
        (lambda state: state["logits.bias"].fill(np.nan), "logits.bias has values that are not finite"),
    ],
)
def test_what_is_no_state_dict_of_this_network_is_one_line(run, tmp_path, capsys, change, message):
    file = tmp_path / "out.safetensors"
    export.export_weights(run, file)
    state = load_file(file)
    change(state)
    save_file(state, file)
    assert export.main(["--run", str(run), str(file), "--import-to", str(tmp_path / "new")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "out.safetensors" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_other_files_and_folders_are_refused(run, tmp_path, capsys):
    text = tmp_path / "text.safetensors"
    text.write_text("no weights at all")
    for arguments, message in (
        ([str(text), "--import-to", str(tmp_path / "new")], "not a whole safetensors file"),
        ([str(tmp_path / "nowhere"), "--import-to", str(tmp_path / "new")], "no such file"),
        ([str(text), "--import-to", str(run)], "exists: name a new folder"),
        ([str(tmp_path / "no" / "folder")], "No such file"),
    ):
        assert export.main(["--run", str(run), *arguments]) == 2
        assert message in capsys.readouterr().err
    assert export.main(["--run", str(Path(tmp_path, "nowhere")), str(text)]) == 2
    assert "no run folder" in capsys.readouterr().err
