"""Noise under a voice, at a given signal-to-noise ratio.

Comes in: a waveform and a noise, or a waveform and a generator. Goes out: a noisy copy.
"""

import numpy as np
from numpy.typing import NDArray

from minser.audio import check_waveform
from minser.augment.arguments import check_finite


def add_noise(waveform: NDArray[np.floating], noise: NDArray[np.floating], *, snr_db: float) -> NDArray[np.floating]:
    """Add a noise, made as loud as the ratio asks: snr_db = 10 log10(power of the waveform / power of the noise).

    Powers are mean squares over the whole clip, pauses included, of these very samples: the ratio is met exactly, not
    on average.

    Parameters
    ----------
    waveform : ndarray of float, shape (..., n_samples)
        Samples; not changed. Each clip of a batch has a power of its own.
    noise : ndarray of float, shape (..., n_samples)
        Any noise, at any level.
    snr_db : float
        Signal-to-noise ratio in decibels; 0 is as loud as the waveform, 20 a tenth of its amplitude.

    Returns
    -------
    ndarray of the waveform's dtype and shape
        The sum, not clipped. Silence stays silence.

    Raises
    ------
    TypeError, ValueError
        If `waveform` or `noise` is no waveform (`check_waveform`), their shapes differ, the noise is silent, or
        `snr_db` is not finite.

    Examples
    --------
    >>> add_noise(np.array([3.0, 3.0]), np.array([0.1, -0.1]), snr_db=20.0)
    array([3.3, 2.7])
    """
    check_waveform(waveform)
    check_waveform(noise, name="noise")
    check_finite(snr_db=snr_db)
    if noise.shape != waveform.shape:
        raise ValueError(f"noise: expected the waveform's shape {waveform.shape}, got {noise.shape}")
    noise_power = _power(noise)
    if not noise_power.all():
        raise ValueError("noise: expected a sound, got silence")
    amplitude = np.sqrt(_power(waveform) / noise_power) * 10.0 ** (-snr_db / 20.0)  # (..., 1)
    return np.asarray(waveform + (amplitude * noise).astype(waveform.dtype))


def _power(waveform: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the mean square, (..., 1)."""
    return np.asarray(np.mean(np.square(waveform, dtype=np.float64), axis=-1, keepdims=True))
