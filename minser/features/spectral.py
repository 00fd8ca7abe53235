"""Where a spectrum lies: its centroid.

Comes in: waveforms, one or a batch. Goes out: one frequency in hertz per frame, equal to librosa's to float rounding.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from minser.features.blocks import Spectra, count_frames, map_spectra


def spectral_centroid(
    waveform: NDArray[np.floating],
    *,
    sr: int = 22050,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
    pad_mode: str = "constant",
) -> NDArray[np.floating]:
    """Find the mean frequency of every frame, weighted by magnitude (Peeters 2004).

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples.
    sr : int
        Sample rate in hertz.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in `stft`.

    Returns
    -------
    ndarray of the same dtype, shape (..., 1, n_frames)
        Frequencies in hertz; 0 where a frame is silent.

    Raises
    ------
    TypeError, ValueError
        As `stft`.
    """
    n_frames = count_frames(waveform, n_fft=n_fft, hop_length=hop_length, center=center)
    frequencies = scipy.fft.rfftfreq(n_fft, 1 / sr).astype(waveform.dtype)

    def centroid(spectra: Spectra) -> NDArray[np.floating]:
        magnitude = np.abs(spectra)  # (n, n_bins)
        total = magnitude.sum(axis=1)
        silent = total < np.finfo(total.dtype).tiny
        return np.asarray(magnitude @ frequencies / np.where(silent, total.dtype.type(1), total))[np.newaxis]

    return map_spectra(
        centroid,
        waveform,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        out=np.empty((*waveform.shape[:-1], 1, n_frames), dtype=waveform.dtype),
    )
