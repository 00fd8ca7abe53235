"""What a network starts from, by the train command on a corpus of a few seconds."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from minser import audio, data, predict, recipes, train
from minser.corpus.dataset import load_dataset
from minser.models import imagenet
from minser.nn.arrays import model_arrays
from minser.runs import first_weights, run_folder
from minser.runs.build import build_trainer
from minser.training import checkpoint

QUICK = [
    "--recipe", "toy", "--epochs", "1", "--set", "model.channels=[4, 8]", "--set", "features.sr=8000",
    "--set", "features.n_mels=16", "--set", "features.n_frames=8", "--set", "features.trim_top_db=0",
]  # fmt: skip


def call(corpus, *more):
    return train.main([*QUICK, "--data", str(corpus), *more])


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_corpus):
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert call(tiny_corpus, "--run", "first") == 0
    return folder


@pytest.fixture
def first(trained, workplace):
    """Return a finished run in the current directory, caches at hand."""
    shutil.copytree(trained, workplace, dirs_exist_ok=True)
    return workplace / "first"


@pytest.mark.slow
def test_a_run_starts_from_a_run_and_keeps_its_frozen_blocks(first, tiny_corpus, capsys):
    assert call(tiny_corpus, "--run", "next", "--set", "model.weights=first", "--set", "model.frozen_blocks=[1]") == 0
    assert "started from first" in capsys.readouterr().out
    before, _ = checkpoint.load(first / "best.safetensors")
    after, _ = checkpoint.load(first.parent / "next" / "best.safetensors")
    assert before.keys() == after.keys()
    for name in before:
        assert np.array_equal(before[name], after[name]) == name.startswith(("conv1", "norm1")), name
    clip = str(next(tiny_corpus.rglob("*.wav")))
    assert predict.main(["--run", "next", clip]) == 0
    assert train.main(["--resume", "--run", "next", "--data", str(tiny_corpus)]) == 0


def load(corpus, **changes):
    recipe = run_folder.read_recipe(Path("first")).replace({name.replace("__", "."): v for name, v in changes.items()})
    dataset = load_dataset(recipe, corpus)
    return model_arrays(build_trainer(recipe, dataset).model)


def test_all_that_fits_is_copied_and_other_dense_layers_are_new(first, tiny_corpus):
    stored, _ = checkpoint.load(first / "best.safetensors")
    whole = load(tiny_corpus, model__weights="first")
    for name, array in stored.items():
        np.testing.assert_array_equal(whole[name], array)
    other_head = load(tiny_corpus, model__weights="first", model__hidden=5)
    np.testing.assert_array_equal(other_head["conv2.weight"], stored["conv2.weight"])
    assert other_head["logits.weight"].shape == (5, 8)


def test_other_classes_get_new_logits(first, tiny_corpus, workplace):
    own = workplace / "own"
    for emotion, name in (("01", "flat"), ("05", "loud"), ("08", "high")):
        (own / name).mkdir(parents=True)
        for clip in tiny_corpus.rglob(f"03-01-{emotion}-*.wav"):
            waveform, sr = audio.load(clip)
            audio.save(own / name / clip.name, waveform[::-1], sr=sr)  # what first was trained on is refused
    arrays = load(own, model__weights="first", data__speaker_pattern="..$")
    stored, _ = checkpoint.load(first / "best.safetensors")
    np.testing.assert_array_equal(arrays["conv1.weight"], stored["conv1.weight"])
    assert not arrays["logits.weight"].any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["model.weights=nowhere"], "expected random or a run folder, got 'nowhere'"),
        (["model.weights=."], "no run folder"),
        (["model.weights=first", "model.channels=[4, 9]"], "conv2.bias of shape (9,), got (8,)"),
        (["model.weights=first", "model.channels=[4, 8, 8]"], "conv3.bias of shape (8,), got nothing"),
        (["model.weights=first", "data.fold=1"], "which luna fold 1 holds out: start from a run on the same parts"),
        (["model.weights=first", "data.split=random_80_10_10"], "first was trained on 03-01-"),
        (["model.network=resnet"], "model.network must be one of cnn, vgg16"),
        (["model.frozen_blocks=[3]"], "model.frozen_blocks must be from 1 to 2, got [3]"),
        (["model.frozen_blocks=[0, 1]"], "got [0]"),
        (["model.network=vgg16", "features.n_mels=32", "features.n_frames=32"], "vgg16-397923af.pth"),
        (
            ["model.network=vgg16", "features.n_mels=32", "features.n_frames=32", "model.weights=vgg16.weights.json"],
            "vgg16.weights.json: expected a file of weights that is known here, got a part of sharded weights",
        ),
    ],
)
def test_bad_weights_are_one_line(first, tiny_corpus, capsys, settings, message):
    Path("vgg16.weights.json").write_text('{"metadata": {}, "weight_map": {}}')
    capsys.readouterr()
    assert call(tiny_corpus, "--run", "next", *[part for text in settings for part in ("--set", text)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@pytest.mark.slow
def test_pictures_from_files_are_the_pictures_that_a_recipe_draws(workplace, tiny_corpus):
    assert data.main(["images", "pictures", "--data", str(tiny_corpus), "--sr", "8000", "--size", "32"]) == 0
    recipe = recipes.read("mel_images").replace(
        {"data.split": "luna", "data.song": False, "features.sr": 8000, "features.image_size": 32}
    )
    drawn, read = (load_dataset(recipe, root) for root in (tiny_corpus, Path("pictures")))
    for a, b in zip(drawn.features, read.features, strict=True):
        np.testing.assert_allclose(a, b, atol=1.01 / 255)  # level is brought to the peak for one, rounding differs


def test_a_file_of_other_shapes_is_refused(monkeypatch, rng):
    model, recipe = pretrained_model(rng), recipes.read("vgg16_transfer").replace({"model.weights": "weights.pth"})
    gray = model_arrays(model) | {"conv1_1.weight": np.ones((3, 3, 1, 64), np.float32)}
    monkeypatch.setattr(imagenet, "read_vgg16", lambda path: gray)
    with pytest.raises(
        ValueError, match=r"weights\.pth: expected conv1_1\.weight of shape \(3, 3, 3, 64\), got \(3, 3, 1"
    ):
        first_weights.load_weights(model, recipe, dataset=None)


@pytest.mark.slow
def test_vgg16_of_a_file_trains_its_last_blocks(workplace, tiny_corpus, monkeypatch):
    rng = np.random.default_rng(0)
    arrays = model_arrays(pretrained_model(rng))
    monkeypatch.setattr(imagenet, "read_vgg16", lambda path: arrays)
    settings = ["data.split=luna", "features.sr=8000", "features.image_size=32", "features.n_frames=32"]
    settings += ["model.weights=weights.pth", "model.frozen_blocks=[1, 2, 3, 4]", "augment.oversample=[]"]
    arguments = ["--recipe", "vgg16_transfer", "--epochs", "1", "--data", str(tiny_corpus)]
    assert train.main(arguments + [part for text in settings for part in ("--set", text)]) == 0
    stored, _ = checkpoint.load(workplace / "runs" / "vgg16_transfer" / "best.safetensors")
    for name, array in arrays.items():
        assert np.array_equal(stored[name], array) != name.startswith("conv5"), name
    (memory,) = (workplace / "data" / "cache").glob("frozen-*")
    assert len(list(memory.rglob("*.npy"))) == 24 * 8 - 5 * 8  # the test part is predicted without it


def pretrained_model(rng):
    """Return layers up to pool5 with the scale of pictures, as `read_vgg16` does."""
    from minser import nn
    from minser.models import vgg16

    return nn.Sequential({"input": vgg16.InputScaling(3), **vgg16.conv_stack(rng=rng).layers})
