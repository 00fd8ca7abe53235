"""The waveform: the array that the whole sound side of minser passes around.

Comes in: samples from a file, a microphone or a synthesiser, and counts that callers chose. Goes out: nothing where
they are as promised, one clear error where they are not; or the same samples cut or padded to one length.
"""

import numpy as np
from numpy.typing import NDArray


def check_waveform(waveform: NDArray[np.floating], *, name: str = "waveform") -> None:
    """Refuse an array that is not a waveform or a batch of waveforms.

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples; full scale is 1.0, but larger values are legal.
    name : str
        The name that the error message shall use.

    Raises
    ------
    TypeError
        If it is no NumPy array of float32 or float64 in this machine's byte order, or a masked one. Integer samples
        are not converted: their full scale is known only to the caller.
    ValueError
        If it holds no samples, or NaN or infinity.
    """
    if not isinstance(waveform, np.ndarray) or isinstance(waveform, np.ma.MaskedArray):
        raise TypeError(f"{name}: expected a NumPy array, got {type(waveform).__name__}")
    if waveform.dtype not in (np.float32, np.float64):
        is_float = np.issubdtype(waveform.dtype, np.floating)
        advice = (
            "convert them: astype(np.float32)" if is_float else "divide integers by their full scale, 32768 for int16"
        )
        raise TypeError(f"{name}: expected float32 or float64 samples, got {waveform.dtype} ({advice})")
    if waveform.ndim == 0 or waveform.size == 0:
        raise ValueError(f"{name}: expected at least one sample, got shape {waveform.shape}")
    if not np.isfinite(waveform).all():
        raise ValueError(f"{name}: expected finite samples, got NaN or infinity")


def check_positive(**counts: int) -> None:
    """Refuse counts (of samples, frames, bands, hertz) that are not positive integers.

    Parameters
    ----------
    **counts : int
        The counts under the names that the error message shall use.

    Raises
    ------
    TypeError
        If a count is no integer.
    ValueError
        If a count is below 1.
    """
    for name, count in counts.items():
        if not isinstance(count, int | np.integer):
            raise TypeError(f"{name}: expected an integer, got {count!r}")
        if count < 1:
            raise ValueError(f"{name}: expected 1 or more, got {count}")


def fix_length(waveform: NDArray[np.floating], *, size: int) -> NDArray[np.floating]:
    """Cut a waveform at its end, or pad it there with zeros.

    Parameters
    ----------
    waveform : ndarray of float, shape (..., n_samples)
        Samples.
    size : int
        Wanted number of samples.

    Returns
    -------
    ndarray of the same dtype, shape (..., size)
        A new array.

    Raises
    ------
    TypeError, ValueError
        If `waveform` is no waveform (`check_waveform`), or `size` no positive integer.

    Examples
    --------
    >>> fix_length(np.array([0.1, 0.2, 0.3]), size=5)
    array([0.1, 0.2, 0.3, 0. , 0. ])
    """
    check_waveform(waveform)
    check_positive(size=size)
    fixed = np.zeros((*waveform.shape[:-1], size), dtype=waveform.dtype)
    n_kept = min(size, waveform.shape[-1])
    fixed[..., :n_kept] = waveform[..., :n_kept]
    return fixed


def to_full_level(waveform: NDArray[np.floating]) -> NDArray[np.floating]:
    """Take the constant out of a waveform and bring its peak to 1: neither is heard as part of a voice.

    A constant (a DC offset, the mean of the samples) comes from cheap sound cards. It carries no sound, but it would
    count as the loudest one in a spectrogram, and silence would no longer be quiet.

    Parameters
    ----------
    waveform : ndarray of float, shape (n_samples,)
        Samples, of any size that the float type holds.

    Returns
    -------
    ndarray of the same dtype and shape
        With a mean of 0, from -1 to 1; all zero where all samples are equal.

    Raises
    ------
    TypeError, ValueError
        If `waveform` is no waveform (`check_waveform`).

    Examples
    --------
    >>> to_full_level(np.array([0.3, 0.1, 0.2, 0.2]))
    array([ 1., -1.,  0.,  0.])
    """
    check_waveform(waveform)
    scaled = waveform / (np.abs(waveform).max() or 1.0)  # first: the difference of two huge numbers may not fit
    scaled -= scaled.mean(dtype=np.float64).astype(scaled.dtype)
    return scaled / (np.abs(scaled).max() or 1.0)
