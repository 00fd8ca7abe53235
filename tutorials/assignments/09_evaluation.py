# %% [markdown]
# # Assignment 9: what is a score worth?
#
# Comes after lesson 10. Takes about 90 minutes.
#
# A network has answered. You say how well it recognises each class, how far the score would move with other speakers,
# whether it beats another network, and whether its probabilities can be believed. `confusion[true, predicted]` counts
# clips. NumPy is all you need, and no function may change its arguments.

# %%
import numpy as np


def locked(values):
    """Return an array that cannot be changed: a function that tries to is stopped at that line."""
    array = np.array(values)
    array.flags.writeable = False
    return array


def mean_recall(confusion):
    """Return the UAR of each confusion matrix, (..., n_classes, n_classes) -> (...): the classes that occur count."""
    totals = confusion.sum(axis=-1)
    recalls = np.diagonal(confusion, axis1=-2, axis2=-1) / np.maximum(totals, 1)
    return recalls.sum(axis=-1) / np.count_nonzero(totals, axis=-1)


def log_probs(logits):
    """Return the logarithms of the probabilities, (n_clips, n_classes); logits may be large."""
    return logits - np.logaddexp.reduce(logits, axis=1)[:, None]


# %% [markdown]
# ## 1. Each class by itself


# %%
def scores_per_class(confusion):
    """Compute recall, precision and F1 of each class (Van Rijsbergen 1979, chapter 7).

    Parameters
    ----------
    confusion : ndarray of int, shape (n_classes, n_classes)
        confusion[true, predicted]. Some classes may have no clips, and some may never be predicted.

    Returns
    -------
    (ndarray, ndarray, ndarray)
        recall, precision and F1, each of shape (n_classes,). Recall is the share of a class's clips that were
        recognised, precision the share of its predictions that were right, and F1 their harmonic mean,
        2 recall precision / (recall + precision). Each of the three is 0 where its denominator is 0.
    """
    ### BEGIN SOLUTION
    hits, clips, guesses = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    recall, precision = hits / np.maximum(clips, 1), hits / np.maximum(guesses, 1)
    return recall, precision, 2 * hits / np.maximum(clips + guesses, 1)
    ### END SOLUTION


# %%
each = scores_per_class(locked([[3, 1, 0], [0, 2, 0], [0, 0, 0]]))
assert np.allclose(each[0], [0.75, 1, 0])
assert np.allclose(each[1], [1, 2 / 3, 0])
assert np.allclose(each[2], [6 / 7, 0.8, 0])

# %% [markdown]
# ## 2. Macro F1


# %%
def macro_f1(confusion):
    """Compute the mean of the classes' F1 (Opitz & Burst 2019, the first of their two definitions).

    Parameters
    ----------
    confusion : ndarray of int, shape (n_classes, n_classes)
        confusion[true, predicted].

    Returns
    -------
    float
        Mean F1 of the classes that have clips or predictions, each with the same weight. A class that has one of the
        two, and no hits, counts with 0. A class that has neither does not count.
    """
    ### BEGIN SOLUTION
    sizes = confusion.sum(axis=0) + confusion.sum(axis=1)
    seen = sizes > 0
    return float(np.mean(2 * np.diag(confusion)[seen] / sizes[seen]))
    ### END SOLUTION


# %%
assert np.isclose(macro_f1(locked([[3, 1, 0, 1], [0, 2, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])), 31 / 60)

# %% [markdown]
# ## 3. An interval of the UAR
#
# Other speakers would have given another score. To see by how much it moves, draw speakers with replacement from those
# that there are. The function `mean_recall` is given above.


# %%
def uar_interval(confusions, level, n_draws, rng):
    """Compute an interval of the UAR by bootstrap over speakers (Davison & Hinkley 1997, section 3.8).

    Parameters
    ----------
    confusions : ndarray of int, shape (n_speakers, n_classes, n_classes)
        A confusion matrix for each speaker. A speaker may lack a class.
    level : float
        Share of the draws between the two ends, for instance 0.95.
    n_draws : int
        Number of draws.
    rng : numpy.random.Generator
        Draws all speakers by one call, `rng.integers(0, n_speakers, (n_draws, n_speakers))`: a row is a draw.

    Returns
    -------
    (float, float)
        The (1 - level) / 2 and the (1 + level) / 2 quantile, by `np.quantile`, of the draws' UAR. The UAR of a draw is
        that of the sum of its speakers' matrices. A class without clips in a draw does not count in that draw.
    """
    ### BEGIN SOLUTION
    drawn = rng.integers(0, len(confusions), (n_draws, len(confusions)))
    scores = mean_recall(confusions[drawn].sum(axis=1))
    low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
    ### END SOLUTION


# %%
three = locked([[[9, 1], [0, 1]], [[1, 1], [3, 3]], [[0, 4], [0, 6]]])
assert np.allclose(uar_interval(three, 0.8, 200, np.random.default_rng(0)), [11 / 24, 0.875])

# %% [markdown]
# ## 4. Is A better than B?
#
# Do not compare two intervals. A speaker who is hard for A is hard for B too, so each draw takes the same speakers for
# both.


# %%
def paired_difference(confusions_a, confusions_b, n_draws, rng):
    """Compute by how much A's UAR is higher than B's, with a 95 % interval by paired bootstrap over speakers.

    Parameters
    ----------
    confusions_a, confusions_b : ndarray of int, shape (n_speakers, n_classes, n_classes)
        A confusion matrix for each speaker, of the same clips in both.
    n_draws : int
        Number of draws.
    rng : numpy.random.Generator
        Draws speakers once, for both, by `rng.integers(0, n_speakers, (n_draws, n_speakers))`: a row is a draw.

    Returns
    -------
    (float, float, float)
        UAR of A minus UAR of B on the clips of all speakers, each speaker once; then the 0.025 and the 0.975 quantile,
        by `np.quantile`, of the same difference in each draw. A UAR is that of the sum of speakers' matrices.
    """
    ### BEGIN SOLUTION
    drawn = rng.integers(0, len(confusions_a), (n_draws, len(confusions_a)))
    gaps = mean_recall(confusions_a[drawn].sum(axis=1)) - mean_recall(confusions_b[drawn].sum(axis=1))
    low, high = np.quantile(gaps, [0.025, 0.975])
    value = mean_recall(confusions_a.sum(axis=0)) - mean_recall(confusions_b.sum(axis=0))
    return float(value), float(low), float(high)
    ### END SOLUTION


# %%
others = locked([[[8, 2], [1, 0]], [[1, 1], [4, 2]], [[1, 3], [1, 5]]])
assert np.allclose(paired_difference(three, others, 200, np.random.default_rng(0)), [3 / 26, -1 / 24, 0.55])

# %% [markdown]
# ## 5. Sure, and wrong
#
# The log loss is the cross-entropy of the answers. One clip with a probability of 0 for its true class would make it
# infinite, so probabilities are kept away from 0 and 1.


# %%
def log_loss(probs, y_true, eps):
    """Compute the mean of -ln(probability of the true class) (Good 1952).

    Parameters
    ----------
    probs : ndarray of float, shape (n_clips, n_classes)
        Probabilities; each row sums to 1.
    y_true : ndarray of int, shape (n_clips,)
        Class numbers.
    eps : float
        Probabilities below eps count as eps, those above 1 - eps as 1 - eps. Rows are not rescaled afterwards.

    Returns
    -------
    float
        In nats: the logarithm is the natural one.
    """
    ### BEGIN SOLUTION
    chosen = probs[np.arange(len(y_true)), y_true]
    return float(-np.log(np.clip(chosen, eps, 1 - eps)).mean())
    ### END SOLUTION


# %%
said = locked([[0.5, 0.5], [1, 0], [0, 1]])
assert np.isclose(log_loss(said, locked([0, 1, 1]), 0.1), 1.0336975)

# %% [markdown]
# ## 6. Is 80 % sure right in 80 % of the cases?


# %%
def calibration_error(confidence, correct, n_bins):
    """Compute the expected calibration error (Guo et al. 2017, eq. 3).

    Parameters
    ----------
    confidence : ndarray of float, shape (n_clips,)
        Probability of each answer, 0 .. 1.
    correct : ndarray of bool, shape (n_clips,)
        Whether each answer is right.
    n_bins : int
        Number of bins of equal width. Bin i = 1 .. n_bins holds (i - 1) / n_bins < confidence <= i / n_bins; a
        confidence of 0 is in the first one. Bins may be empty.

    Returns
    -------
    float
        The distance between the share of right answers and the mean confidence in a bin, averaged over the bins, each
        weighted by its share of the clips.
    """
    ### BEGIN SOLUTION
    bins = np.maximum(np.ceil(confidence * n_bins).astype(int), 1)
    surplus = np.bincount(bins, weights=correct - confidence)
    return float(np.abs(surplus).sum() / len(bins))
    ### END SOLUTION


# %%
sure = locked([0.25, 0.5, 0.875, 1.0, 0.75])
assert np.isclose(calibration_error(sure, locked([True, False, False, True, True]), 4), 0.475)
assert np.isclose(calibration_error(sure[1:3], locked([True, False]), 2), 0.6875)

# %% [markdown]
# ## 7. One number that mends it
#
# Logits divided by a temperature of more than 1 give more modest probabilities and the same answers. The function
# `log_probs` is given above.


# %%
def fit_temperature(logits, y_true, temperatures):
    """Find the temperature of a grid under which the true classes are likeliest (Guo et al. 2017, section 4.2).

    Parameters
    ----------
    logits : ndarray of float, shape (n_clips, n_classes)
        What the softmax gets, of clips that the network did not learn from.
    y_true : ndarray of int, shape (n_clips,)
        Class numbers.
    temperatures : ndarray of float, shape (n_temperatures,)
        The grid: positive numbers, all different, in any order. The logits are divided by each of them.

    Returns
    -------
    (float, float)
        The temperature with the lowest log loss, and that loss: the mean of -ln(probability of the true class), without
        clipping.
    """
    ### BEGIN SOLUTION
    rows = np.arange(len(y_true))
    losses = [-log_probs(logits / temperature)[rows, y_true].mean() for temperature in temperatures]
    best = np.argmin(losses)
    return float(temperatures[best]), float(losses[best])
    ### END SOLUTION


# %%
bold = locked([[4.0, 0], [4, 0], [0, 4], [4, 0]])
fitted = fit_temperature(bold, locked([0, 0, 1, 1]), locked([1.0, 9, 4, 0.25]))
assert np.allclose(fitted, [4, 0.5632617])

# a network that is too sure of itself, on 12 speakers of whom some are harder than others
rng = np.random.default_rng(1)
voice, emotion = np.repeat(np.arange(12), 30), rng.integers(0, 4, 360)
clear = np.eye(4)[emotion] * rng.uniform(0.5, 3, 12)[voice, None] + rng.standard_normal((360, 4))
matrices = []
for logits in (3 * clear, 3 * (clear + rng.standard_normal(clear.shape))):
    per_speaker = np.zeros((12, 4, 4), int)
    np.add.at(per_speaker, (voice, emotion, logits.argmax(axis=1)), 1)
    matrices.append(per_speaker)
ends = uar_interval(matrices[0], 0.95, 2000, rng)
gain, lowest, highest = paired_difference(*matrices, 2000, rng)
print(f"UAR {mean_recall(matrices[0].sum(axis=0)):.3f}, between {ends[0]:.3f} and {ends[1]:.3f} with other speakers")
print(f"better than the other network by {gain:.3f}, between {lowest:.3f} and {highest:.3f}")
temperature, _ = fit_temperature(3 * clear, emotion, np.linspace(0.5, 6, 56))
for word, logits in (("before", 3 * clear), ("after", 3 * clear / temperature)):
    probs = np.exp(log_probs(logits))
    error = calibration_error(probs.max(axis=1), probs.argmax(axis=1) == emotion, 10)
    print(f"calibration error {word} temperature {temperature:.1f}: {error:.3f}; log loss", end=" ")
    print(f"{log_loss(probs, emotion, 1e-7):.3f}")
