"""ONNX files answer as minser does, from the waveform on, in onnxruntime."""

import json
import sys

import numpy as np
import pytest

from minser import audio, export, recipes
from minser.corpus.clip import EMOTIONS
from minser.features import extract
from minser.recognizer import SHIPPED, Recognizer
from minser.runs.onnx_file import to_onnx
from tests.exported import NETWORKS, draw_run
from tests.trained import make_run, speak

LARGE = [pytest.param(which, marks=pytest.mark.slow) for which in NETWORKS if "toy" not in which]
SMALL = [which for which in NETWORKS if "toy" in which]


@pytest.fixture
def runtime():
    pytest.importorskip("onnx")
    return pytest.importorskip("onnxruntime")


def open_onnx(runtime, content):
    """Return what answers a waveform, and the file's metadata."""
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return lambda waveform: session.run(["probabilities"], {"waveform": waveform})[0], session.get_modelmeta()


def use_float64(monkeypatch):
    """Let minser transform the same waveform in float64, as the files do."""
    prepare = extract.prepare

    def prepare_float64(waveform, settings):
        prepared, start = prepare(waveform, settings)
        return prepared.astype(np.float64), start

    monkeypatch.setattr(extract, "prepare", prepare_float64)


@pytest.mark.parametrize("which", SMALL + LARGE)
def test_every_network_answers_the_same_from_the_waveform_on(which, runtime, tmp_path, monkeypatch):
    draw_run(tmp_path / "run", which)
    assert export.main(["--run", str(tmp_path / "run"), str(tmp_path / "out.onnx")]) == 0
    answer, metadata = open_onnx(runtime, (tmp_path / "out.onnx").read_bytes())
    recognizer, sr = Recognizer.load(tmp_path / "run"), int(metadata.custom_metadata_map["sample_rate"])
    # A whole clip, part of one, and more than the network sees, with silence around and a constant below.
    waveforms = [speak(seconds, sr=sr, seed=seed) for seed, seconds in enumerate((2.5, 0.3, 6.5))]
    waveforms[2] = np.pad(waveforms[2][: 5 * sr], sr) * np.float32(0.01) + np.float32(0.1)
    answers = [answer(waveform) for waveform in waveforms]
    # minser rounds to float32. The weakest bins of a spectrum, which contrast asks for, are mostly rounding; and one
    # pixel in 100,000 is drawn a level off.
    channels = " ".join(recipes.read(NETWORKS[which][0]).features.channels)
    close = 1e-4 if "contrast" in channels or extract.IMAGE in channels else 1e-5
    for got, waveform in zip(answers, waveforms, strict=True):
        np.testing.assert_allclose(got, recognizer.predict(waveform, sr=sr), rtol=0, atol=close)
    use_float64(monkeypatch)
    for got, waveform in zip(answers, waveforms, strict=True):
        np.testing.assert_allclose(got, recognizer.predict(waveform, sr=sr), rtol=0, atol=1e-5)


@pytest.mark.slow
def test_the_shipped_network_answers_the_same_on_real_speech(runtime, ravdess):
    answer, metadata = open_onnx(runtime, to_onnx(SHIPPED))
    recognizer, sr = Recognizer.load(), int(metadata.custom_metadata_map["sample_rate"])
    clips = sorted(file for file in ravdess.rglob("03-01-*") if file.suffix in (".wav", ".flac"))
    for clip in clips[::100]:
        waveform, _ = audio.load(clip, sr=sr)
        np.testing.assert_allclose(answer(waveform), recognizer.predict(waveform, sr=sr), rtol=0, atol=1e-5)


def test_the_file_says_what_it_is(runtime, tmp_path):
    recipe = recipes.read("toy").replace({"model.weights": "/home/anna/runs/first", "data.speakers_csv": "/home/x.csv"})
    content = to_onnx(make_run(tmp_path / "run", recipe, temperature=2.0))
    answer, metadata = open_onnx(runtime, content)
    told = metadata.custom_metadata_map
    assert (json.loads(told["classes"]), told["sample_rate"]) == (list(EMOTIONS), "16000")
    (tmp_path / "told.toml").write_text(told["recipe"])
    assert recipes.read(str(tmp_path / "told.toml")) == recipe.replace(
        {"model.weights": "first", "data.speakers_csv": "x.csv"}
    )
    assert "/home" not in content.decode("latin-1")
    assert "mono, 16000 Hz, finite, up to 7 s" in metadata.description
    assert "windows of 4 s that begin every\n1 s" in metadata.description
    assert to_onnx(tmp_path / "run") == content
    waveform = speak(2.0)
    expected = Recognizer.load(tmp_path / "run").predict(waveform, sr=16000)  # calibrated
    np.testing.assert_allclose(answer(waveform), expected, rtol=0, atol=1e-5)


def test_without_the_package_it_is_one_line(tmp_path, monkeypatch, capsys):
    make_run(tmp_path / "run")
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert export.main(["--run", str(tmp_path / "run"), str(tmp_path / "out.onnx")]) == 2
    assert capsys.readouterr().err == (
        "minser export: writing ONNX needs the package onnx: pip install 'minser[onnx]'\n"
    )
