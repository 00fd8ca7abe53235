"""Features in ONNX are minser's own, also of sounds that are hardly any."""

import numpy as np
import pytest

from minser.corpus import batches
from minser.features import extract
from minser.features.onnx_features import add_features
from minser.recipes import Features
from minser.system.onnx_graph import Graph
from tests.trained import speak

SR = 16000
SMALL = Features(sr=SR, n_fft=512, hop_length=200, n_mels=32, n_frames=40, image_size=24)


def change(**changes):
    return Features(**{**vars(SMALL), **changes})


SETTINGS = {
    "log-mel": SMALL,
    "trimmed, from the middle": change(trim_top_db=30.0, random_crop=True, fmax=6000.0, top_db=50.0),
    "trimmed, of one length": change(trim_top_db=25.0, clip_s=0.4),
    "slopes of slopes": change(channels=("log_mel", "delta_log_mel", "delta_delta_log_mel"), trim_top_db=30.0),
    "one under the other": change(channels=("mfcc + chroma", "delta_log_mel"), n_mels=25),
    **{part: change(channels=(part,), n_fft=2048) for part in extract.PARTS},
    "odd frames": change(n_fft=501, hop_length=333),
    "gray": change(channels=("image",), n_frames=24),
    "colours, cut and filled": change(channels=("image",), colour_map="magma", n_frames=30, trim_top_db=30.0),
    "colours, cut": change(channels=("image",), colour_map="viridis", n_frames=11, random_crop=True),
}


def sounds():
    rng = np.random.default_rng(0)
    voice = speak(1.5)
    return {
        "a voice": voice,
        "short": voice[3000:4000],
        "shorter than a frame": voice[3000:3100],
        "one sample": np.array([0.5], np.float32),
        "silence": np.zeros(5000, np.float32),
        "a constant": np.full(5000, 0.3, np.float32),
        "noise between silence": np.pad(rng.standard_normal(3000), (7000, 9000)).astype(np.float32),
        "to its last sample": np.pad(rng.standard_normal(3000), (7000, 0)).astype(np.float32),
        "loud, off the middle": 1000 * voice + np.float32(500),
        "a tone": np.sin(2 * np.pi * 440 * np.arange(8000) / SR).astype(np.float32),
    }


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_they_are_minser_s(settings, monkeypatch):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    op = Graph()
    op("Reshape", add_features(op, "waveform", settings), [-1])
    content = op.to_bytes(source="waveform", result="seen", n_results=None, metadata={}, about="")
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    prepare = extract.prepare
    # Of the same waveform, but in float64 as they are in ONNX.
    monkeypatch.setattr(extract, "prepare", lambda w, s: (prepare(w, s)[0].astype(np.float64), 0))
    for name, waveform in sounds().items():
        seen = batches.stack([batches.fit(extract.network_input(waveform, settings), settings)])[0]
        (got,) = session.run(None, {"waveform": waveform})
        expected = seen.transpose(2, 0, 1).reshape(-1)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5, err_msg=name)
