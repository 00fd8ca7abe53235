# %% [markdown]
# # Assignment 8: a trained model, honestly scored
#
# Comes after lesson 9. Takes about 90 minutes.
#
# `08_features.csv` beside this file describes 192 clips of synthetic voices: who speaks (24 speakers), which of eight
# emotions, and 14 numbers on pitch, loudness and timbre. You keep speakers apart, train a small network, and say how
# sure its score is. NumPy is all you need, and no function may change its arguments.

# %%
import numpy as np


def locked(values):
    """Return an array that cannot be changed: a function that tries to is stopped at that line."""
    array = np.array(values)
    array.flags.writeable = False
    return array


def softmax(logits):
    """Return probabilities, (batch, n_classes)."""
    return np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


def predict(params, x):
    """Return the class numbers that a network with one hidden layer chooses, (batch,)."""
    active = np.clip(x @ params["weight1"] + params["bias1"], 0, None)
    return np.argmax(active @ params["weight2"] + params["bias2"], axis=1)


# %% [markdown]
# ## 1. Nobody may be in two parts


# %%
def speaker_split(speakers, test_speakers):
    """Split clips so that no speaker is in both parts.

    Parameters
    ----------
    speakers : ndarray of int, shape (n_clips,)
        Who speaks in each clip.
    test_speakers : ndarray of int
        Speakers of the test part.

    Returns
    -------
    (ndarray of int, ndarray of int)
        Rising indices of the training clips and of the test clips.
    """
    ### BEGIN SOLUTION
    tested = np.isin(speakers, test_speakers)
    return np.flatnonzero(~tested), np.flatnonzero(tested)
    ### END SOLUTION


# %%
parts = speaker_split(locked([7, 3, 7, 5]), locked([7]))
assert np.array_equal(parts[0], [1, 3])
assert np.array_equal(parts[1], [0, 2])

# %% [markdown]
# ## 2. Standardise, without a look at the test part


# %%
def standardise(train, test):
    """Scale each feature to mean 0 and standard deviation 1, both measured on the training part alone.

    Parameters
    ----------
    train, test : ndarray of float, shapes (n_train, n_features) and (n_test, n_features)
        No feature is constant in training. The variance divides by n_train.

    Returns
    -------
    (ndarray, ndarray)
        Both parts, moved and scaled by the same numbers.
    """
    ### BEGIN SOLUTION
    centre, spread = train.mean(axis=0), train.std(axis=0)
    return (train - centre) / spread, (test - centre) / spread
    ### END SOLUTION


# %%
scaled = standardise(locked([[1.0], [5]]), locked([[6.0]]))
assert np.allclose(scaled[0], [[-1], [1]])
assert np.allclose(scaled[1], [[1.5]])

# %% [markdown]
# ## 3. Who is taken for whom


# %%
def confusion_matrix(y_true, y_pred, n_classes):
    """Count each pair of true and predicted class.

    Parameters
    ----------
    y_true, y_pred : ndarray of int, shape (n_clips,)
        Class numbers.
    n_classes : int
        Number of classes; some may not occur.

    Returns
    -------
    ndarray of int, shape (n_classes, n_classes)
        confusion[true, predicted].
    """
    ### BEGIN SOLUTION
    pairs = y_true * n_classes + y_pred
    return np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)
    ### END SOLUTION


# %%
assert np.array_equal(confusion_matrix(locked([0, 0, 1]), locked([0, 1, 1]), 2), [[1, 1], [0, 1]])

# %% [markdown]
# ## 4. Unweighted average recall


# %%
def uar(confusion):
    """Compute the mean over classes of the share that was recognised (Schuller et al. 2009).

    Parameters
    ----------
    confusion : ndarray of int, shape (n_classes, n_classes)
        confusion[true, predicted].

    Returns
    -------
    float
        Mean recall of the classes that occur; a class without clips does not count.
    """
    ### BEGIN SOLUTION
    totals = confusion.sum(axis=1)
    there = totals > 0
    return float(np.mean(np.diag(confusion)[there] / totals[there]))
    ### END SOLUTION


# %%
assert np.isclose(uar(locked([[3, 1, 0], [0, 2, 0], [0, 0, 0]])), 0.875)

# %% [markdown]
# ## 5. How sure is it?
#
# Clips of one speaker are alike, so whole speakers are drawn, not clips.


# %%
def bootstrap_interval(correct, speakers, n_draws, rng):
    """Compute a 95 % interval of the accuracy by bootstrap over speakers (Efron & Tibshirani 1993, section 13.3).

    Parameters
    ----------
    correct : ndarray of bool, shape (n_clips,)
        Whether each clip was recognised.
    speakers : ndarray of int, shape (n_clips,)
        0 .. n_speakers - 1; each occurs.
    n_draws : int
        Number of draws.
    rng : numpy.random.Generator
        Draws all speakers by one call, `rng.integers(0, n_speakers, (n_draws, n_speakers))`.

    Returns
    -------
    (float, float)
        The 0.025 and the 0.975 quantile, by `np.quantile`, of the accuracy over all clips of the drawn speakers.
    """
    ### BEGIN SOLUTION
    clips = np.bincount(speakers)
    hits = np.bincount(speakers, weights=correct)
    drawn = rng.integers(0, len(clips), (n_draws, len(clips)))
    accuracies = hits[drawn].sum(axis=1) / clips[drawn].sum(axis=1)
    low, high = np.quantile(accuracies, [0.025, 0.975])
    return float(low), float(high)
    ### END SOLUTION


# %%
hits = locked([True, True, True, False, False, True, False, False, False, True])
sure = bootstrap_interval(hits, locked([0, 1, 1, 1, 1, 2, 2, 3, 3, 3]), 500, np.random.default_rng(0))
assert np.allclose(sure, [0.3846153846, 0.6916666667])

# %% [markdown]
# ## 6. The gradients of a whole network
#
# x weight1 + bias1, ReLU, times weight2 + bias2, softmax, and the mean cross-entropy over the batch. The function
# `softmax` is given above.


# %%
def network_gradients(params, x, targets):
    """Compute the gradients of the mean cross-entropy of a network with one hidden layer.

    Parameters
    ----------
    params : dict of str to ndarray
        weight1 (n_features, n_hidden), bias1 (n_hidden,), weight2 (n_hidden, n_classes), bias2 (n_classes,).
    x : ndarray of float, shape (batch, n_features)
    targets : ndarray of float, shape (batch, n_classes)
        Probabilities; each row sums to 1.

    Returns
    -------
    dict of str to ndarray
        A gradient for each parameter, under the same names.
    """
    ### BEGIN SOLUTION
    hidden = np.maximum(x @ params["weight1"] + params["bias1"], 0)
    grad_logits = (softmax(hidden @ params["weight2"] + params["bias2"]) - targets) / len(x)
    grad_hidden = grad_logits @ params["weight2"].T * (hidden > 0)
    return {
        "weight1": x.T @ grad_hidden,
        "bias1": grad_hidden.sum(axis=0),
        "weight2": hidden.T @ grad_logits,
        "bias2": grad_logits.sum(axis=0),
    }
    ### END SOLUTION


# %%
small = {"weight1": locked(np.eye(2)), "bias1": np.zeros(2), "weight2": locked(np.zeros((2, 2))), "bias2": np.zeros(2)}
gradients = network_gradients(small, locked([[1.0, -1], [0, 2]]), locked([[1.0, 0], [1, 0]]))
assert np.allclose(gradients["weight2"], [[-0.25, 0.25], [-0.5, 0.5]])
assert np.allclose(gradients["bias2"], [-0.5, 0.5])
assert network_gradients({**small, "weight2": np.eye(2)}, np.array([[1.0, -1]]), np.array([[1.0, 0]]))["bias1"][1] == 0

# %% [markdown]
# ## 7. Training
#
# Any method will do: plain gradient descent in random batches is enough. The grader trains with your function on some
# speakers, and scores on others with `predict`: a UAR of 70 % gets all points, one of 50 % gets half of them.


# %%
def train_network(x, targets, rng):
    """Train a network with one hidden layer, in a few seconds.

    Parameters
    ----------
    x : ndarray of float, shape (n_clips, n_features)
        Standardised features.
    targets : ndarray of float, shape (n_clips, n_classes)
        Probabilities.
    rng : numpy.random.Generator
        For the first weights and the order of the clips.

    Returns
    -------
    dict of str to ndarray
        weight1, bias1, weight2 and bias2, as `network_gradients` and `predict` use them.
    """
    ### BEGIN SOLUTION
    widths = (x.shape[1], 32, targets.shape[1])
    params = {"bias1": np.zeros(widths[1]), "bias2": np.zeros(widths[2])}
    for name, rows, columns in (("weight1", *widths[:2]), ("weight2", *widths[1:])):
        params[name] = rng.standard_normal((rows, columns)) * np.sqrt(2 / rows)
    for _ in range(60):
        for batch in np.array_split(rng.permutation(len(x)), max(1, len(x) // 16)):
            slopes = network_gradients(params, x[batch], targets[batch])
            params = {name: value - 0.1 * slopes[name] for name, value in params.items()}
    return params
    ### END SOLUTION


# %%
table = np.loadtxt("08_features.csv", delimiter=",", skiprows=1)
voice, emotion = table[:, 0].astype(int), table[:, 1].astype(int)
train, test = speaker_split(voice, np.arange(1, 25, 4))
x_train, x_test = standardise(table[train, 2:], table[test, 2:])
trained = train_network(locked(x_train), locked(np.eye(8)[emotion[train]]), np.random.default_rng(0))
chosen = predict(trained, x_test)
score = uar(confusion_matrix(emotion[test], chosen, 8))
interval = bootstrap_interval(chosen == emotion[test], voice[test] // 4, 2000, np.random.default_rng(1))
print(f"UAR {score:.3f} on six new speakers; accuracy between {interval[0]:.2f} and {interval[1]:.2f}")
assert score > 0.7
