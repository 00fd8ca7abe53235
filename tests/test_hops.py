"""How many files a reader enters who follows one call with a debugger."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import numpy as np
import pytest

import minser
from minser import audio, nn, recipes
from minser.recognizer import Recognizer
from minser.runs.build import build_model

from .trained import speak

ROOT = Path(minser.__file__).parent


def entered(call: Callable[[], object]) -> dict[str, list[str]]:
    """Return the files of minser whose functions run in a call, with the functions.

    The call is made once before: what is computed or compiled only once does not count.
    """
    call()
    found: dict[str, set[str]] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.is_relative_to(ROOT):
            found.setdefault(str(file.relative_to(ROOT)), set()).add(frame.f_code.co_name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    return {file: sorted(names) for file, names in found.items()}


def told(files: dict[str, list[str]]) -> str:
    """Return the files, a line each."""
    return "\n".join(f"{file}: {', '.join(names)}" for file, names in files.items())


@pytest.fixture(scope="module")
def listener() -> Recognizer:
    """The recipe of the network that comes with minser, with the weights that training would start from."""
    recipe = recipes.read("minser")
    n_channels = len(recipe.features.channels)
    return Recognizer(build_model(recipe, in_channels=n_channels, n_classes=8), recipe, tuple("abcdefgh"))


def test_a_reader_goes_from_a_sound_file_to_the_answer_through_twenty_files(listener, tmp_path):
    """A file of another rate than the network's leads through two more: `audio.resampling` and its kernel."""
    sr = listener._recipe.features.sr
    audio.save(tmp_path / "voice.wav", speak(2, sr=sr), sr=sr)

    def predict() -> None:
        waveform, sr = audio.load(tmp_path / "voice.wav")
        listener.predict(waveform, sr=sr)

    files = entered(predict)
    assert {"audio/io.py", "features/mel.py", "nn/sequential.py"} <= files.keys()  # what is noted at all
    assert len(files) <= 20, told(files)


def test_a_reader_goes_through_a_training_step_in_fifteen_files():
    recipe = recipes.read("trimmed_logmel")
    model = build_model(recipe, in_channels=1, n_classes=8)
    loss, optimizer = nn.SoftmaxCrossEntropy(), nn.Adam(model.params)
    size = (recipe.features.n_mels, recipe.features.n_frames)
    x = np.random.default_rng(0).standard_normal((2, *size, 1), dtype=np.float32)

    def step() -> None:
        logits = model.forward(x, training=True, rng=np.random.default_rng(1))
        loss.forward(logits, np.array([0, 1]))
        model.backward(loss.backward(), need_input=False)
        optimizer.step(model.grads)

    files = entered(step)
    assert {"nn/sequential.py", "nn/loss.py", "nn/optim.py"} <= files.keys()
    assert len(files) <= 15, told(files)
