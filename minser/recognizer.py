"""A trained network that names the emotion of a voice: ``Recognizer.load(run).predict(waveform, sr=sr)``.

Comes in: a run folder, or the model that is shipped with minser; then waveforms or sound files. Goes out: a probability
for each emotion, over time too, what speaks against trusting it, and why.

A recording of up to `WHOLE_S`, without the silence at its ends, is answered as one clip, like those of the corpus. A
longer one is cut into windows, each is answered like a clip, and the answer is the mean over those in which somebody
speaks.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from minser import audio, nn
from minser.audio.io import opposed_channel, read_blocks
from minser.audio.segments import cut_windows, find_sound, slice_blocks
from minser.corpus import batches, images
from minser.corpus.spelling import composed
from minser.explanation.mel_maps import MAPS, Evidence, find_evidence
from minser.features import extract, image_file
from minser.features.quality import find_faults
from minser.recipes import Recipe
from minser.runs import run_folder
from minser.training import checkpoint

SHIPPED = Path(__file__).with_name("pretrained")
"""Where a model lies that comes with minser: ``config.toml`` and ``best.safetensors``, as in a run folder."""

WINDOW_S, HOP_S = 4.0, 1.0
"""Length of a window, as a clip of RAVDESS, and the step from one to the next, in seconds."""

WHOLE_S = 7.0
"""Longest recording in seconds that is one clip, silence at its ends not counted; RAVDESS's longest has 6.4."""

SURE = 0.5
"""A likeliest emotion below this probability is more likely wrong than right."""

Array = NDArray[np.floating]
Block = tuple[Array, int]  # a piece of a waveform, and its rate

_SILENT = ("silence", "too short", "no speech")  # faults of windows in which nobody speaks
_SILENT_DB = 40.0  # below a long recording's loudest moment: silence, where it stands at the ends
_FRAME_S = 0.01  # a moment
_PAUSE_S = 0.25  # less silence before a recording is a breath, and no reason to begin later
_BATCH = 8  # windows answered at once: memory stays the same, however long the recording is
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
        model, _, emotions = run_folder.load_model(folder, recipe)
        _, state = checkpoint.load(folder / "best.safetensors")
        temperature = state.get("temperature", 1.0)
        if not (isinstance(temperature, float) and temperature > 0):
            raise ValueError(f"{folder / 'best.safetensors'}: expected a temperature above 0, got {temperature}")
        return cls(model, recipe, emotions, temperature=temperature)

    def predict(self, waveform: NDArray[np.floating], *, sr: int) -> NDArray[np.float32]:
        """Return the probability of each emotion, (n_classes,), in the order of `emotions`.

        Parameters
        ----------
        waveform : ndarray of float, shape (n_samples,)
            One voice; its level does not matter. Of a recording longer than `WHOLE_S` the probabilities are those of
            `answer`.
        sr : int
            Sample rate in Hz.

        Raises
        ------
        TypeError, ValueError
            If the waveform is empty, not one-dimensional, or not finite, or `sr` is no positive integer.
        """
        waveform, sr = _one_voice(waveform, sr)
        if len(waveform) > round(WHOLE_S * sr):
            return self.answer(waveform, sr=sr).probs
        sound = self._at_its_rate(waveform, sr)
        return np.asarray(self._probabilities([extract.network_input(sound, self._recipe.features)])[0])

    def answer(
        self, waveform: NDArray[np.floating], *, sr: int, window_s: float = WINDOW_S, hop_s: float = HOP_S
    ) -> Answer:
        """Return the probabilities with their course over time and notes; see `answer_file`."""
        waveform, sr = _one_voice(waveform, sr)
        return self._answer(_windows(lambda: [(waveform, sr)], window_s, hop_s))

    def answer_file(
        self, source: str | os.PathLike[str] | BinaryIO, *, window_s: float = WINDOW_S, hop_s: float = HOP_S
    ) -> Answer:
        """Listen to a sound file of any length; or look at a spectrogram image, if the network learned from such.

        Parameters
        ----------
        source : path or binary file
            As for `audio.io.read_blocks`.
        window_s, hop_s : float
            Length of a window, up to `WHOLE_S`, and step from one to the next, in seconds.

        Raises
        ------
        OSError, ValueError
            If the file cannot be read; the message names it.
        """
        if isinstance(source, str | os.PathLike) and Path(source).suffix.lower() in image_file.FORMATS:
            if self._recipe.features.channels != (extract.IMAGE,):
                raise ValueError(f"{str(source)!r} is an image, and this network learned from sound")
            probs = self._probabilities([images.read_feature(Path(source))])
            return Answer(self.emotions, probs[0], _doubts(probs[0]), np.empty((0, 2)), probs, np.array([True]))
        channel = opposed_channel(source)
        notes = [] if channel is None else [f"channels cancel each other: only number {channel + 1} was heard"]
        return self._answer(_windows(lambda: read_blocks(source, channel=channel), window_s, hop_s), notes)

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
        waveform, sr = _one_voice(waveform, sr)
        target = self.emotions.index(emotion)
        answer = self.answer(waveform, sr=sr)
        best = int(np.where(answer.is_speech, answer.course[:, target], -1.0).argmax())
        clip, _, start_s = next(islice(_windows(lambda: [(waveform, sr)], WINDOW_S, HOP_S), best, None))
        sound = self._at_its_rate(clip, sr)
        model = nn.Sequential(self._model.layers)  # all of it: where blocks are frozen, training stops its backward
        with _LOCK:
            return find_evidence(model, self._recipe.features, sound, target, start_s=start_s, maps=maps)

    def _answer(self, windows: Iterator[tuple[Array, int, float]], notes: Sequence[str] = ()) -> Answer:
        """Return the answer to a recording that comes in windows: a waveform, its rate, its start in seconds."""
        settings = self._recipe.features
        times_s, course, faults = [], [], []
        while some := list(islice(windows, _BATCH)):
            times_s += [(start_s, start_s + len(cut) / sr) for cut, sr, start_s in some]
            sounds = [self._at_its_rate(cut, sr) for cut, sr, _ in some]
            faults += [find_faults(cut, sound, sr=settings.sr) for (cut, _, _), sound in zip(some, sounds, strict=True)]
            course.append(self._probabilities([extract.network_input(sound, settings) for sound in sounds]))
        probs = np.concatenate(course)
        is_speech = np.array([not any(fault.startswith(_SILENT) for fault in found) for found in faults])
        mean = probs[is_speech if is_speech.any() else slice(None)].mean(axis=0)
        notes = (*notes, *(faults[0] if len(faults) == 1 else _summary(faults)), *_doubts(mean))
        return Answer(self.emotions, mean, notes, np.array(times_s), probs, is_speech)

    def _at_its_rate(self, waveform: Array, sr: int) -> Array:
        """Return a waveform at the network's sample rate."""
        own = self._recipe.features.sr
        return waveform if sr == own else audio.resample(waveform, orig_sr=sr, target_sr=own)

    def _probabilities(self, features: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return the calibrated probabilities for some features, (batch, n_classes)."""
        settings = self._recipe.features
        batch = batches.stack(batches.fit(feature, settings) for feature in features)
        with _LOCK:
            logits = self._model.predict(batch)
        return np.asarray(np.exp(nn.log_softmax(logits / self._temperature)), dtype=np.float32)


def _windows(read: Callable[[], Iterable[Block]], window_s: float, hop_s: float) -> Iterator[tuple[Array, int, float]]:
    """Yield a recording's windows, each with its rate and its start in seconds; a short recording is one.

    Of a long one, which is read again, the silence at its ends is left out. If only that behind it made it long, it is
    one, up to `WHOLE_S`, as if it had ended there: an answer does not depend on how much silence comes after it.
    """
    if not 0 < hop_s <= window_s <= WHOLE_S:
        raise ValueError(f"expected 0 < hop_s <= window_s <= {WHOLE_S:g}, got hop_s={hop_s:g}, window_s={window_s:g}")
    head: list[Array] = []
    for block, sr in read():
        head.append(block)
        if sum(map(len, head)) > round(WHOLE_S * sr):
            break
    else:
        yield np.concatenate(head), sr, 0.0
        return
    window, hop, whole, frame_length = (max(1, round(seconds * sr)) for seconds in (window_s, hop_s, WHOLE_S, _FRAME_S))
    start, end = find_sound((block for block, _ in read()), frame_length=frame_length, top_db=_SILENT_DB)
    if end < whole + frame_length:
        start, end = 0, whole
    elif start < _PAUSE_S * sr:
        start = 0
    sounding = slice_blocks((block for block, _ in read()), start, end)
    for begin, cut in cut_windows(sounding, window=window, hop=hop, whole=whole):
        yield cut, sr, (start + begin) / sr


def _one_voice(waveform: Array, sr: int) -> tuple[Array, int]:
    """Return a waveform and its rate, or refuse what is none."""
    audio.check_waveform(waveform)
    audio.check_positive(sr=sr)
    if waveform.ndim != 1:
        raise ValueError(f"waveform: expected one clip of shape (n_samples,), got shape {waveform.shape}")
    return waveform, int(sr)  # NumPy's short integers overflow


def _doubts(probs: NDArray[np.float32]) -> tuple[str, ...]:
    """Return a note if the network itself is not sure."""
    highest = float(probs.max())
    if highest >= SURE:
        return ()
    return (f"not sure: at {100 * highest:.0f} % the answer is more likely wrong than right",)


def _summary(faults: list[list[str]]) -> list[str]:
    """Return the faults of many windows, counted by what stands before the colon."""
    counts = Counter(fault.partition(":")[0] for found in faults for fault in found)
    n_silent = sum(any(fault.startswith(_SILENT) for fault in found) for found in faults)
    left_out = "" if n_silent == len(faults) else ", left out"
    return [
        f"{kind} in {count} of {len(faults)} windows" + (left_out if kind in _SILENT else "")
        for kind, count in counts.items()
    ]
