"""Every augmentation of one clip, in an amount that can be seen and heard.

Comes in: a waveform, or a spectrogram in dB. Goes out: changed copies under names that say the amount.
"""

import numpy as np
from numpy.typing import NDArray

from minser.augment.filter import apply_filter
from minser.augment.gain import apply_gain
from minser.augment.masks import fill_spans
from minser.augment.mixing import mix
from minser.augment.noise import add_noise
from minser.augment.picture import brightness, contrast
from minser.augment.pitch import pitch_shift
from minser.augment.shift import time_shift
from minser.augment.stretch import time_stretch
from minser.augment.warp import freq_warp, time_warp


def augmented_waveforms(
    waveform: NDArray[np.floating], *, sr: int, rng: np.random.Generator
) -> dict[str, NDArray[np.floating]]:
    """Change a waveform in every way.

    Parameters
    ----------
    waveform : ndarray of float, shape (n_samples,)
        Samples; not changed.
    sr : int
        Sample rate in hertz.
    rng : numpy.random.Generator
        Source of the noise.

    Returns
    -------
    dict
        Waveforms, one of them longer, by what was done; the original first.

    Raises
    ------
    TypeError, ValueError
        If `waveform` is no waveform (`check_waveform`).
    """
    return {
        "original": waveform,
        "white noise, SNR 10 dB": add_noise(waveform, rng.standard_normal(waveform.shape), snr_db=10),
        "gain: -12 dB": apply_gain(waveform, gain_db=-12),
        "time shift: 0.1 s later": time_shift(waveform, shift_s=0.1, sr=sr),
        "time stretch: speed x 0.8": time_stretch(waveform, rate=0.8),
        "pitch shift: +4 semitones": pitch_shift(waveform, n_semitones=4),
    }


def augmented_spectrograms(
    level_db: NDArray[np.floating], other_db: NDArray[np.floating]
) -> dict[str, NDArray[np.floating]]:
    """Change a spectrogram in every way.

    Parameters
    ----------
    level_db, other_db : ndarray of float, shape (n_bins, n_frames)
        Levels in dB of a clip, and of another one to mix it with; not changed.

    Returns
    -------
    dict
        Spectrograms, one of them longer, by what was done; the original first.

    Raises
    ------
    TypeError, ValueError
        If one is not of float32 or float64, or the two have not one shape, or not two axes.
    """
    n_bins, n_frames = level_db.shape
    floor = float(level_db.min())
    frames, bins = np.array([[n_frames // 3, n_frames // 2]]), np.array([[n_bins // 3, n_bins // 2]])
    return {
        "original": level_db,
        f"time mask: {n_frames // 2 - n_frames // 3} frames": fill_spans(level_db, frames, axis=1, fill=floor),
        f"frequency mask: {n_bins // 2 - n_bins // 3} bands": fill_spans(level_db, bins, axis=0, fill=floor),
        "filter: +10 to -10 dB": apply_filter(level_db, bins=[0, n_bins - 1], offsets=[10, -10]),
        "brightness: +10 dB": brightness(level_db, offset=10),
        "contrast: x 0.6": contrast(level_db, factor=0.6),
        "frequency warp: x 1.2": freq_warp(level_db, factor=1.2),
        "time warp: x 1.2": time_warp(level_db, factor=1.2),
        "mixup: 60 % + 40 %": mix(level_db, other_db, share=0.6),
    }
