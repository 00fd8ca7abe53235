"""librosa, whichever version is installed, and what 1.0 changed of it: for tests that compare with it."""

import warnings
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest


def since_1(librosa: ModuleType) -> bool:
    """Return whether this is librosa 1.0 or later."""
    return int(librosa.__version__.partition(".")[0]) >= 1


def silence_warnings() -> warnings.catch_warnings:
    """Return a context without warnings: of short clips, and since 1.0 of librosa's own call of its vocoder."""
    return warnings.catch_warnings(action="ignore")


def of_each_clip(librosa: ModuleType, function: Callable[[np.ndarray], np.ndarray], batch: np.ndarray) -> np.ndarray:
    """Call a function of librosa that ends in decibels: 0.11 measures a whole batch from its loudest clip."""
    return function(batch) if since_1(librosa) else np.stack([function(clip) for clip in batch])


def stretch_before_silence(waveform: np.ndarray, *, rate: float, n_fft: int = 2048) -> np.ndarray:
    """Let librosa stretch in float64, with a silent frame behind the last one.

    librosa 0.11 adds that frame itself. 1.0 does not, so it gets one here; a test of `time_stretch` holds what it makes
    of a clip's end without. 1.0 also refuses a place that rounding puts one frame behind the last, which 0.11 reads.
    """
    librosa = pytest.importorskip("librosa")
    exact = waveform.astype(np.float64)
    with silence_warnings():
        if not since_1(librosa):
            return librosa.effects.time_stretch(exact, rate=rate, n_fft=n_fft)
        spectra = librosa.stft(exact, n_fft=n_fft)
        places = np.arange(0, spectra.shape[-1], rate)
        stretched = librosa.phase_vocoder(np.pad(spectra, [(0, 0), (0, 1)]), t_out=places)
        return librosa.istft(stretched, n_fft=n_fft, length=round(len(exact) / rate))
