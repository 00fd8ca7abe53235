"""From a waveform to what a network sees, as a recipe describes it: a stack of features as channels.

Comes in: a waveform at the recipe's sample rate, and the recipe's [features]. Goes out: (n_bins, n_frames), or
(n_bins, n_frames, channels), float32. The corpus cache and the recogniser both call `network_input`, so that training
and prediction cannot differ.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from minser.audio import fix_length, power_to_db, to_full_level, trim_silence
from minser.features.cepstrum import delta, mfcc
from minser.features.chroma import chroma_stft
from minser.features.contrast import spectral_contrast
from minser.features.image import from_image, to_image
from minser.features.mel import melspectrogram
from minser.recipes import Features

IMAGE = "image"
"""The channel that is a picture of the log-mel spectrogram, squeezed into a square; it stands alone."""

DELTA = "delta_"
"""Before the name of a part: its slope in time (Young et al., "The HTK book", eq. 5.16); twice: its curvature."""

PARTS: dict[str, Callable[..., NDArray[np.floating]]] = {
    "mfcc": partial(mfcc, n_mfcc=13),
    "chroma": chroma_stft,
    "contrast": spectral_contrast,
}
"""What a channel may be made of, beside ``log_mel``: each takes a waveform, sr, n_fft and hop_length."""

TRIM_FRAME = 2048  # samples, in which levels are compared


def network_input(waveform: NDArray[np.floating], settings: Features) -> NDArray[np.float32]:
    """Return the features of a clip.

    Parameters
    ----------
    waveform : ndarray of float, shape (n_samples,)
        At ``settings.sr``; its level, and a constant in it, do not matter (`prepare`).
    settings : Features
        Of a recipe. Each entry of ``channels`` is a channel: ``log_mel`` and names of `PARTS` joined by "+", which are
        laid one under the other. `DELTA` before a name stands for how that part moves in time: a channel of its own
        beside it, as in the static, delta and delta-delta channels of Chen et al. 2018, since in one stack with
        decibels its small numbers would not count.

    Returns
    -------
    ndarray of float32, shape (n_bins, n_frames), or (n_bins, n_frames, channels) for more than one channel
        Each channel has zero mean and unit variance over the clip (all zero for digital silence). A picture is
        scaled from 0 to 1 instead.

    Raises
    ------
    TypeError, ValueError
        If `waveform` is no waveform (`check_waveform`), or the channels differ in their number of
        rows.
    """
    waveform, _ = prepare(waveform, settings)
    if settings.channels == (IMAGE,):
        return from_image(
            to_image(
                log_mel(waveform, settings),
                height=settings.image_size,
                width=settings.image_size,
                colour_map=settings.colour_map or None,
            )
        )
    channels = [_channel(waveform, names, settings) for names in settings.channels]
    if len({len(channel) for channel in channels}) > 1:
        rows = ", ".join(f"{name}: {len(channel)}" for name, channel in zip(settings.channels, channels, strict=True))
        raise ValueError(f"features.channels must all have the same number of rows, got {rows}")
    return channels[0] if len(channels) == 1 else np.stack(channels, axis=-1)


def prepare(waveform: NDArray[np.floating], settings: Features) -> tuple[NDArray[np.float32], int]:
    """Return the waveform that features are made of: its ends of silence cut off, without a constant, at full level.

    A constant in a recording does not change what it returns, nor, if it trims, how much silence comes after it.

    Parameters
    ----------
    waveform : ndarray of float, shape (n_samples,)
        At ``settings.sr``.
    settings : Features
        Of a recipe.

    Returns
    -------
    prepared : ndarray of float32, shape (n_prepared,)
        With ``settings.clip_s`` cut or padded to that length.
    start : int
        At which sample of `waveform` it begins.
    """
    start, n_after = 0, 0
    if settings.trim_top_db:
        level = to_full_level(waveform)
        # A constant, or what is as slow, is not heard. And a voice that lasts to the end gets the silence of others.
        followed = np.pad(level, (0, TRIM_FRAME))
        heard = followed - uniform_filter1d(followed, TRIM_FRAME, mode="reflect")
        _, (start, end) = trim_silence(heard, top_db=settings.trim_top_db, frame_length=TRIM_FRAME)
        n_after = max(0, end - len(waveform))
        waveform = waveform[start:end]
    prepared = np.pad(to_full_level(waveform), (0, n_after)).astype(np.float32, copy=False)
    if settings.clip_s:
        prepared = fix_length(prepared, size=round(settings.clip_s * settings.sr))
    return prepared, start


def log_mel(waveform: NDArray[np.floating], settings: Features) -> NDArray[np.float32]:
    """Return mel power in dB below the clip's loudest cell, (n_mels, n_frames), from -top_db to 0."""
    power = melspectrogram(
        waveform,
        sr=settings.sr,
        n_fft=settings.n_fft,
        hop_length=settings.hop_length,
        n_mels=settings.n_mels,
        fmax=settings.fmax or None,
    )
    return power_to_db(power, ref=np.max, top_db=settings.top_db).astype(np.float32, copy=False)


def standardise(feature: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return a feature with zero mean and unit deviation over all its cells; one without spread becomes zero."""
    centred = feature - feature.mean(dtype=np.float64)
    spread = np.sqrt(np.square(centred).mean(dtype=np.float64))
    return np.asarray(centred / (spread or 1.0), dtype=np.float32)


def silence(feature: NDArray[np.floating], settings: Features) -> NDArray[np.floating]:
    """Return what a frame without sound has in each channel: the least value, or for slopes the mean, no change.

    Parameters
    ----------
    feature : ndarray of float, shape (n_bins, n_frames) or (n_bins, n_frames, channels)
        From `network_input`.
    settings : Features
        Of the same recipe.

    Returns
    -------
    ndarray of the same dtype, shape (1,) or (channels,)
    """
    channels = np.moveaxis(feature.reshape(*feature.shape[:2], -1), 2, 0)
    slopes = np.broadcast_to(are_slopes(settings), len(channels))  # a coloured picture has one name for three channels
    values = [channel.mean() if is_slope else channel.min() for channel, is_slope in zip(channels, slopes, strict=True)]
    return np.array(values, feature.dtype)


def are_slopes(settings: Features) -> NDArray[np.bool_]:
    """Return for each channel whether all of it says how something moves, (channels,)."""
    return np.array([all(name.strip().startswith(DELTA) for name in names.split("+")) for names in settings.channels])


def _channel(waveform: NDArray[np.floating], names: str, settings: Features) -> NDArray[np.float32]:
    """Return the named features one under the other, (n_bins, n_frames), standardised together."""
    return standardise(np.concatenate([_part(waveform, name.strip(), settings) for name in names.split("+")]))


def _part(waveform: NDArray[np.floating], name: str, settings: Features) -> NDArray[np.floating]:
    """Return a part of a channel by its name, (n_rows, n_frames)."""
    if name == "log_mel":
        return log_mel(waveform, settings)
    if name in PARTS:
        return PARTS[name](waveform, sr=settings.sr, n_fft=settings.n_fft, hop_length=settings.hop_length)
    rows = _part(waveform, name.removeprefix(DELTA), settings)
    # A clip stands still before and after, so that even one frame has a slope. Without its first frame's level, a slope
    # of nothing is exactly zero: `standardise` would blow up what rounding leaves of it.
    return delta(rows - rows[:, :1], mode="nearest")
