"""From a waveform to what a network sees, as a recipe describes it.

Comes in: a waveform at the recipe's sample rate, and the recipe's [features]. Goes out: (n_bins, n_frames),
float32. The corpus cache and the recogniser both call `network_input`, so that training and prediction cannot
differ.
"""

import numpy as np
from numpy.typing import NDArray

from minser.audio import power_to_db, trim_silence
from minser.config import Features
from minser.features.mel import melspectrogram


def network_input(waveform: NDArray[np.floating], settings: Features) -> NDArray[np.float32]:
    """Return the standardised log-mel spectrogram of a clip, brought to full level, its ends of silence cut off.

    Parameters
    ----------
    waveform : ndarray of float, shape (n_samples,)
        At ``settings.sr``; its level does not matter.
    settings : Features
        Of a recipe.

    Returns
    -------
    ndarray of float32, shape (n_mels, n_frames)
        Zero mean and unit variance over the clip (all zero for digital silence).
    """
    waveform = waveform / (np.abs(waveform).max() or 1.0)  # some genuine clips peak below 1 % of full scale
    if settings.trim_top_db:
        waveform, _ = trim_silence(waveform, top_db=settings.trim_top_db)
    return standardise(log_mel(waveform, settings))


def log_mel(waveform: NDArray[np.floating], settings: Features) -> NDArray[np.float32]:
    """Return mel power in dB below the clip's loudest cell, (n_mels, n_frames), from -top_db to 0."""
    power = melspectrogram(
        waveform.astype(np.float32, copy=False),
        sr=settings.sr,
        n_fft=settings.n_fft,
        hop_length=settings.hop_length,
        n_mels=settings.n_mels,
        fmin=settings.fmin,
        fmax=settings.fmax or None,
    )
    return power_to_db(power, ref=np.max, top_db=settings.top_db).astype(np.float32, copy=False)


def standardise(feature: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return a feature with zero mean and unit deviation over all its cells; one without spread becomes zero."""
    centred = feature - feature.mean(dtype=np.float64)
    spread = np.sqrt(np.square(centred).mean(dtype=np.float64))
    return np.asarray(centred / (spread or 1.0), dtype=np.float32)
