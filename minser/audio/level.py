"""Level: frames, their root mean square, decibels, and the silence at a clip's ends, where the level is low.

Comes in: waveforms, or magnitudes and powers of spectrograms. Goes out: strided frames, RMS per frame, levels in
decibels, the part of a waveform between its first and last audible frame, equal to librosa's.

A batch is many clips, and each clip has a loudest point of its own: `ref` and `top_db` look at one clip at a
time, that is, at the last two axes. librosa 1.0 does so too; librosa 0.11 measures all clips from the loudest.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from minser.audio.waveform import check_positive, check_waveform

Reference = float | Callable[[NDArray[np.floating]], np.floating]


def frame(waveform: NDArray[np.floating], *, frame_length: int, hop_length: int) -> NDArray[np.floating]:
    """Cut a waveform into overlapping frames without copying it.

    Parameters
    ----------
    waveform : ndarray of float, shape (..., n_samples)
        Samples.
    frame_length, hop_length : int
        Samples per frame, and from one frame's start to the next one's.

    Returns
    -------
    ndarray, shape (..., frame_length, n_frames)
        A read-only view; n_frames = 1 + (n_samples - frame_length) // hop_length.

    Raises
    ------
    TypeError, ValueError
        If a length is no positive integer, or the waveform is shorter than one frame.

    Examples
    --------
    >>> frame(np.arange(5.0), frame_length=3, hop_length=2)
    array([[0., 2.],
           [1., 3.],
           [2., 4.]])
    """
    check_positive(frame_length=frame_length, hop_length=hop_length)
    if waveform.shape[-1] < frame_length:
        raise ValueError(f"waveform: expected {frame_length} samples or more (one frame), got {waveform.shape[-1]}")
    frames = np.lib.stride_tricks.sliding_window_view(waveform, frame_length, axis=-1)
    return frames[..., ::hop_length, :].swapaxes(-2, -1)  # (..., frame_length, n_frames)


def rms(waveform: NDArray[np.floating], *, frame_length: int = 2048, hop_length: int = 512) -> NDArray[np.floating]:
    """Measure the root mean square of every frame; frame t is centred at sample t * hop_length.

    Parameters
    ----------
    waveform : ndarray of float, shape (..., n_samples)
        Samples; half a frame of zeros is thought before and after them.
    frame_length, hop_length : int
        Samples per frame and between frames.

    Returns
    -------
    ndarray of the same dtype, shape (..., 1, n_frames)
        RMS per frame, in the waveform's unit.

    Raises
    ------
    TypeError, ValueError
        If `waveform` is no waveform (`check_waveform`), or a length no positive integer.
    """
    check_waveform(waveform)
    check_positive(frame_length=frame_length)
    margins = [(0, 0)] * (waveform.ndim - 1) + [(frame_length // 2, frame_length // 2)]
    frames = frame(np.pad(waveform, margins), frame_length=frame_length, hop_length=hop_length)
    frames = frames.swapaxes(-2, -1)  # (..., n_frames, frame_length)
    root_mean_square: NDArray[np.floating] = np.sqrt(np.vecdot(frames, frames) / frame_length)
    return root_mean_square[..., np.newaxis, :]


def power_to_db(
    power: NDArray[np.floating], *, ref: Reference = 1.0, amin: float = 1e-10, top_db: float | None = 80.0
) -> NDArray[np.floating]:
    """Convert powers to decibels, 10 log10(power / ref).

    Parameters
    ----------
    power : ndarray of float, shape (n,) or (..., n_bins, n_frames)
        Powers, 0 or more.
    ref : float or callable
        The power at 0 dB, or a function that finds it in one clip, such as ``np.max``.
    amin : float
        Floor under powers and `ref`: keeps the logarithm finite.
    top_db : float or None
        Values further than this below a clip's loudest one are raised to that floor; None raises nothing.

    Returns
    -------
    ndarray of the same dtype and shape
        Levels in decibels.

    Raises
    ------
    TypeError
        If `power` is no array of real floating-point numbers.
    ValueError
        If `amin` is not positive or `top_db` is negative.

    Examples
    --------
    >>> power_to_db(np.array([1.0, 0.1, 1e-20]), ref=np.max)
    array([  0., -10., -80.])
    """
    _check_levels(power, "power", amin, top_db)
    return _decibels(power, _reference(power, ref), amin, top_db)


def amplitude_to_db(
    amplitude: NDArray[np.floating], *, ref: Reference = 1.0, amin: float = 1e-5, top_db: float | None = 80.0
) -> NDArray[np.floating]:
    """Convert amplitudes to decibels, 20 log10(amplitude / ref).

    Parameters
    ----------
    amplitude : ndarray of float, shape (n,) or (..., n_bins, n_frames)
        Magnitudes or RMS values; of negative ones the absolute value counts.
    ref, amin, top_db
        As in `power_to_db`, but `ref` and `amin` are amplitudes.

    Returns
    -------
    ndarray of the same dtype and shape
        Levels in decibels.

    Raises
    ------
    TypeError, ValueError
        As `power_to_db`.
    """
    _check_levels(amplitude, "amplitude", amin, top_db)
    magnitude = np.abs(amplitude)
    return _decibels(np.square(magnitude), np.square(_reference(magnitude, ref)), amin**2, top_db)


def trim_silence(
    waveform: NDArray[np.floating], *, top_db: float = 60.0, frame_length: int = 2048, hop_length: int = 512
) -> tuple[NDArray[np.floating], tuple[int, int]]:
    """Cut the silence off both ends of a waveform, as ``librosa.effects.trim`` does.

    A frame is silent where its RMS lies `top_db` or more below that of the loudest frame. The cut is made at
    the centres of frames: from the first audible one to the one after the last. Digital silence has no
    quieter part and stays whole.

    Parameters
    ----------
    waveform : ndarray of float, shape (n_samples,)
        Samples.
    top_db : float
        Distance from the loudest frame to the threshold, in decibels.
    frame_length, hop_length : int
        Samples per frame and between frames.

    Returns
    -------
    trimmed : ndarray, shape (end - start,)
        A view of `waveform`.
    (start, end) : tuple of int
        The kept samples: ``waveform[start:end]``.

    Raises
    ------
    TypeError, ValueError
        If `waveform` is no single waveform (`check_waveform`), `top_db` is not positive, or a length is no
        positive integer.
    """
    if top_db <= 0:
        raise ValueError(f"top_db: expected a positive number of decibels, got {top_db}")
    loudness = rms(waveform, frame_length=frame_length, hop_length=hop_length)  # (1, n_frames)
    if waveform.ndim != 1:
        raise ValueError(f"waveform: expected one clip of shape (n_samples,), got shape {waveform.shape}")
    audible = np.flatnonzero(amplitude_to_db(loudness, ref=np.max, top_db=None) > -top_db)
    start = int(audible[0]) * hop_length
    end = min(len(waveform), int(audible[-1] + 1) * hop_length)
    return waveform[start:end], (start, end)


def _check_levels(levels: NDArray[np.floating], name: str, amin: float, top_db: float | None) -> None:
    """Refuse what has no decibels."""
    if not isinstance(levels, np.ndarray) or levels.ndim == 0 or levels.dtype.kind != "f":
        raise TypeError(f"{name}: expected an array of real floats, got {getattr(levels, 'dtype', type(levels))}")
    if amin <= 0:
        raise ValueError(f"amin: expected a positive number, got {amin}")
    if top_db is not None and top_db < 0:
        raise ValueError(f"top_db: expected 0 or more decibels, or None, got {top_db}")


def _reference(levels: NDArray[np.floating], ref: Reference) -> NDArray[np.floating]:
    """Return the value at 0 dB: one number, or one per clip, shaped to broadcast over the clip."""
    if not callable(ref):
        return np.abs(np.asarray(ref, dtype=levels.dtype))
    if levels.ndim <= 2:
        return np.asarray(ref(levels), dtype=levels.dtype)
    clips = levels.reshape(-1, *levels.shape[-2:])
    references: NDArray[np.floating] = np.array([ref(clip) for clip in clips], dtype=levels.dtype)
    return references.reshape(*levels.shape[:-2], 1, 1)


def _decibels(
    power: NDArray[np.floating], reference: NDArray[np.floating], amin: float, top_db: float | None
) -> NDArray[np.floating]:
    """Take the logarithm, then raise each clip's quiet end; in place after the first step."""
    levels: NDArray[np.floating] = np.maximum(power, amin)
    np.log10(levels, out=levels)
    levels *= 10.0
    levels -= 10.0 * np.log10(np.maximum(reference, amin))
    if top_db is not None:
        clip_axes = tuple(range(-min(2, levels.ndim), 0))
        np.maximum(levels, levels.max(axis=clip_axes, keepdims=True) - top_db, out=levels)
    return levels
