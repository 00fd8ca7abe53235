"""Phase vocoder: the spectra of a sound that runs at another speed, its frequencies as they were.

Comes in: the spectra of a sound's frames, and the places in time to read them at. Goes out: one spectrum per place.

A phase is an angle, and angles add up as complex numbers of length 1 multiply. So no angle is computed here: a bin's
turn from one frame to the next is the quotient of its two values, brought to length 1, and there are no whole turns to
be taken off. The twin in ``reference.py`` has the angles.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray


def phase_vocoder(frames: NDArray[np.complexfloating], steps: NDArray[np.float64]) -> NDArray[np.complexfloating]:
    """Read spectra at places between the frames (Flanagan & Golden 1966; on frames of an FFT, Portnoff 1976).

    The magnitude at a place is interpolated between the frames before and after it. The phase turns from one place to
    the next as it turns from the one frame to the other, however near or far the next place is: so the frequencies
    stay. Behind the last frame there is silence, and a value of zero has the phase 0.

    Parameters
    ----------
    frames : ndarray of complex64 or complex128, shape (..., n_frames, n_bins)
        Spectra of one clip or of a batch, in the order of time.
    steps : ndarray of float64, shape (n_steps,)
        Places to read at, in frames: 0 is the first frame, 0.5 the middle between it and the next.

    Returns
    -------
    ndarray of the same dtype, shape (..., n_steps, n_bins)

    Raises
    ------
    ValueError
        If a step lies before the first frame, or one frame or more behind the last.
    """
    *batch, n_frames, n_bins = frames.shape
    if not ((steps >= 0) & (steps < n_frames)).all():
        raise ValueError(f"steps: expected places from 0 to below {n_frames}, got {steps.min()} to {steps.max()}")
    out = np.empty((*batch, len(steps), n_bins), dtype=frames.dtype)
    clips = np.ascontiguousarray(frames).reshape(-1, n_frames, n_bins)
    for clip, stretched in zip(clips, out.reshape(-1, len(steps), n_bins), strict=True):
        _phase_vocoder_kernel(clip, steps, stretched)
    return out


@njit(cache=True)
def _phase_vocoder_kernel(
    frames: NDArray[np.complexfloating], steps: NDArray[np.float64], out: NDArray[np.complexfloating]
) -> None:
    """Turn each bin's phase from step to step, in float64: roundings add up over the clip."""
    n_frames, n_bins = frames.shape
    silence = np.zeros(n_bins, frames.dtype)
    phase = np.empty(n_bins, np.complex128)
    for i in range(n_bins):
        phase[i] = _direction(frames[0, i])
    for t in range(steps.size):
        k = int(steps[t])
        share = steps[t] - k
        before = frames[k]
        after = frames[k + 1] if k + 1 < n_frames else silence
        for i in range(n_bins):
            out[t, i] = phase[i] * ((1.0 - share) * _length(before[i]) + share * _length(after[i]))
            phase[i] *= _direction(after[i]) * _direction(before[i]).conjugate()


@njit(cache=True)
def _length(value: complex) -> float:
    """Return the magnitude; NumPy's own guards against overflow, and is slower for that."""
    return np.sqrt(np.float64(value.real) ** 2 + np.float64(value.imag) ** 2)  # type: ignore[no-any-return] # sqrt is Any to mypy


@njit(cache=True, error_model="numpy")
def _direction(value: complex) -> complex:
    """Return the complex number of length 1 that has the same phase."""
    length = _length(value)
    return complex(value.real / length, value.imag / length) if length > 0.0 else complex(1.0, 0.0)
