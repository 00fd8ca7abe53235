# %% [markdown]
# # Assignment 1: from a waveform to its short-time Fourier transform
#
# Comes after lesson 2. Takes about 60 minutes.
#
# A voice changes all the time. So its spectrum is taken of short pieces, one after the other. You write each step: the
# window, the frames, the Fourier transform as a matrix, the whole transform, and what its rows mean. Replace each
# `NotImplementedError`. The cell after an exercise checks small examples; the grader checks others. NumPy is all you
# need, no loop is longer than a line, and no function may change its arguments.

# %%
import numpy as np


def locked(values):
    """Return an array that cannot be changed: a function that tries to is stopped at that line."""
    array = np.array(values)
    array.flags.writeable = False
    return array


# %% [markdown]
# ## 1. The window
#
# A piece that is cut out begins and ends suddenly, and its spectrum smears. The window fades it in and out. For
# spectra the window is one *period* of its cosine: the point after the last one would be the first one again.


# %%
def hann_window(win_length):
    """Compute the periodic Hann window, 0.5 - 0.5 cos(2 pi n / N) for n = 0 .. N - 1 (Harris 1978, eq. 27).

    Parameters
    ----------
    win_length : int
        N, the number of weights, at least 2.

    Returns
    -------
    ndarray of float64, shape (win_length,)
        Weights from 0 to 1; the first is 0.
    """
    ### BEGIN SOLUTION
    phase = 2 * np.pi * np.arange(win_length) / win_length
    return 0.5 - 0.5 * np.cos(phase)
    ### END SOLUTION


# %%
assert np.allclose(hann_window(4), [0, 0.5, 1, 0.5])

# %% [markdown]
# ## 2. Frames
#
# Frame t holds the samples from t * hop_length on. Only whole frames count; what is left over at the end is dropped.


# %%
def frame_signal(waveform, frame_length, hop_length):
    """Cut a waveform into overlapping frames.

    Parameters
    ----------
    waveform : ndarray, shape (n_samples,)
        At least one frame long.
    frame_length, hop_length : int
        Samples in a frame, and from the start of a frame to the start of the next one.

    Returns
    -------
    ndarray, shape (frame_length, n_frames)
        A column for each frame; n_frames = 1 + (n_samples - frame_length) // hop_length.
    """
    ### BEGIN SOLUTION
    count = 1 + (len(waveform) - frame_length) // hop_length
    index = np.arange(frame_length)[:, None] + hop_length * np.arange(count)
    return waveform[index]
    ### END SOLUTION


# %%
assert np.array_equal(frame_signal(locked([0, 1, 2, 3, 4, 5]), 4, 2), [[0, 2], [1, 3], [2, 4], [3, 5]])

# %% [markdown]
# ## 3. The Fourier transform is a matrix
#
# Row k compares the samples with a wave of k periods.


# %%
def dft_matrix(n_fft):
    """Build the matrix of the discrete Fourier transform, exp(-2 pi i k n / N) (Oppenheim & Schafer 2010, eq. 8.11).

    Parameters
    ----------
    n_fft : int
        N, number of samples.

    Returns
    -------
    ndarray of complex128, shape (1 + n_fft // 2, n_fft)
        Row k, column n. Of a real signal the rows above the middle tell nothing new, so they are left out.
    """
    ### BEGIN SOLUTION
    rows = np.arange(1 + n_fft // 2)[:, None]
    return np.exp(-2j * np.pi * rows * np.arange(n_fft) / n_fft)
    ### END SOLUTION


# %%
assert np.allclose(dft_matrix(4), [[1, 1, 1, 1], [1, -1j, -1, 1j], [1, -1, 1, -1]])

# %% [markdown]
# ## 4. Power


# %%
def power_spectrum(frames, window):
    """Compute the power of windowed frames: the squared magnitude of their transforms, divided by sum(window ** 2).

    The division makes the power of white noise independent of the window (Welch 1967).

    Parameters
    ----------
    frames : ndarray, shape (n_fft, n_frames)
        A column for each frame.
    window : ndarray, shape (n_fft,)
        Weights.

    Returns
    -------
    ndarray of float64, shape (1 + n_fft // 2, n_frames)
        Power of each frequency in each frame.
    """
    ### BEGIN SOLUTION
    spectra = np.fft.rfft(frames * window[:, None], axis=0)
    return np.abs(spectra) ** 2 / np.sum(window**2)
    ### END SOLUTION


# %%
assert np.allclose(power_spectrum(locked([[0.0], [1], [0], [0]]), locked([1.0, 2, 2, 1])), [[0.4], [0.4], [0.4]])

# %% [markdown]
# ## 5. The whole transform
#
# With n_fft // 2 zeros on both sides, frame t has its middle at sample t * hop_length.


# %%
def stft(waveform, n_fft, hop_length):
    """Compute the centred short-time Fourier transform with a periodic Hann window (Allen & Rabiner 1977).

    Parameters
    ----------
    waveform : ndarray, shape (n_samples,)
        Samples.
    n_fft : int
        Samples in a frame and under the window; it may be odd.
    hop_length : int
        Samples from frame to frame.

    Returns
    -------
    ndarray of complex128, shape (1 + n_fft // 2, n_frames)
        Frequency, then time.
    """
    ### BEGIN SOLUTION
    padded = np.pad(waveform, n_fft // 2)
    starts = np.arange(0, len(padded) - n_fft + 1, hop_length)
    fade = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    pieces = np.stack([padded[start : start + n_fft] * fade for start in starts], axis=1)
    return np.fft.rfft(pieces, axis=0)
    ### END SOLUTION


# %%
tone = locked(np.cos(2 * np.pi * np.arange(64) / 8))
assert stft(tone, 16, 4).shape == (9, 17)
assert np.allclose(np.abs(stft(tone, 16, 4)[:, 8]), [0, 2, 4, 2, 0, 0, 0, 0, 0])

# %% [markdown]
# ## 6. What the rows mean


# %%
def bin_frequencies(sr, n_fft):
    """List the frequency of each row of a transform.

    Parameters
    ----------
    sr : int
        Samples per second.
    n_fft : int
        Samples in a frame.

    Returns
    -------
    ndarray of float64, shape (1 + n_fft // 2,)
        Hertz; from 0 to sr / 2 if `n_fft` is even.
    """
    ### BEGIN SOLUTION
    return sr * np.arange(1 + n_fft // 2) / n_fft
    ### END SOLUTION


# %%
assert np.allclose(bin_frequencies(8000, 8), [0, 1000, 2000, 3000, 4000])
assert np.allclose(bin_frequencies(1500, 3), [0, 500])
