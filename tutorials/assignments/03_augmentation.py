# %% [markdown]
# # Assignment 3: augmentation
#
# Comes after lesson 4. Takes about 60 minutes.
#
# A small corpus grows when each clip is changed a little each time it is seen. All chance comes from the generator
# `rng` that is handed in: the same seed gives the same picture. So each exercise says which numbers are drawn, and in
# which order. NumPy is all you need, and no function may change its arguments: return a changed copy.

# %%
import numpy as np


def locked(values):
    """Return an array that cannot be changed: a function that tries to is stopped at that line."""
    array = np.array(values)
    array.flags.writeable = False
    return array


# %% [markdown]
# ## 1. A time mask


# %%
def time_mask(spectrogram, max_width, rng):
    """Set some neighbouring frames to the mean of the spectrogram (SpecAugment; Park et al. 2019, section 2).

    Parameters
    ----------
    spectrogram : ndarray of float, shape (n_bins, n_frames)
        Decibels.
    max_width : int
        Widest mask, at most n_frames.
    rng : numpy.random.Generator
        Draws first the width, 0 .. max_width, then the first frame, 0 .. n_frames - width: each end included, each by
        `rng.integers`.

    Returns
    -------
    ndarray of float64, shape (n_bins, n_frames)
        A changed copy.
    """
    ### BEGIN SOLUTION
    width = rng.integers(0, max_width + 1)
    first = rng.integers(0, spectrogram.shape[1] - width + 1)
    masked = spectrogram.copy()
    masked[:, first : first + width] = spectrogram.mean()
    return masked
    ### END SOLUTION


# %%
picture = locked(np.arange(12.0).reshape(2, 6))
assert np.array_equal(time_mask(picture, 0, np.random.default_rng(0)), picture)
assert np.all(time_mask(picture, 6, np.random.default_rng(0))[:, 1:] == 5.5)

# %% [markdown]
# ## 2. Several frequency masks


# %%
def frequency_masks(spectrogram, n_masks, max_width, rng):
    """Set bands of neighbouring rows to the mean of the spectrogram, as it was before the first mask.

    Parameters
    ----------
    spectrogram : ndarray of float, shape (n_bins, n_frames)
        Decibels.
    n_masks : int
        How many masks; they may overlap.
    max_width : int
        Widest mask, at most n_bins.
    rng : numpy.random.Generator
        For each mask draws first the width, 0 .. max_width, then the first row, 0 .. n_bins - width: each end included.

    Returns
    -------
    ndarray of float64, shape (n_bins, n_frames)
        A changed copy.
    """
    ### BEGIN SOLUTION
    blanked = spectrogram.copy()
    for _ in range(n_masks):
        height = rng.integers(0, max_width + 1)
        row = rng.integers(0, len(spectrogram) - height + 1)
        blanked[row : row + height] = spectrogram.mean()
    return blanked
    ### END SOLUTION


# %%
assert np.array_equal(frequency_masks(picture.T, 0, 3, np.random.default_rng(0)), picture.T)
blanked = frequency_masks(picture.T, 2, 3, np.random.default_rng(1))
assert np.array_equal(blanked.T, [[0, 1, 2, 5.5, 5.5, 5.5], [6, 7, 8, 5.5, 5.5, 5.5]])

# %% [markdown]
# ## 3. Noise of a given strength
#
# The signal-to-noise ratio compares mean powers: 10 log10(power of the signal / power of the noise).


# %%
def add_noise(waveform, snr_db, rng):
    """Add white noise whose mean power, as drawn, lies exactly `snr_db` below the waveform's.

    Parameters
    ----------
    waveform : ndarray of float, shape (n_samples,)
        Samples, not all zero.
    snr_db : float
        Signal-to-noise ratio in decibels.
    rng : numpy.random.Generator
        Draws the noise by one call of `rng.standard_normal`.

    Returns
    -------
    ndarray of float64, shape (n_samples,)
        Signal plus scaled noise.
    """
    ### BEGIN SOLUTION
    noise = rng.standard_normal(len(waveform))
    ratio = np.mean(waveform**2) / np.mean(noise**2)
    return waveform + noise * np.sqrt(ratio / 10 ** (snr_db / 10))
    ### END SOLUTION


# %%
wave = locked(np.sin(np.arange(1000) / 9))
noisy = add_noise(wave, 20, np.random.default_rng(0))
assert np.isclose(np.mean((noisy - wave) ** 2), np.mean(wave**2) / 100)

# %% [markdown]
# ## 4. Another loudness


# %%
def random_gain(waveform, max_db, rng):
    """Multiply a waveform by a gain between -max_db and +max_db, drawn evenly in decibels of amplitude.

    Parameters
    ----------
    waveform : ndarray of float, shape (n_samples,)
        Samples.
    max_db : float
        Largest change in decibels.
    rng : numpy.random.Generator
        Draws the gain by `rng.uniform`.

    Returns
    -------
    ndarray of float64, shape (n_samples,)
        Scaled samples; +20 dB is ten times the amplitude.
    """
    ### BEGIN SOLUTION
    decibel = rng.uniform(-max_db, max_db)
    return waveform * 10 ** (decibel / 20)
    ### END SOLUTION


# %%
assert np.array_equal(random_gain(locked([1.0, 1]), 0, np.random.default_rng(0)), np.ones(2))
assert np.allclose(random_gain(locked([1.0, 2]), 20, np.random.default_rng(2)), [0.33359864, 0.66719727])

# %% [markdown]
# ## 5. A shift in time


# %%
def shift_in_time(waveform, max_shift, rng):
    """Move a waveform later (or earlier, if the shift is negative); what moves in is silence.

    Parameters
    ----------
    waveform : ndarray of float, shape (n_samples,)
        Samples.
    max_shift : int
        Largest shift in samples, less than n_samples.
    rng : numpy.random.Generator
        Draws the shift, -max_shift .. max_shift, each end included, by `rng.integers`.

    Returns
    -------
    ndarray of float64, shape (n_samples,)
        Shifted samples.
    """
    ### BEGIN SOLUTION
    shift = rng.integers(-max_shift, max_shift + 1)
    moved = np.zeros(len(waveform))
    start, stop = max(shift, 0), len(waveform) + min(shift, 0)
    moved[start:stop] = waveform[start - shift : stop - shift]
    return moved
    ### END SOLUTION


# %%
sound = locked([1.0, 2, 3, 4])
assert np.array_equal(shift_in_time(sound, 2, np.random.default_rng(1)), [1, 2, 3, 4])
assert np.array_equal(shift_in_time(sound, 2, np.random.default_rng(4)), [0, 1, 2, 3])
assert np.array_equal(shift_in_time(sound, 2, np.random.default_rng(11)), [3, 4, 0, 0])

# %% [markdown]
# ## 6. Mixup
#
# Two clips at once, and a target that says how much of each.


# %%
def mixup(x, targets, alpha, rng):
    """Mix each sample of a batch with a partner, and its target in the same share (Zhang et al. 2018, eq. 1).

    Parameters
    ----------
    x : ndarray of float, shape (batch, ...)
        Inputs.
    targets : ndarray of float, shape (batch, n_classes)
        Probabilities.
    alpha : float
        Both parameters of the Beta distribution.
    rng : numpy.random.Generator
        Draws first one share for the whole batch, by `rng.beta`, then the partners, by `rng.permutation`.

    Returns
    -------
    (ndarray, ndarray)
        share * own + (1 - share) * partner, of `x` and of `targets`.
    """
    ### BEGIN SOLUTION
    share = rng.beta(alpha, alpha)
    partner = rng.permutation(len(x))
    return share * x + (1 - share) * x[partner], share * targets + (1 - share) * targets[partner]
    ### END SOLUTION


# %%
mixed, mixed_targets = mixup(locked([[0.0], [1.0], [5.0]]), locked(np.eye(3)), 1.0, np.random.default_rng(0))
assert np.allclose(mixed[:, 0], [1.48766027, 1, 3.51233973])
assert np.allclose(mixed_targets, [[0.70246795, 0, 0.29753205], [0, 1, 0], [0.29753205, 0, 0.70246795]])
