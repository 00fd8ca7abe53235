"""A trained network that names the emotion of a voice: ``Recognizer.load(run).predict(waveform, sr=sr)``.

Comes in: a run folder, then waveforms or sound files. Goes out: a probability for each emotion. Called by
``predict``, and the Python interface of minser.
"""

import os
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minser import audio, experiment, nn, run_folder
from minser.config import Recipe
from minser.corpus.clip import EMOTIONS


class Recognizer:
    """A network with the recipe that it was trained by; make one with `load`.

    Safe to call from several threads: numba's loops take one caller at a time, so inference holds a lock.

    Attributes
    ----------
    emotions : tuple of str
        Names of the classes, in the order of the probabilities.
    """

    emotions = EMOTIONS

    def __init__(self, model: nn.Layer, recipe: Recipe) -> None:
        self._model, self._recipe = model, recipe
        self._lock = threading.Lock()

    @classmethod
    def load(cls, run: str | os.PathLike[str]) -> "Recognizer":
        """Return the best network of a run folder.

        Raises
        ------
        FileNotFoundError
            If the folder is no run, or has no weights yet.
        ValueError
            If its files are damaged.
        """
        recipe = run_folder.read_recipe(Path(run))
        model, _ = run_folder.load_model(Path(run), recipe)
        return cls(model, recipe)

    def predict(self, waveform: NDArray[np.floating], *, sr: int) -> NDArray[np.float32]:
        """Return the probability of each emotion, (n_classes,), in the order of `emotions`.

        Parameters
        ----------
        waveform : ndarray of float, shape (n_samples,)
            One voice; its level does not matter.
        sr : int
            Sample rate in Hz.

        Raises
        ------
        ValueError
            If the waveform is empty, not one-dimensional, or not finite.
        """
        settings = self._recipe.features
        audio.check_waveform(waveform)
        resampled = audio.resample(waveform, orig_sr=sr, target_sr=settings.sr)
        feature = experiment.FEATURES[settings.kind](resampled, settings)
        x = experiment.fit(feature, settings)[np.newaxis, :, :, np.newaxis]  # (1, n_bins, n_frames, 1)
        with self._lock:
            logits = self._model.forward(x)
        return np.asarray(np.exp(nn.log_softmax(logits))[0], dtype=np.float32)

    def predict_file(self, path: str | os.PathLike[str]) -> NDArray[np.float32]:
        """Return the probability of each emotion in a sound file.

        Raises
        ------
        OSError, ValueError
            If the file cannot be read; the message names it.
        """
        waveform, sr = audio.load(path)
        return self.predict(waveform, sr=sr)
