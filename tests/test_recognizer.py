import threading

import numpy as np
import pytest

from minser import experiment
from minser.config import read
from minser.corpus.clip import EMOTIONS
from minser.recognizer import Recognizer


@pytest.fixture(scope="module")
def recognizer():
    recipe = read("toy").replace({"model.channels": [4, 8], "features.n_mels": 16})
    model = experiment.build_model(recipe, in_channels=1, n_classes=8)
    weight = model.params["logits.weight"]  # zero in a new network: every answer would be the same
    weight[...] = np.random.default_rng(0).standard_normal(weight.shape)
    return Recognizer(model, recipe, EMOTIONS)


def test_probabilities_of_any_length_level_and_rate(recognizer, rng):
    waveform = rng.standard_normal(22050) * 0.1
    probs = recognizer.predict(waveform, sr=22050)
    assert probs.shape == (8,)
    assert probs.dtype == np.float32
    assert probs.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(recognizer.predict(waveform * 0.01, sr=22050), probs, atol=1e-4)
    for n_samples in (1, 100, 100_000):
        assert np.isfinite(recognizer.predict(np.resize(waveform, n_samples), sr=44100)).all()


@pytest.mark.parametrize(
    "waveform", [np.zeros(0), np.array([np.nan] * 100), np.zeros((2, 100))], ids=["empty", "nan", "stereo"]
)
def test_what_is_no_waveform_is_refused(recognizer, waveform):
    with pytest.raises(ValueError, match="waveform"):
        recognizer.predict(waveform, sr=16000)


def test_threads_get_the_answers_of_one(recognizer, rng):
    waveforms = [rng.standard_normal(8000) for _ in range(8)]
    expected = [recognizer.predict(waveform, sr=16000) for waveform in waveforms]
    got = {}

    def work(i):
        for _ in range(5):
            got[i] = recognizer.predict(waveforms[i], sr=16000)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, probs in enumerate(expected):
        np.testing.assert_array_equal(got[i], probs)
