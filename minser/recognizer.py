"""A trained network that names the emotion of a voice: ``Recognizer.load(run).predict(waveform, sr=sr)``.

Comes in: a run folder, or the model that is shipped with minser; then waveforms or sound files. Goes out: a probability
for each emotion, over time too, what speaks against trusting it, and why.

A recording is heard in pieces (`features.pieces`), one if it is as short as a clip of RAVDESS. The answer is the mean
over those in which somebody speaks (`training.prediction`), here as where a network is evaluated.
"""

import os
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from minser import audio, nn
from minser.audio.io import opposed_channel, read_blocks
from minser.corpus import batches, images
from minser.corpus.spelling import composed
from minser.explanation.mel_maps import MAPS, Evidence, find_evidence
from minser.features import extract, image_file, pieces
from minser.features.pieces import HOP_S, WINDOW_S, Piece
from minser.recipes import Recipe
from minser.runs import run_folder
from minser.training.prediction import pool

SHIPPED = Path(__file__).with_name("pretrained")
"""Where a model lies that comes with minser: ``config.toml`` and ``best.safetensors``, as in a run folder."""

SURE = 0.5
"""A likeliest emotion below this probability is more likely wrong than right."""

Array = NDArray[np.floating]

_BATCH = 8  # pieces answered at once: memory stays the same, however long the recording is
_LOCK = threading.Lock()  # numba's loops take one caller at a time, whichever network calls


@dataclass(frozen=True, eq=False)
class Answer:
    """What a network hears in a recording.

    Attributes
    ----------
    emotions : tuple of str
        Names of the classes.
    probs : ndarray of float32, shape (n_classes,)
        Probability of each: of a long recording the mean over its windows with speech.
    notes : tuple of str
        What speaks against trusting it, a line each.
    times_s : ndarray of float, shape (n_windows, 2)
        Start and end of each window in seconds; a short recording is one window. Empty for a picture.
    course : ndarray of float32, shape (n_windows, n_classes)
        Probabilities in each window.
    is_speech : ndarray of bool, shape (n_windows,)
        Whether somebody seems to speak in it.
    """

    emotions: tuple[str, ...]
    probs: NDArray[np.float32]
    notes: tuple[str, ...]
    times_s: NDArray[np.float64]
    course: NDArray[np.float32]
    is_speech: NDArray[np.bool_]

    @property
    def emotion(self) -> str:
        """The likeliest emotion."""
        return self.emotions[int(self.probs.argmax())]


class Recognizer:
    """A network with the recipe that it was trained by; make one with `load`.

    Safe to call from several threads: they take turns.

    Attributes
    ----------
    emotions : tuple of str
        Names of the classes, in the order of the probabilities.
    """

    def __init__(
        self, model: nn.Sequential, recipe: Recipe, emotions: tuple[str, ...], *, temperature: float = 1.0
    ) -> None:
        self._model, self._recipe, self.emotions, self._temperature = model, recipe, emotions, temperature
        model.prepare()

    @classmethod
    def load(cls, run: str | os.PathLike[str] | None = None) -> "Recognizer":
        """Return the best network of a run folder, or the one that is shipped with minser.

        Its probabilities are calibrated by the temperature that is stored with the weights (Guo et al. 2017); without
        one they are the softmax as it is.

        Raises
        ------
        FileNotFoundError
            If the folder is no run, or has no weights yet.
        ValueError
            If its files are damaged.
        """
        folder = SHIPPED if run is None else Path(run)
        recipe = run_folder.read_recipe(folder)
        model, _, emotions, temperature = run_folder.load_model(folder, recipe)
        return cls(model, recipe, emotions, temperature=temperature)

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
        TypeError, ValueError
            If the waveform is empty, not one-dimensional, or not finite, or `sr` is no positive integer.
        """
        piece, *more = pieces.cut(_reader(waveform, sr))
        if more:
            return self.answer(waveform, sr=sr).probs
        settings = self._recipe.features
        return _softmax(self._logits([extract.network_input(piece.at(settings.sr), settings)])).reshape(-1)

    def answer(
        self, waveform: NDArray[np.floating], *, sr: int, window_s: float = WINDOW_S, hop_s: float = HOP_S
    ) -> Answer:
        """Return the probabilities with their course over time and notes; see `answer_file` and `predict`."""
        return self._answer(pieces.cut(_reader(waveform, sr), window_s=window_s, hop_s=hop_s))

    def answer_file(
        self, source: str | os.PathLike[str] | BinaryIO, *, window_s: float = WINDOW_S, hop_s: float = HOP_S
    ) -> Answer:
        """Listen to a sound file of any length; or look at a spectrogram image, if the network learned from such.

        Parameters
        ----------
        source : path or binary file
            As for `audio.io.read_blocks`.
        window_s, hop_s : float
            Length of a window, and step from one to the next, in seconds; see `features.pieces`.

        Raises
        ------
        OSError, ValueError
            If the file cannot be read; the message names it.
        """
        if isinstance(source, str | os.PathLike) and Path(source).suffix.lower() in image_file.FORMATS:
            if self._recipe.features.channels != (extract.IMAGE,):
                raise ValueError(f"{str(source)!r} is an image, and this network learned from sound")
            probs = _softmax(self._logits([images.read_feature(Path(source))]))
            return Answer(self.emotions, probs[0], _doubts(probs[0]), np.empty((0, 2)), probs, np.array([True]))
        channel = opposed_channel(source)
        notes = [] if channel is None else [f"channels cancel each other: only number {channel + 1} was heard"]
        cut = pieces.cut(partial(read_blocks, source, channel=channel), window_s=window_s, hop_s=hop_s)
        return self._answer(cut, notes)

    def explain(self, waveform: NDArray[np.floating], *, sr: int, emotion: str, maps: Sequence[str] = MAPS) -> Evidence:
        """Return which cells of the mel spectrogram count for an emotion.

        Parameters
        ----------
        waveform : ndarray of float, shape (n_samples,)
            One voice. Of a long recording that window is explained in which the emotion is likeliest.
        sr : int
            Sample rate in Hz.
        emotion : str
            One of `emotions`.
        maps : sequence of str
            Which of `evidence.MAPS`.

        Raises
        ------
        TypeError, ValueError
            If the waveform is not one (`predict`), the network does not know the emotion, or there is no such map.
        """
        emotion = composed(emotion)
        if emotion not in self.emotions:
            raise ValueError(f"emotion: expected one of {', '.join(self.emotions)}, got {emotion!r}")
        target = self.emotions.index(emotion)
        answer = self.answer(waveform, sr=sr)
        best = int(np.where(answer.is_speech, answer.course[:, target], -1.0).argmax())
        piece = next(islice(pieces.cut(_reader(waveform, sr)), best, None))
        sound = piece.at(self._recipe.features.sr)
        model = nn.Sequential(self._model.layers)  # all of it: where blocks are frozen, training stops its backward
        with _LOCK:
            return find_evidence(model, self._recipe.features, sound, target, start_s=piece.start_s, maps=maps)

    def _answer(self, cut: Iterator[Piece], notes: Sequence[str] = ()) -> Answer:
        """Return the answer to a recording that comes in pieces."""
        settings = self._recipe.features
        times_s, outputs = [], []
        faults: list[list[str]] = []
        while some := list(islice(cut, _BATCH)):
            times_s += [(piece.start_s, piece.start_s + len(piece.waveform) / piece.sr) for piece in some]
            features, found = zip(*(pieces.see(piece, settings) for piece in some), strict=True)
            faults += found
            outputs.append(self._logits(features))
        logits, is_speech = np.concatenate(outputs), pieces.speaks(faults)
        (probs,) = _softmax(pool(logits[pieces.counting(is_speech)]))
        notes = (*notes, *(faults[0] if len(faults) == 1 else _summary(faults, is_speech)), *_doubts(probs))
        return Answer(self.emotions, probs, notes, np.array(times_s), _softmax(logits), is_speech)

    def _logits(self, features: Sequence[NDArray[np.float32]]) -> Array:
        """Return the calibrated logits for some features, (batch, n_classes)."""
        settings = self._recipe.features
        batch = batches.stack(batches.fit(feature, settings) for feature in features)
        with _LOCK:
            logits: Array = self._model.predict(batch) / self._temperature
        return logits


def _softmax(logits: Array) -> NDArray[np.float32]:
    """Return probabilities, (batch, n_classes)."""
    return np.asarray(np.exp(nn.log_softmax(logits)), dtype=np.float32)


def _reader(waveform: Array, sr: int) -> pieces.Read:
    """Return what reads a waveform as if it were a file, or refuse what is none."""
    audio.check_waveform(waveform)
    audio.check_positive(sr=sr)
    if waveform.ndim != 1:
        raise ValueError(f"waveform: expected one clip of shape (n_samples,), got shape {waveform.shape}")
    return lambda: [(waveform, int(sr))]  # NumPy's short integers overflow


def _doubts(probs: NDArray[np.float32]) -> tuple[str, ...]:
    """Return a note if the network itself is not sure."""
    highest = float(probs.max())
    if highest >= SURE:
        return ()
    return (f"not sure: at {100 * highest:.0f} % the answer is more likely wrong than right",)


def _summary(faults: list[list[str]], is_speech: NDArray[np.bool_]) -> list[str]:
    """Return the faults of many windows, counted by what stands before the colon."""
    counts = Counter(fault.partition(":")[0] for found in faults for fault in found)
    left_out = ", left out" if is_speech.any() else ""
    return [
        f"{kind} in {count} of {len(faults)} windows" + (left_out if kind in pieces.SILENT else "")
        for kind, count in counts.items()
    ]
