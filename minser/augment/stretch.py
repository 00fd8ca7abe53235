"""Tempo: the same voice at the same pitch, slower or faster.

Comes in: a waveform and a rate, or a range of rates and a generator. Goes out: a longer or shorter waveform.
"""

import math

import numpy as np
from numpy.typing import NDArray

from minser.audio import check_waveform
from minser.augment.arguments import check_factor
from minser.features import istft, stft
from minser.kernels.vocoder import phase_vocoder


def time_stretch(
    waveform: NDArray[np.floating], *, rate: float, n_fft: int = 2048, hop_length: int = 512
) -> NDArray[np.floating]:
    """Play a waveform at another speed without changing its pitch, by a phase vocoder (Flanagan & Golden 1966).

    The spectra are read at every `rate`-th frame, and each frequency's phase goes on at its own pace from one to the
    next. In float64 the result is that of `librosa.effects.time_stretch` in librosa 0.11. In librosa 1.0 a clip's end
    differs: behind the last frame it extrapolates the magnitudes, where 0.11 and minser fall to silence. In float32
    minser gives the float64 result, rounded. librosa adds phases up in float32: after three seconds 0.11, which counts
    whole turns, is off by up to two percent of the peak, 1.0 by 2e-6 of it, minser by 1e-7.

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples; not changed.
    rate : float
        Speed: 2 is twice as fast, and half as long.
    n_fft, hop_length : int
        Samples in a frame, and from one to the next. A frame should hold a few periods of the voice and be short
        against a syllable; at 22,050 Hz the default is 93 ms.

    Returns
    -------
    ndarray of the same dtype, shape (..., round(n_samples / rate))
        At least one sample.

    Raises
    ------
    TypeError, ValueError
        If `waveform` is no waveform (`minser.audio.check_waveform`), `rate` is not positive, or a length no positive
        integer.
    """
    check_factor(rate=rate)
    rate = float(rate)  # a NumPy float32 would divide in float32
    check_waveform(waveform)
    # A float32 transform rounds all frequencies at the level of the loudest. A spectrogram does not mind, but here the
    # phase of a quiet frequency, once lost in that, is still wrong when the frequency becomes loud.
    spectra = stft(waveform.astype(np.float64), n_fft=n_fft, hop_length=hop_length)
    frames = spectra.swapaxes(-2, -1).astype(np.result_type(waveform, np.complex64))  # (..., n_frames, n_bins)
    frames = phase_vocoder(frames, places_to_read(frames.shape[-2], rate))  # (..., n_places, n_bins)
    length = max(1, round(waveform.shape[-1] / rate))
    return istft(frames.swapaxes(-2, -1), n_fft=n_fft, hop_length=hop_length, length=length)


def places_to_read(n_frames: int, rate: float) -> NDArray[np.float64]:
    """List every `rate`-th place from the first frame to below `n_frames`.

    They are librosa's ``np.arange(0, n_frames, rate)``, but for its last: 230 * 0.7 is a little below 161, and rounded
    up to it. There librosa 0.11 reads silence, and 1.0 raises an error.

    Parameters
    ----------
    n_frames : int
        Number of frames.
    rate : float
        Frames from one place to the next.

    Returns
    -------
    ndarray of float64, shape (ceil(n_frames / rate),)
        All at least 0 and below `n_frames`.

    Examples
    --------
    >>> places_to_read(3, 0.75)
    array([0.  , 0.75, 1.5 , 2.25])
    """
    places = rate * np.arange(math.ceil(n_frames / rate), dtype=np.float64)
    return np.minimum(places, np.nextafter(n_frames, 0.0))
