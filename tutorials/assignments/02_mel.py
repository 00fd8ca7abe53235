# %% [markdown]
# # Assignment 2: from a spectrum to mel bands, decibels and cepstra
#
# Comes after lesson 3. Takes about 60 minutes.
#
# The ear hears pitch on a scale of its own and loudness as a logarithm. The mel filter bank and the decibel imitate
# it; the cosine transform squeezes what is left into a few numbers. NumPy is all you need, and no function may change
# its arguments.

# %%
import numpy as np


def locked(values):
    """Return an array that cannot be changed: a function that tries to is stopped at that line."""
    array = np.array(values)
    array.flags.writeable = False
    return array


# %% [markdown]
# ## 1. Hertz to mel
#
# Slaney's scale is linear up to 1 kHz (3 mel for 200 Hz), and logarithmic above (27 mel for each factor 6.4).


# %%
def hz_to_mel(hertz):
    """Convert frequencies to Slaney's mel scale (Slaney 1998, Auditory Toolbox).

    Parameters
    ----------
    hertz : ndarray of float
        Frequencies, 0 or more, of any shape.

    Returns
    -------
    ndarray of float64
        hertz * 3 / 200 below 1000 Hz, 15 + 27 ln(hertz / 1000) / ln(6.4) from there on.
    """
    ### BEGIN SOLUTION
    above = 15 + 27 * np.log(np.maximum(hertz, 1000) / 1000) / np.log(6.4)
    return np.where(hertz < 1000, hertz * 3 / 200, above)
    ### END SOLUTION


# %%
assert np.allclose(hz_to_mel(locked([0.0, 200.0, 1000.0, 6400.0])), [0, 3, 15, 42])

# %% [markdown]
# ## 2. Mel to hertz


# %%
def mel_to_hz(mel):
    """Convert Slaney's mel to hertz: the inverse of the step before.

    Parameters
    ----------
    mel : ndarray of float
        Mel, 0 or more, of any shape.

    Returns
    -------
    ndarray of float64
        Frequencies in hertz; 15 mel are 1000 Hz.
    """
    ### BEGIN SOLUTION
    above = 1000 * 6.4 ** ((np.maximum(mel, 15) - 15) / 27)
    return np.where(mel < 15, mel * 200 / 3, above)
    ### END SOLUTION


# %%
assert np.allclose(mel_to_hz(locked([0.0, 3.0, 15.0, 42.0])), [0, 200, 1000, 6400])

# %% [markdown]
# ## 3. Triangles
#
# Filter m rises from edge m to its peak at edge m + 1 and falls to zero at edge m + 2. Slaney's norm divides it by
# half its width, so that each filter has the same area and wide ones do not shout.


# %%
def mel_filters(edges, frequencies):
    """Build triangular filters of equal area (Slaney 1998, Auditory Toolbox).

    Parameters
    ----------
    edges : ndarray of float, shape (n_mels + 2,)
        Rising frequencies in hertz: filter m uses edges m, m + 1 and m + 2.
    frequencies : ndarray of float, shape (n_bins,)
        Frequency of each row of a spectrum, in hertz.

    Returns
    -------
    ndarray of float64, shape (n_mels, n_bins)
        min(rise, fall), at least 0, times 2 / (edges[m + 2] - edges[m]).
    """
    ### BEGIN SOLUTION
    low, peak, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rise = (frequencies - low) / (peak - low)
    fall = (high - frequencies) / (high - peak)
    triangles = np.maximum(np.minimum(rise, fall), 0)
    return triangles * 2 / (high - low)
    ### END SOLUTION


# %%
assert np.allclose(mel_filters(locked([0.0, 2, 6]), locked([0.0, 2, 4, 8])), [[0, 1 / 3, 1 / 6, 0]])

# %% [markdown]
# ## 4. Log-mel
#
# Each band sums the power under its filter. Ten times the logarithm makes decibels of it; too small a power is lifted
# first.


# %%
def log_mel(power, filters, amin):
    """Compute the mel spectrogram in decibels.

    Parameters
    ----------
    power : ndarray of float, shape (n_bins, n_frames)
        Power spectrogram.
    filters : ndarray of float, shape (n_mels, n_bins)
        Weights of each band.
    amin : float
        Powers of bands below it count as `amin`; above 0.

    Returns
    -------
    ndarray of float64, shape (n_mels, n_frames)
        10 log10 of the power in each band.
    """
    ### BEGIN SOLUTION
    bands = filters @ power
    return 10 * np.log10(np.maximum(bands, amin))
    ### END SOLUTION


# %%
assert np.allclose(log_mel(locked([[1.0, 0], [9, 0]]), locked([[1.0, 1]]), 1e-3), [[10, -30]])

# %% [markdown]
# ## 5. Relative to the loudest, and not below a floor


# %%
def relative_db(decibels, top_db):
    """Set the largest value of a clip to 0 dB and lift everything below -top_db to -top_db.

    Parameters
    ----------
    decibels : ndarray of float, shape (n_mels, n_frames)
        One clip.
    top_db : float
        Depth of the floor, in decibels.

    Returns
    -------
    ndarray of float64, shape (n_mels, n_frames)
        From -top_db to 0.
    """
    ### BEGIN SOLUTION
    shifted = decibels - decibels.max()
    return np.maximum(shifted, -top_db)
    ### END SOLUTION


# %%
assert np.allclose(relative_db(locked([[3.0, -90], [-7, 5]]), 80), [[-2, -80], [-12, 0]])

# %% [markdown]
# ## 6. The cosine transform
#
# Its rows are cosines of 0, 1/2, 1, ... periods, scaled so that they are orthonormal.


# %%
def dct_matrix(n_mfcc, n_mels):
    """Build the first rows of the orthonormal DCT-II (Ahmed, Natarajan & Rao 1974).

    Parameters
    ----------
    n_mfcc : int
        Rows.
    n_mels : int
        N, columns; at least `n_mfcc`.

    Returns
    -------
    ndarray of float64, shape (n_mfcc, n_mels)
        sqrt(2 / N) cos(pi k (n + 1/2) / N); row 0 is divided by sqrt(2) more.
    """
    ### BEGIN SOLUTION
    angle = np.pi * np.arange(n_mfcc)[:, None] * (np.arange(n_mels) + 0.5) / n_mels
    rows = np.sqrt(2 / n_mels) * np.cos(angle)
    rows[0] /= np.sqrt(2)
    return rows
    ### END SOLUTION


# %%
assert np.allclose(dct_matrix(3, 3) @ dct_matrix(3, 3).T, np.eye(3))

# %% [markdown]
# ## 7. Cepstra


# %%
def mfcc(decibels, n_mfcc):
    """Compute mel-frequency cepstral coefficients (Davis & Mermelstein 1980): the DCT of each frame's log-mel.

    Parameters
    ----------
    decibels : ndarray of float, shape (n_mels, n_frames)
        Log-mel spectrogram.
    n_mfcc : int
        Coefficients to keep.

    Returns
    -------
    ndarray of float64, shape (n_mfcc, n_frames)
        Coefficients of each frame, by the orthonormal DCT-II.
    """
    ### BEGIN SOLUTION
    return dct_matrix(n_mfcc, len(decibels)) @ decibels
    ### END SOLUTION


# %%
assert np.allclose(mfcc(locked([[3.0, 1, 0], [1, 1, 2]]), 2), np.array([[4, 2, 2], [2, 0, -2]]) / np.sqrt(2))
