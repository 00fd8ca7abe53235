"""A trained network that names the emotion of a voice: ``Recognizer.load(run).predict(waveform, sr=sr)``.

Comes in: a run folder, then waveforms or sound files. Goes out: a probability for each emotion. Called by
``predict``, and the Python interface of minser.
"""

import os
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minser import audio, nn, run_folder, samples
from minser.config import Recipe
from minser.corpus import images
from minser.features import extract, image_file


class Recognizer:
    """A network with the recipe that it was trained by; make one with `load`.

    Safe to call from several threads: numba's loops take one caller at a time, so inference holds a lock.

    Attributes
    ----------
    emotions : tuple of str
        Names of the classes, in the order of the probabilities.
    """

    def __init__(self, model: nn.Layer, recipe: Recipe, emotions: tuple[str, ...]) -> None:
        self._model, self._recipe, self.emotions = model, recipe, emotions
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
        model, _, emotions = run_folder.load_model(Path(run), recipe)
        return cls(model, recipe, emotions)

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
        return self._probabilities(extract.network_input(resampled, settings))

    def predict_file(self, path: str | os.PathLike[str]) -> NDArray[np.float32]:
        """Return the probability of each emotion in a sound file, or in a spectrogram image if it learned from such.

        Raises
        ------
        OSError, ValueError
            If the file cannot be read; the message names it.
        """
        if Path(path).suffix.lower() in image_file.FORMATS:
            if self._recipe.features.channels != (extract.IMAGE,):
                raise ValueError(f"{str(path)!r} is an image, and this network learned from sound")
            return self._probabilities(images.read_feature(Path(path)))
        waveform, sr = audio.load(path)
        return self.predict(waveform, sr=sr)

    def _probabilities(self, feature: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the softmax of the network's answer to one feature."""
        x = samples.fit(feature, self._recipe.features)
        x = x[np.newaxis, ..., np.newaxis] if x.ndim == 2 else x[np.newaxis]  # (1, n_bins, n_frames, channels)
        with self._lock:
            logits = self._model.forward(x)
        return np.asarray(np.exp(nn.log_softmax(logits))[0], dtype=np.float32)
