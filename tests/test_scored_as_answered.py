"""A recording has one answer, whoever asks: training, evaluate, predict, explain, the page.

But for the last bits: a matrix product of many clips may add in another order than that of one.
"""

import json

import numpy as np
import pytest
import soundfile

from minser import audio, evaluate, explain, predict
from minser.corpus.dataset import load_dataset
from minser.evaluation.predictions import Predictions
from minser.features.pieces import WHOLE_S
from minser.recognizer import Recognizer
from minser.runs import run_folder
from minser.runs.build import predict_clips
from minser.training.history import from_csv

from .trained import speak, train_toy

SR = 16000
EPSILON = 1e-6
PAUSE = np.zeros(3 * SR, np.float32)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Make two labels of four recordings: short, long, with pauses and silent ends, of opposed channels."""
    root = tmp_path_factory.mktemp("own")
    for label in ("low", "high"):
        (root / label).mkdir()
        loud = 0.2 if label == "low" else 1.0
        for take, pieces in enumerate(
            [
                [speak(14, seed=1)],
                [speak(5, seed=2), PAUSE, PAUSE, speak(5, seed=3)],
                [PAUSE, speak(6, seed=4), PAUSE],
                [speak(2, seed=5)],
                [speak(6, seed=6), PAUSE],
                [speak(WHOLE_S, seed=7)],
                [PAUSE, PAUSE, PAUSE],
            ]
        ):
            audio.save(root / label / f"{take}.wav", loud * np.concatenate(pieces), sr=SR)
        both = np.stack([speak(9, seed=8), -speak(9, seed=8)], axis=1)
        soundfile.write(root / label / "opposed.wav", loud * both, SR, subtype="FLOAT")
    return root


@pytest.fixture(scope="module")
def run(tmp_path_factory, corpus):
    return train_toy(tmp_path_factory.mktemp("runs"), corpus, "--epochs", "2", "--batch-size", "4")


def answers(run, corpus, files):
    """Return what `Recognizer` says of each file, (n_files, n_classes)."""
    listener = Recognizer.load(run)
    return np.array([listener.answer_file(corpus / f"{file}.wav").probs for file in files])


def test_evaluation_scores_what_predict_says(run, corpus, monkeypatch):
    table = Predictions.read(run / "predictions.csv")
    np.testing.assert_allclose(table.probs, answers(run, corpus, table.files), rtol=0, atol=EPSILON)
    monkeypatch.chdir(run)  # from any folder
    assert evaluate.main(["--run", "."]) == 0
    np.testing.assert_allclose(Predictions.read(run / "predictions.csv").probs, table.probs, rtol=0, atol=EPSILON)


def test_validation_counts_what_predict_says(run, corpus):
    recipe = run_folder.read_recipe(run)
    dataset = load_dataset(recipe, corpus)
    epoch = run_folder.load_model(run, recipe).epoch
    history = from_csv((run / "history.csv").read_text())
    val = dataset.split.val
    probs = answers(run, corpus, [dataset.clips[i].name for i in val])
    assert history["val_accuracy"][epoch - 1] == (probs.argmax(axis=1) == dataset.labels[val]).mean()


@pytest.mark.slow
def test_all_clips_are_answered_alike_by_all(run, corpus, tmp_path, monkeypatch, capsys):
    recipe = run_folder.read_recipe(run)
    dataset = load_dataset(recipe, corpus)
    everything = np.arange(len(dataset.clips))
    table = predict_clips(recipe, dataset, run_folder.load_model(run, recipe).model, everything)
    np.testing.assert_allclose(table.probs, answers(run, corpus, table.files), rtol=0, atol=EPSILON)
    monkeypatch.chdir(tmp_path)
    files = [str(corpus / f"{name}.wav") for name in table.files]
    assert predict.main(["--run", str(run), "--json", *files]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [row["emotion"] for row in printed] == [table.names[label] for label in table.y_pred]
    for file, probs in list(zip(files, table.probs, strict=True))[:2]:
        assert explain.main(["--run", str(run), "--out", "why.png", file]) == 0
        said = f"{table.names[probs.argmax()]} {100 * probs.max():.1f} %"
        assert said in capsys.readouterr().out
    waveform, sr = audio.load(files[0])
    np.testing.assert_allclose(Recognizer.load(run).predict(waveform, sr=sr), table.probs[0], rtol=0, atol=EPSILON)


def test_a_long_clip_is_not_its_middle(run, corpus):
    """What the test above would not see: that a network is asked about all of a long clip."""
    recipe = run_folder.read_recipe(run)
    dataset = load_dataset(recipe, corpus)
    n_pieces = {clip.name: len(dataset.pieces(i, recipe.features)) for i, clip in enumerate(dataset.clips)}
    assert n_pieces["high/0"] == 11
    assert n_pieces["high/3"] == n_pieces["high/4"] == n_pieces["high/5"] == 1
    assert n_pieces["high/1"] == 13 - 3  # windows of 4 s that lie in the pause of 6 s
    assert n_pieces["high/6"] == 6  # silence is asked about as a whole
