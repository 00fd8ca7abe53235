"""Silence at the two ends of a clip.

Comes in: one waveform. Goes out: the part between the first and the last audible frame.
"""

import numpy as np
from numpy.typing import NDArray

from minser.audio.level import amplitude_to_db, rms


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
