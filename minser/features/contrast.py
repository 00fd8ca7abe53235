"""Spectral contrast: how far the peaks of a spectrum rise out of its valleys, octave by octave.

Comes in: waveforms, one or a batch. Goes out: decibels per band and frame, equal to librosa's to float rounding, but
for batches in librosa 0.11, which measures all clips from the loudest one.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from minser.audio import check_positive, power_to_db
from minser.features.blocks import Spectra, count_frames, map_spectra


def spectral_contrast(
    waveform: NDArray[np.floating],
    *,
    sr: int = 22050,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    fmin: float = 200.0,
    n_bands: int = 6,
    quantile: float = 0.02,
    linear: bool = False,
) -> NDArray[np.floating]:
    """Compare the strongest with the weakest bins of each octave (Jiang et al. 2002).

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples.
    sr : int
        Sample rate in hertz.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in `stft`.
    fmin : float
        Upper end of the lowest band, in hertz; each of the others is an octave, the last one reaches up to sr / 2.
    n_bands : int
        Number of octaves above `fmin`.
    quantile : float
        Share of a band's bins, between 0 and 1, whose mean is its peak, and its valley; one bin at least.
    linear : bool
        True: the difference of magnitudes. False: of their levels, 10 log10 of the magnitudes as in librosa (half of
        what is usually called decibel), each no further than 80 below the clip's largest peak or valley.

    Returns
    -------
    ndarray of the same dtype, shape (..., n_bands + 1, n_frames)
        Contrast per band.

    Raises
    ------
    TypeError, ValueError
        As `stft`, and if `fmin` or `n_bands` is not positive, `quantile` is not between 0 and 1, or a band lies above
        sr / 2 or holds no bin.
    """
    if not 0 < quantile < 1:
        raise ValueError(f"quantile: expected a share between 0 and 1, got {quantile}")
    n_frames = count_frames(waveform, n_fft=n_fft, hop_length=hop_length, center=center)
    bands = octaves(sr, n_fft, fmin, n_bands)

    def valleys_and_peaks(spectra: Spectra) -> NDArray[np.floating]:
        magnitude = np.abs(spectra)  # (n, n_bins)
        rows = np.empty((2, len(bands), len(magnitude)), dtype=magnitude.dtype)
        for k, (band, width) in enumerate(bands):
            ascending = np.sort(magnitude[:, band], axis=1)
            n_extreme = max(1, round(quantile * width))
            rows[0, k] = ascending[:, :n_extreme].mean(axis=1)
            rows[1, k] = ascending[:, -n_extreme:].mean(axis=1)
        return rows.reshape(-1, len(magnitude))

    extremes = map_spectra(
        valleys_and_peaks,
        waveform,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        out=np.empty((*waveform.shape[:-1], 2 * len(bands), n_frames), dtype=waveform.dtype),
    )
    valley, peak = extremes[..., : len(bands), :], extremes[..., len(bands) :, :]
    return peak - valley if linear else power_to_db(peak) - power_to_db(valley)


def octaves(sr: int, n_fft: int, fmin: float, n_bands: int) -> list[tuple[slice, int]]:
    """List the bins of each band, and the width that its quantile counts from: librosa's, ends included.

    librosa lets every octave start one bin below its edge and end one bin below the next one's; the bin that it drops
    there still counts.
    """
    check_positive(sr=sr, n_bands=n_bands)
    if fmin <= 0:
        raise ValueError(f"fmin: expected a positive frequency, got {fmin}")
    if fmin * 2.0 ** (n_bands - 1) >= sr / 2:
        raise ValueError(f"n_bands: band {n_bands} would start at {fmin * 2.0 ** (n_bands - 1)} Hz, above sr / 2")
    frequencies = scipy.fft.rfftfreq(n_fft, 1 / sr)
    bands = []
    for k in range(n_bands + 1):
        low, high = (fmin * 2.0 ** (k - 1) if k else 0.0), fmin * 2.0**k
        first = int(np.searchsorted(frequencies, low)) - (k > 0)
        end = len(frequencies) if k == n_bands else int(np.searchsorted(frequencies, high, side="right"))
        stop = end if k == n_bands else end - 1
        if stop <= first:
            raise ValueError(f"n_fft: expected bins between {low} and {high} Hz, got none with n_fft={n_fft}")
        bands.append((slice(first, stop), end - first))
    return bands
