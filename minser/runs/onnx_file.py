"""A run's best network with the features before it as one ONNX file: from a waveform to probabilities.

Comes in: a run folder. Goes out: the file's bytes. What the file cannot do, its ``doc_string`` says.
"""

import json
from pathlib import Path

import numpy as np

from minser.features.onnx_features import add_features
from minser.features.pieces import HOP_S, WHOLE_S, WINDOW_S
from minser.models.onnx_layers import add_network
from minser.runs import run_folder
from minser.system.onnx_graph import Graph

WAVEFORM, PROBABILITIES = "waveform", "probabilities"
"""Names of the graph's input, float32 (n_samples,), and output, float32 (n_classes,)."""

_ABOUT = f"""The emotion of a voice, by minser.

{WAVEFORM}: one recording, mono, {{sr}} Hz, finite, up to {WHOLE_S:g} s. Its level and a constant in it do not matter.
{PROBABILITIES}: of the classes that the metadata list, calibrated where minser's are.

Before you call it, bring other sample rates to {{sr}} Hz, and take the mean of several channels. Of a longer recording,
cut off the silence at its ends. If more than {WHOLE_S:g} s are left, cut windows of {WINDOW_S:g} s that begin every
{HOP_S:g} s, the last one at the recording's end. The answer is the mean of the probabilities of those with speech.
"""


def to_onnx(run: Path) -> bytes:
    """Return a run's best network and its features as an ONNX file; the same run, the same bytes.

    Raises
    ------
    OSError, ValueError
        If there is no such network, or the package ``onnx`` is not installed.
    """
    recipe = run_folder.read_recipe(run)
    model, _, names, temperature = run_folder.load_model(run, recipe)
    op = Graph()
    logits = add_network(op, add_features(op, WAVEFORM, recipe.features), model)
    op("Squeeze", op("Softmax", op("Div", logits, np.float32(temperature))), [0])
    elsewhere = ("model.weights", "data.speakers_csv")  # paths of a machine
    settings = recipe.settings()
    recipe = recipe.replace({name: Path(settings[name]).name for name in elsewhere})
    metadata = {
        "classes": json.dumps(names, ensure_ascii=False),
        "recipe": recipe.to_toml(),
        "sample_rate": str(recipe.features.sr),
    }
    about = _ABOUT.format(sr=recipe.features.sr)
    return op.to_bytes(source=WAVEFORM, result=PROBABILITIES, n_results=len(names), metadata=metadata, about=about)
