# %% [markdown]
# # Assignment 10: find the leak
#
# Comes after lesson 10. Takes about 90 minutes.
#
# Below is an experiment as one finds many: it recognises four emotions of new clips, says its author, with more than
# 90 %. Read `experiment` first. It has four leaks. You find them (exercises 1 to 3), mend each (4 to 7), and at the end
# run the mended experiment. NumPy is all you need, and no function may change its arguments.

# %%
import numpy as np

SETTINGS = (1, 3, 5, 9, 15, 25)  # how many neighbours vote


def locked(values):
    """Return an array that cannot be changed: a function that tries to is stopped at that line."""
    array = np.array(values)
    array.flags.writeable = False
    return array


def make_voices():
    """Return features (288, 12), emotions and speakers of made-up clips. Each speaker has an own manner."""
    rng = np.random.default_rng(10)
    speakers, emotions = np.repeat(np.arange(16), 18), np.tile(np.repeat(np.arange(4), (3, 4, 5, 6)), 16)
    emotion, manner = rng.standard_normal((4, 12)), rng.standard_normal((16, 4, 12))
    own = 0.7 * emotion[emotions] + manner[speakers, emotions] + 0.7 * rng.standard_normal((288, 12))
    return own * np.geomspace(0.1, 10, 12), emotions, speakers


def vote(x, y, train, asked, n_neighbours):
    """Return for each asked clip the emotion that most of the nearest training clips have."""
    distances = np.sum((x[asked, None] - x[train]) ** 2, axis=2)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :n_neighbours]
    return np.eye(y.max() + 1)[y[train[nearest]]].sum(axis=1).argmax(axis=1)


def experiment(x, y, rng):
    """Return the share of recognised clips, and which clips (numbers of rows of `x`) each step has used."""
    n_each = np.bincount(y).max()  # the classes are of different size, so small ones are filled up
    clips = np.concatenate([np.resize(np.flatnonzero(y == label), n_each) for label in np.unique(y)])
    clips = rng.permutation(clips)
    train, test = clips[: len(clips) * 3 // 4], clips[len(clips) * 3 // 4 :]
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    shares = [np.mean(vote(x, y, train, test, n) == y[test]) for n in SETTINGS]
    return max(shares), {"train": train, "scaling": np.arange(len(x)), "choice": test, "test": test}


features, emotions, speakers = make_voices()
reported, steps = experiment(features, emotions, np.random.default_rng(0))
print(f"{100 * reported:.0f} % of the clips are recognised")

# %% [markdown]
# ## 1. Who is in both parts?


# %%
def shared_speakers(speakers, train, test):
    """Find the speakers who speak in both parts.

    Parameters
    ----------
    speakers : ndarray of int, shape (n_clips,)
        Who speaks in each clip; any numbers.
    train, test : ndarray of int, shapes (n_train,) and (n_test,)
        The clips of each part: indices into `speakers`, in any order. A clip may occur several times.

    Returns
    -------
    ndarray of int, shape (n_shared,)
        Those speakers, each once, in rising order; empty if there is none.
    """
    ### BEGIN SOLUTION
    return np.intersect1d(speakers[train], speakers[test])
    ### END SOLUTION


# %%
who = locked([7, 3, 7, 5, 3, 9])
assert np.array_equal(shared_speakers(who, locked([5, 0, 1]), locked([4, 2, 3, 4])), [3, 7])
assert np.array_equal(shared_speakers(who, locked([5, 0]), locked([1, 3])), [])

# %% [markdown]
# ## 2. Copies under another name
#
# A clip may be in both parts twice: as it is, or changed a little by augmentation. Its number then tells nothing, and
# its features do.


# %%
def copies(train, test, tolerance):
    """Find the test clips that are copies of training clips.

    Parameters
    ----------
    train, test : ndarray of float, shapes (n_train, n_features) and (n_test, n_features)
        Features of the clips of each part.
    tolerance : float
        One clip is a copy of another if each feature differs by at most this, up or down: a difference of exactly
        `tolerance` still counts as a copy.

    Returns
    -------
    ndarray of int, shape (n_copies,)
        Indices of the rows of `test` that are a copy of at least one row of `train`: each once, in rising order.
    """
    ### BEGIN SOLUTION
    changes = np.abs(test[:, None] - train).max(axis=2)
    return np.flatnonzero(changes.min(axis=1) <= tolerance)
    ### END SOLUTION


# %%
learned = locked([[1.0, 2, 3], [5, 5, 5], [1, 2, 4]])
asked = locked([[1.0, 2, 9], [1.5, 2, 3.5], [5, 5, 5], [4, 5.75, 5]])
assert np.array_equal(copies(learned, asked, 0.5), [1, 2])
assert np.array_equal(copies(learned, asked, 0.0), [2])
assert np.array_equal(copies(learned, asked, 1.0), [1, 2, 3])

# %% [markdown]
# ## 3. Name the leaks
#
# Nothing that was decided before the score was taken may have seen a test clip.


# %%
def leaks(record, speakers):
    """Say which leaks an experiment has.

    Parameters
    ----------
    record : dict of str to ndarray of int
        Which clips each step has used, as indices into `speakers`, in any order; a clip may occur several times.
        "train": clips that were learned from. "scaling": clips on which mean and standard deviation were measured.
        "choice": clips on which the settings were compared. "test": clips whose score was reported. "scaling" and
        "choice" may be empty.
    speakers : ndarray of int, shape (n_clips,)
        Who speaks in each clip.

    Returns
    -------
    dict of str to bool
        "speakers": whether anybody speaks both in a clip of "train" and in a clip of "test". "copies": whether any clip
        is in "train" and in "test". "scaling": whether any clip is in "scaling" and in "test". "choice": whether any
        clip is in "choice" and in "test". The four are independent: copies are of shared speakers too. Clips that
        occur several times within one step are no leak.
    """
    ### BEGIN SOLUTION
    test = record["test"]
    steps = {"copies": "train", "scaling": "scaling", "choice": "choice"}
    found = {leak: bool(np.isin(record[step], test).any()) for leak, step in steps.items()}
    return {"speakers": bool(np.isin(speakers[record["train"]], speakers[test]).any()), **found}
    ### END SOLUTION


# %%
assert all(leaks({name: locked(clips) for name, clips in steps.items()}, locked(speakers)).values())
steps_of_another = {"train": [0, 2, 2], "scaling": [0, 2, 4], "choice": [4, 1], "test": [5, 3, 1]}
found = leaks({name: locked(clips) for name, clips in steps_of_another.items()}, who)
assert found == {"speakers": False, "copies": False, "scaling": False, "choice": True}
steps_of_another = {"train": [0, 1], "scaling": [0, 1, 3], "choice": np.zeros(0, int), "test": [4, 3]}
found = leaks({name: locked(clips) for name, clips in steps_of_another.items()}, who)
assert found == {"speakers": True, "copies": False, "scaling": True, "choice": False}

# %% [markdown]
# ## 4. Mend the split


# %%
def mended_split(speakers, n_test, n_val, rng):
    """Split clips into three parts, so that no speaker is in two of them.

    Parameters
    ----------
    speakers : ndarray of int, shape (n_clips,)
        Who speaks in each clip; any numbers.
    n_test, n_val : int
        Numbers of speakers of the test part and of the validation part; together fewer than there are. n_val may be 0.
    rng : numpy.random.Generator
        Brings the different speakers, in rising order, into another order by one call of `rng.permutation`. The first
        n_test of that order are the test part's, the next n_val the validation part's, all others train.

    Returns
    -------
    (ndarray of int, ndarray of int, ndarray of int)
        Rising indices of the training, the validation and the test clips.
    """
    ### BEGIN SOLUTION
    order = rng.permutation(np.unique(speakers))
    parts = order[n_test + n_val :], order[n_test : n_test + n_val], order[:n_test]
    return tuple(np.flatnonzero(np.isin(speakers, part)) for part in parts)
    ### END SOLUTION


# %%
parts = mended_split(who, 1, 2, np.random.default_rng(0))
assert [list(part) for part in parts] == [[5], [1, 3, 4], [0, 2]]

# %% [markdown]
# ## 5. Mend the oversampling
#
# First split, then copy, and only training clips.


# %%
def mended_oversampling(labels, train, rng):
    """Fill up the classes of the training part with copies, until each is as large as the largest of them.

    Parameters
    ----------
    labels : ndarray of int, shape (n_clips,)
        Class numbers of all clips, of every part.
    train : ndarray of int, shape (n_train,)
        The training clips: different indices into `labels`, in any order.
    rng : numpy.random.Generator
        For each class that is smaller than the largest one in training, in the order of their numbers, one call
        `rng.choice(own, n_missing)`: `own` are its training clips in the order of `train`.

    Returns
    -------
    ndarray of int
        `train` as it is, then the drawn copies in the order of drawing. A class without training clips stays empty.
    """
    ### BEGIN SOLUTION
    classes = [train[labels[train] == label] for label in np.unique(labels[train])]
    largest = max(len(own) for own in classes)
    drawn = [rng.choice(own, largest - len(own)) for own in classes]
    return np.concatenate([train, *drawn])
    ### END SOLUTION


# %%
kinds = locked([0, 0, 1, 1, 1, 1, 2, 2, 1, 2, 2])
filled = mended_oversampling(kinds, locked([10, 7, 0, 5, 3, 2]), np.random.default_rng(3))
assert np.array_equal(filled, [10, 7, 0, 5, 3, 2, 0, 0, 7])

# %% [markdown]
# ## 6. Mend the standardisation
#
# In cross-validation each fold is tested once, by what was learned from the others. So each fold has a mean and a
# standard deviation of its own.


# %%
def mended_standardise(x, folds):
    """Scale all clips once for each fold, by what was measured without the clips of that fold.

    Parameters
    ----------
    x : ndarray of float, shape (n_clips, n_features)
        Features.
    folds : ndarray of int, shape (n_clips,)
        In which fold each clip is tested; any numbers, at least two different ones. Folds may differ in size.

    Returns
    -------
    ndarray of float64, shape (n_folds, n_clips, n_features)
        All of `x` for each fold, in rising order of the folds' numbers: minus the mean, divided by the standard
        deviation, both of that feature over all clips of all other folds, each clip with the same weight. The variance
        divides by the number of those clips. A feature that is constant in the other folds is divided by 1.
    """
    ### BEGIN SOLUTION
    versions = []
    for fold in np.unique(folds):
        others = x[folds != fold]
        spread = others.std(axis=0)
        versions.append((x - others.mean(axis=0)) / np.where(spread > 0, spread, 1))
    return np.array(versions)
    ### END SOLUTION


# %%
four = locked([[1.0, 2], [6, 5], [5, 2], [3, 2]])
scaled = mended_standardise(four, locked([4, 9, 4, 4]))
assert np.allclose(scaled[0], [[-5, -3], [0, 0], [-1, -3], [-3, -3]])
assert np.allclose(scaled[1], (four - [3, 2]) / [np.sqrt(8 / 3), 1])

# %% [markdown]
# ## 7. Mend the choice


# %%
def mended_selection(val_scores, test_scores):
    """Choose a setting in each fold by validation, and report how it does on the test part.

    Parameters
    ----------
    val_scores, test_scores : ndarray of float, shape (n_folds, n_settings)
        Scores of each setting (an epoch, a number of neighbours) on the validation and the test part of each fold; more
        is better.

    Returns
    -------
    (ndarray of int, float)
        The chosen setting of each fold, (n_folds,), counted from 0: the one with the best score on the validation part
        of that fold, the first of them if several are equal. Then the mean over the folds of the chosen settings' test
        scores.
    """
    ### BEGIN SOLUTION
    chosen = np.argmax(val_scores, axis=1)
    return chosen, float(np.mean(test_scores[np.arange(len(chosen)), chosen]))
    ### END SOLUTION


# %%
seen, unseen = locked([[0.5, 0.75, 0.75], [0.9, 0.2, 0.4]]), locked([[0.7, 0.6, 0.5], [0.3, 0.9, 0.1]])
chosen, score = mended_selection(seen, unseen)
assert np.array_equal(chosen, [1, 0])
assert np.isclose(score, 0.45)

val_shares, test_shares, found = [], [], []
for seed in range(5):  # the experiment again, mended, with five splits
    rng = np.random.default_rng(seed)
    train, val, test = mended_split(speakers, 4, 3, rng)
    filled, known = mended_oversampling(emotions, train, rng), np.append(train, val)
    scaled = mended_standardise(features, np.isin(np.arange(len(features)), test))[1]
    for shares, part in ((val_shares, val), (test_shares, test)):
        shares.append([np.mean(vote(scaled, emotions, filled, part, n) == emotions[part]) for n in SETTINGS])
    found.append(leaks({"train": filled, "scaling": known, "choice": val, "test": test}, speakers))
chosen, score = mended_selection(np.array(val_shares), np.array(test_shares))
print(f"{100 * reported:.0f} % were reported, {100 * score:.0f} % are recognised if the speakers are new")
assert not any(any(one.values()) for one in found)
