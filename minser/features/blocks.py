"""The clips of a batch on all cores, and the spectra of a clip a few frames at a time.

Comes in: waveforms, one or a batch, and a function of some frames' spectra. Goes out: the function's results for all
frames.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from minser.audio import check_positive, check_waveform, frame
from minser.features.window import centred_window

_PAD_MODES = ("constant", "edge", "reflect", "symmetric")
_BLOCK_SAMPLES = 2**19  # at most so many at once (2 MB in float32): they stay in the processor's cache
_N_THREADS = os.cpu_count() or 1

Number = TypeVar("Number", bound=np.inexact)
Spectra = NDArray[np.complexfloating]


def count_frames(waveform: NDArray[np.floating], *, n_fft: int, hop_length: int, center: bool) -> int:
    """Check a waveform and count its frames.

    Parameters
    ----------
    waveform, n_fft, hop_length, center
        As in `stft`.

    Returns
    -------
    int
        Number of frames.

    Raises
    ------
    TypeError, ValueError
        As `stft`.
    """
    check_waveform(waveform)
    check_positive(n_fft=n_fft, hop_length=hop_length)
    n_samples: int = waveform.shape[-1] + (2 * (n_fft // 2) if center else 0)
    if n_samples < n_fft:
        raise ValueError(f"waveform: expected {n_fft} samples or more (one frame), got {n_samples}")
    return 1 + (n_samples - n_fft) // hop_length


def cut_frames(
    samples: NDArray[np.floating], *, frame_length: int, hop_length: int, center: bool, pad_mode: str
) -> NDArray[np.floating]:
    """Cut one clip into frames, padded so that frame t is centred at sample t * hop_length.

    Parameters
    ----------
    samples : ndarray of float, shape (n_samples,)
        One clip.
    frame_length, hop_length : int
        Samples per frame, and from one frame's start to the next one's.
    center, pad_mode
        As in `stft`.

    Returns
    -------
    ndarray, shape (n_frames, frame_length)
        A read-only view.

    Raises
    ------
    ValueError
        If `pad_mode` is unknown.
    """
    if pad_mode not in _PAD_MODES:
        raise ValueError(f"pad_mode: expected one of {', '.join(_PAD_MODES)}, got {pad_mode!r}")
    padded = np.pad(samples, frame_length // 2, mode=pad_mode) if center else samples  # type: ignore[call-overload] # the stubs want a literal
    return frame(padded, frame_length=frame_length, hop_length=hop_length).T


def for_each_clip(function: Callable[[tuple[int, ...]], None], waveform: NDArray[np.floating]) -> None:
    """Call a function for every clip of a batch, several at a time: NumPy and SciPy let threads run side by side.

    Parameters
    ----------
    function : callable
        Gets a clip's index, such that ``waveform[index]`` is the clip. It writes what it finds to a place of that
        clip's own, so the result does not depend on the number of threads.
    waveform : ndarray, shape (..., n_samples)
        One clip, or a batch.
    """
    clips = list(np.ndindex(waveform.shape[:-1]))
    if len(clips) == 1:
        function(clips[0])
    else:
        with ThreadPoolExecutor(_N_THREADS) as pool:
            list(pool.map(function, clips))  # a list, so that errors come out


def map_spectra(
    function: Callable[[Spectra], NDArray[Number]],
    waveform: NDArray[np.floating],
    *,
    n_fft: int,
    hop_length: int,
    win_length: int | None,
    window: str,
    center: bool,
    pad_mode: str,
    out: NDArray[Number],
) -> NDArray[Number]:
    """Apply a function to the spectra of a batch, some frames of one clip at a time.

    What a feature does with a spectrum (square it, sum it into bands) is then done while the block is still in the
    processor's cache, and no array of all spectra is ever made.

    Parameters
    ----------
    function : callable
        Makes an array (n_rows, n) of the spectra of n frames, complex64 or complex128 (n, 1 + n_fft // 2). It must
        not mind being called by several threads at once.
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples, checked by `count_frames`.
    n_fft, hop_length, win_length, window, center, pad_mode
        As in `stft`.
    out : ndarray, shape (..., n_rows, n_frames)
        Where the results go.

    Returns
    -------
    ndarray
        `out`.

    Raises
    ------
    TypeError, ValueError
        If `win_length`, `window` or `pad_mode` is wrong.
    """
    weights = centred_window(window, win_length=win_length, n_fft=n_fft).astype(waveform.dtype)

    def fill(clip: tuple[int, ...]) -> None:
        frames = cut_frames(waveform[clip], frame_length=n_fft, hop_length=hop_length, center=center, pad_mode=pad_mode)
        for block in cut_blocks(frames):
            out[clip][:, block] = function(scipy.fft.rfft(frames[block] * weights, overwrite_x=True))

    for_each_clip(fill, waveform)
    return out


def cut_blocks(frames: NDArray[np.floating]) -> Iterator[slice]:
    """Cut the frames of a clip, (n_frames, frame_length), into equal parts that fit into the processor's cache."""
    n_blocks = min(len(frames), -(-frames.size // _BLOCK_SAMPLES))
    for block in range(n_blocks):
        yield slice(len(frames) * block // n_blocks, len(frames) * (block + 1) // n_blocks)
