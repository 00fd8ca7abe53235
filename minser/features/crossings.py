"""Zero crossings: how often a waveform changes its sign.

Comes in: waveforms, one or a batch. Goes out: a share per frame, equal to librosa's.
"""

import numpy as np
from numpy.typing import NDArray

from minser.features.blocks import count_frames


def zero_crossing_rate(
    waveform: NDArray[np.floating],
    *,
    frame_length: int = 2048,
    hop_length: int = 512,
    center: bool = True,
    threshold: float = 1e-10,
) -> NDArray[np.floating]:
    """Count the sign changes of every frame (Kedem 1986), per sample.

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples.
    frame_length, hop_length : int
        Samples per frame and between frames.
    center : bool
        True: frame t is centred at sample t * hop_length, and the waveform's first and last sample are thought to go
        on beyond its ends. False: frame t starts there.
    threshold : float
        Samples from -threshold to threshold count as zero, and zero counts as positive.

    Returns
    -------
    ndarray of the same dtype, shape (..., 1, n_frames)
        Sign changes divided by `frame_length`. A change from one frame's last sample to the next sample counts in
        neither, as in librosa.

    Raises
    ------
    TypeError, ValueError
        If `waveform` is no waveform (`check_waveform`), a length is no positive integer, or `center` is False and the
        waveform is shorter than a frame.
    """
    n_frames = count_frames(waveform, n_fft=frame_length, hop_length=hop_length, center=center)
    margins = [(0, 0)] * (waveform.ndim - 1) + [(frame_length // 2 if center else 0,) * 2]
    negative = np.pad(waveform, margins, mode="edge") < -threshold
    changes = np.zeros(negative.shape, dtype=np.int64)  # of sign, from the first sample up to each one
    np.cumsum(negative[..., 1:] != negative[..., :-1], axis=-1, out=changes[..., 1:])
    first = hop_length * np.arange(n_frames)
    inside = changes[..., first + frame_length - 1] - changes[..., first]  # (..., n_frames)
    return (inside / frame_length).astype(waveform.dtype)[..., np.newaxis, :]
