"""Pitch by YIN: the shift at which a waveform best repeats itself.

Comes in: waveforms, one or a batch. Goes out: fundamental frequency and aperiodicity per frame.

The method is de Cheveigné & Kawahara's (2002, J. Acoust. Soc. Am. 111), who compare a window with the window one period
later. librosa (0.11 and 1.0) departs from it in four places, and minser follows the paper unless it is told otherwise:

- librosa compares a frame with its own shifted copy, which runs out of the frame and is filled up with zeros. So the
  difference grows with the shift, and a perfect tone does not repeat itself: one of 66 Hz is found up to 0.7 % sharp
  (13 cents) with an aperiodicity of 0.09, just below the threshold of 0.1.
- At a shift of one sample librosa's difference is too large by the frame's first sample squared (it clears the energy
  that it means to subtract), and with it the mean that all others are divided by.
- librosa looks for the turn of the parabola in the normalised difference; the paper (step 5) in the plain one, because
  the division moves the minimum, towards higher frequencies.
- In silence librosa's normalised difference is 0, a perfect period. The paper's starts at 1, and stays there here.

Told to, minser gives librosa's frequencies in float64, with one exception. All normalised differences of a frame can be
1, as where a single sample is not zero and no shift pushes it out. Then no period is better than another, and rounding
chooses one, in librosa as here. In float32 rounding chooses in every frame without a period.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from minser.audio import check_positive
from minser.features.blocks import count_frames, cut_blocks, cut_frames, for_each_clip

VOICE_HZ = 60.0, 800.0
"""Range of a voice's pitch: from a low man's speech to a high woman's song."""

VOICED = 0.2
"""A frame is voiced if its aperiodicity lies below this: emotional voices are rougher than YIN's own 0.1 allows."""

_NO_DIFFERENCE = 30  # roundings: what differs less than this from its shifted copy does not differ


def track_pitch(
    waveform: NDArray[np.floating],
    *,
    fmin: float,
    fmax: float,
    sr: int = 22050,
    frame_length: int = 2048,
    hop_length: int = 512,
    trough_threshold: float = 0.1,
    center: bool = True,
    pad_mode: str = "constant",
    as_librosa: bool = False,
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Find the fundamental frequency of every frame, and how far the frame is from periodic.

    Parameters
    ----------
    waveform : ndarray of float32 or float64, shape (..., n_samples)
        Samples.
    fmin, fmax : float
        Range of the search, in hertz. Two periods of `fmin` have to fit into a frame.
    sr : int
        Sample rate in hertz.
    frame_length, hop_length : int
        Samples per frame, and between frames. The window is what the longest period leaves of the frame.
    trough_threshold : float
        The shortest period whose aperiodicity is a local minimum below this wins; if there is none, the global minimum
        does.
    center, pad_mode
        As in `stft`.
    as_librosa : bool
        True: librosa's numbers, see the top of this file.

    Returns
    -------
    f0_hz : ndarray of the same dtype, shape (..., n_frames)
        Frequencies in hertz.
    aperiodicity : ndarray of the same dtype, shape (..., n_frames)
        The normalised difference at that period, from 0 up; for a tone in noise, the noise's share of the power. 1 in
        silence. A frame is voiced where this is below a threshold: `trough_threshold` for clean tones (the paper's
        step 4); 0.2 to 0.3 misses less of hoarse or excited speech.

    Raises
    ------
    TypeError, ValueError
        If `waveform` is no waveform (`check_waveform`), a length is no positive integer, the frequencies are not
        0 < fmin < fmax <= sr / 2, the frame is too short for `fmin`, `pad_mode` is unknown, or `center` is False and
        the waveform is shorter than a frame.
    """
    check_positive(sr=sr, frame_length=frame_length)
    n_frames = count_frames(waveform, n_fft=frame_length, hop_length=hop_length, center=center)
    if not 0 < fmin < fmax <= sr / 2:
        raise ValueError(f"expected 0 < fmin < fmax <= sr / 2 = {sr / 2}, got fmin={fmin}, fmax={fmax}")
    shortest, longest = int(sr / fmax), int(np.ceil(sr / fmin))  # periods in samples
    if 2 * longest >= frame_length:
        raise ValueError(f"frame_length: expected more than two periods of fmin, {2 * longest}, got {frame_length}")
    win_length = frame_length if as_librosa else frame_length - longest
    f0_hz, aperiodicity = np.empty((2, *waveform.shape[:-1], n_frames), dtype=waveform.dtype)

    def fill(clip: tuple[int, ...]) -> None:
        frames = cut_frames(
            waveform[clip], frame_length=frame_length, hop_length=hop_length, center=center, pad_mode=pad_mode
        )
        energy = np.vecdot(frames[:, :win_length], frames[:, :win_length])[:, np.newaxis]  # (n_frames, 1)
        difference = _difference(frames, energy, win_length, longest)  # (n_frames, longest): periods 1, 2, ...
        if as_librosa:
            difference[:, 0] += np.square(frames[:, 0])
        mean = np.cumsum(difference, axis=1) / np.arange(1, longest + 1, dtype=waveform.dtype)
        differs = mean > _NO_DIFFERENCE * np.finfo(waveform.dtype).eps * energy
        normalised = np.divide(difference, mean, out=np.ones_like(mean), where=differs)  # equation 8
        period = shortest - 1 + _first_trough(normalised[:, shortest - 1 :], trough_threshold)
        turn = _parabola_turn(normalised if as_librosa else difference, period, shortest - 1)
        f0_hz[clip] = sr / (1 + period + turn)
        aperiodicity[clip] = normalised[np.arange(n_frames), period]

    for_each_clip(fill, waveform)
    return f0_hz, aperiodicity


def _difference(
    frames: NDArray[np.floating], energy: NDArray[np.floating], win_length: int, longest: int
) -> NDArray[np.floating]:
    """Return sum((x[j] - x[j + period])^2) over the window, for periods 1 ... longest: equation 6.

    That is the window's energy, plus the shifted window's, minus twice their product, which is a correlation and comes
    from Fourier transforms. What lies beyond the frame counts as zero.
    """
    n_fft = scipy.fft.next_fast_len(max(frames.shape[1], win_length + longest), real=True)
    backward = frames[:, :win_length][:, ::-1]  # convolved with this, a frame is correlated with its window
    product = np.empty((len(frames), longest), dtype=frames.dtype)
    for block in cut_blocks(frames):
        spectra = scipy.fft.rfft(frames[block], n_fft)
        spectra *= scipy.fft.rfft(backward[block], n_fft)
        product[block] = scipy.fft.irfft(spectra, n_fft, overwrite_x=True)[:, win_length : win_length + longest]
    change = -np.square(frames[:, :longest])  # what the window loses by each step
    entering = frames[:, win_length : win_length + longest]
    change[:, : entering.shape[1]] += np.square(entering)
    difference = np.cumsum(change, axis=1)
    difference += 2 * energy
    product *= 2
    difference -= product
    return np.asarray(np.maximum(difference, 0, out=difference))  # below 0 by rounding only


def _first_trough(normalised: NDArray[np.floating], threshold: float) -> NDArray[np.intp]:
    """Return, for each row, the first local minimum below the threshold, else the place of the smallest value."""
    falling = np.ones(normalised.shape, dtype=bool)  # from the left; the first one's left neighbour is not known
    np.less(normalised[:, 1:], normalised[:, :-1], out=falling[:, 1:])
    trough = falling & (normalised < threshold)
    trough[:, 1:-1] &= normalised[:, 1:-1] <= normalised[:, 2:]
    trough[:, 0] &= normalised[:, 0] < normalised[:, 1]
    first = trough.argmax(axis=1)
    return np.asarray(np.where(trough[np.arange(len(trough)), first], first, normalised.argmin(axis=1)))


def _parabola_turn(curve: NDArray[np.floating], place: NDArray[np.intp], lowest: int) -> NDArray[np.floating]:
    """Return how far from a place the parabola through it and its neighbours turns; 0 at the ends of the search."""
    inner = np.clip(place, lowest + 1, curve.shape[1] - 2)
    left, middle, right = (curve[np.arange(len(curve)), inner + k] for k in (-1, 0, 1))
    slope, bend = (right - left) / 2, left + right - 2 * middle
    turns = (place == inner) & (np.abs(slope) < np.abs(bend))
    return np.asarray(np.divide(-slope, bend, out=np.zeros_like(slope), where=turns))
