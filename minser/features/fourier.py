"""The short-time Fourier transform and its inverse.

Comes in: waveforms, one or a batch. Goes out: complex spectra per frame, equal to librosa's to float rounding; and
back.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from minser.audio import check_positive, fix_length
from minser.features.blocks import count_frames, map_spectra
from minser.features.window import centred_window


def stft(
    waveform: NDArray[np.floating],
    *,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
    pad_mode: str = "constant",
) -> NDArray[np.complexfloating]:
    """Transform windowed frames of a waveform (Allen & Rabiner 1977).

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples.
    n_fft : int
        Samples per frame; any number, also odd.
    hop_length : int
        Samples from frame to frame.
    win_length : int, optional
        Samples under the window, in the frame's middle; by default `n_fft`.
    window : str
        Name, as in `get_window`.
    center : bool
        True: frame t is centred at sample t * hop_length, and the waveform is padded by n_fft // 2 on both
        sides. False: frame t starts there.
    pad_mode : {"constant", "edge", "reflect", "symmetric"}
        What the padding holds, in ``numpy.pad``'s words; "constant" is zeros.

    Returns
    -------
    ndarray of complex64 or complex128, shape (..., 1 + n_fft // 2, n_frames)
        The transforms; row k is the frequency k * sr / n_fft. In memory each frame's spectrum lies in one
        piece.

    Raises
    ------
    TypeError, ValueError
        If `waveform` is no waveform (`check_waveform`), a length is no positive integer, `win_length` exceeds
        `n_fft`, `window` or `pad_mode` is unknown, or `center` is False and the waveform is shorter than a
        frame.
    """
    n_frames = count_frames(waveform, n_fft=n_fft, hop_length=hop_length, center=center)
    shape = (*waveform.shape[:-1], n_frames, 1 + n_fft // 2)
    return map_spectra(
        lambda spectra: spectra.T,
        waveform,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        out=np.empty(shape, dtype=np.result_type(waveform, np.complex64)).swapaxes(-2, -1),
    )


def istft(
    spectra: NDArray[np.complexfloating],
    *,
    n_fft: int | None = None,
    hop_length: int = 512,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
    length: int | None = None,
) -> NDArray[np.floating]:
    """Find the waveform whose transform is nearest to the given one (Griffin & Lim 1984, eq. 6).

    The inverse transforms are windowed once more, added where they overlap, and divided by the sum of the
    squared windows. Unchanged spectra of `stft` give back the waveform.

    Parameters
    ----------
    spectra : ndarray of complex64 or complex128, shape (..., 1 + n_fft // 2, n_frames)
        Transforms as `stft` returns them.
    n_fft : int, optional
        Samples per frame; by default the even number that fits `spectra`, so an odd one must be named.
    hop_length, win_length, window, center
        As they were in `stft`.
    length : int, optional
        Wanted number of samples: cut, or padded with zeros; by default as many as the frames cover.

    Returns
    -------
    ndarray of float32 or float64, shape (..., n_samples)
        Samples.

    Raises
    ------
    TypeError, ValueError
        If `spectra` is not complex or does not fit `n_fft`, a length is no positive integer, `win_length`
        exceeds `n_fft`, `window` is unknown, or the frames cover no sample.
    """
    if not np.iscomplexobj(spectra) or spectra.ndim < 2 or spectra.size == 0:
        raise TypeError("spectra: expected a complex array of shape (..., 1 + n_fft // 2, n_frames)")
    n_fft = 2 * (spectra.shape[-2] - 1) if n_fft is None else n_fft
    check_positive(n_fft=n_fft, hop_length=hop_length)
    if spectra.shape[-2] != 1 + n_fft // 2:
        raise ValueError(f"spectra: expected {1 + n_fft // 2} rows for n_fft={n_fft}, got {spectra.shape[-2]}")
    margin = n_fft // 2 if center else 0
    n_frames = spectra.shape[-1]
    if length is None:
        length = n_fft + (n_frames - 1) * hop_length - 2 * margin
    check_positive(length=length)
    n_frames = min(n_frames, -(-(length + 2 * margin) // hop_length))  # later frames lie beyond the end
    weights = centred_window(window, win_length=win_length, n_fft=n_fft)
    frames = scipy.fft.irfft(spectra[..., :n_frames].swapaxes(-2, -1), n=n_fft)  # (..., n_frames, n_fft)
    frames *= weights
    samples = _overlap_add(frames, hop_length)
    weight_sum = _overlap_add(np.broadcast_to(weights**2, (n_frames, n_fft)), hop_length)
    np.divide(samples, weight_sum, out=samples, where=weight_sum > np.finfo(samples.dtype).tiny)
    return fix_length(samples[..., margin:], size=length)


def _overlap_add(frames: NDArray[np.floating], hop_length: int) -> NDArray[np.floating]:
    """Add up frames (..., n_frames, n_fft), each `hop_length` samples after the one before."""
    *batch, n_frames, n_fft = frames.shape
    n_hops = -(-n_fft // hop_length)  # a frame as rows of one hop each, the last one filled up with zeros
    rows = np.zeros((*batch, n_frames + n_hops - 1, hop_length), dtype=frames.dtype)
    for k in range(n_hops):  # the k-th row of every frame at once
        part = frames[..., k * hop_length : (k + 1) * hop_length]  # (..., n_frames, at most hop_length)
        rows[..., k : k + n_frames, : part.shape[-1]] += part
    return rows.reshape(*batch, -1)[..., : n_fft + (n_frames - 1) * hop_length]
