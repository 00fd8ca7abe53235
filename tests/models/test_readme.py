"""What the README says to other programs works: its lines are run as they stand."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from minser import audio, export, models, recipes
from minser.corpus import batches
from minser.corpus.clip import EMOTIONS
from minser.features import extract
from minser.recognizer import SHIPPED, Recognizer
from minser.runs import run_folder
from tests.trained import make_run, speak

README = (Path(models.__file__).parent / "README.md").read_text(encoding="utf-8")
ONNX, KERAS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
FLATTEN = re.search(r"`(layers\.Flatten\(\).*?)`", README)[1]
POOLING = re.search(r"x = ops\.mean\(.*?(?=x = layers\.Dense)", KERAS, re.DOTALL)[0]


def test_the_lines_for_onnx_answer_as_minser(tmp_path, monkeypatch, capsys):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    monkeypatch.chdir(tmp_path)
    assert export.main(["--run", "shipped", "minser.onnx"]) == 0
    waveform, sr = speak(2.0, sr=22050), 22050
    audio.save("voice.wav", waveform, sr=sr)
    capsys.readouterr()
    exec(ONNX, {})
    told = json.loads(capsys.readouterr().out.replace("'", '"'))
    assert list(told) == list(EMOTIONS)
    expected = Recognizer.load().predict(audio.load("voice.wav", sr=sr)[0], sr=sr)
    np.testing.assert_allclose(list(told.values()), expected, rtol=0, atol=1e-5)


@pytest.fixture
def keras_logits(tmp_path, monkeypatch):
    """Return a function that runs lines for Keras beside ``minser.safetensors`` and returns the network's logits."""
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    pytest.importorskip("torch")
    pytest.importorskip("keras")
    monkeypatch.chdir(tmp_path)

    def run(lines, x):
        names = {}
        exec(lines, names)
        return names["model"](x).detach().numpy()  # of torch: Keras's own conversion warns

    return run


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["mean_max", "flatten"])
def test_the_lines_for_keras_give_minser_s_logits(pooling, tmp_path, keras_logits):
    run, lines = SHIPPED, KERAS
    if pooling == "flatten":
        recipe = recipes.read("minser").replace({"model.pooling": "flatten"})
        run, lines = make_run(tmp_path / "run", recipe, in_channels=2), KERAS.replace(POOLING, f"x = {FLATTEN}\n")
    assert export.main(["--run", str(run), "minser.safetensors"]) == 0
    recipe = run_folder.read_recipe(run)
    settings = recipe.features
    waveforms = [speak(seconds, sr=settings.sr) for seconds in (1.0, 2.0, 4.0)]
    x = batches.stack(batches.fit(extract.network_input(waveform, settings), settings) for waveform in waveforms)
    expected = run_folder.load_model(run, recipe).model.predict(x)
    # float32: five convolutions in another order
    np.testing.assert_allclose(keras_logits(lines, x), expected, rtol=0, atol=2e-5 * np.abs(expected).max())
    other = keras_logits(lines.replace("epsilon=1e-5, ", ""), x)
    assert np.abs(other - expected).max() > 1e-3 * np.abs(expected).max()
