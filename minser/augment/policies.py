"""Policies: which training samples are changed, and which come more than once.

Comes in: class numbers, the indices of the training part, a generator. Goes out: class numbers, indices, or yes and no.

Nothing here takes a whole `Split`: who hands in training indices gets training indices back, so copies are made after
the split, and no clip can have a twin in the test part.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray


def all_classes(labels: NDArray[np.intp], train: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return every class that has training clips: augmentation on everything.

    Parameters
    ----------
    labels : int array of shape (n_clips,)
        Class number of each clip of the corpus.
    train : int array
        Indices of the training clips.

    Returns
    -------
    int array
        Class numbers, ascending.
    """
    return np.unique(labels[train])


def minority_classes(labels: NDArray[np.intp], train: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the classes with fewer training clips than the largest one.

    Parameters
    ----------
    labels, train
        As in `all_classes`.

    Returns
    -------
    int array
        Class numbers, ascending; none where all classes are of one size.

    Examples
    --------
    >>> minority_classes(np.array([0, 1, 1, 2, 2, 2]), np.arange(5))
    array([0])
    """
    classes, counts = np.unique(labels[train], return_counts=True)
    minority: NDArray[np.intp] = classes[counts < counts.max(initial=0)]
    return minority


def draw_choice(label: int, *, classes: Collection[int] | NDArray[np.intp], p: float, rng: np.random.Generator) -> bool:
    """Draw whether a sample is augmented.

    Parameters
    ----------
    label : int
        Class number of the sample.
    classes : collection of int
        The classes that are augmented, from `all_classes` or `minority_classes`.
    p : float
        Probability with which a sample of these classes is augmented, 0 to 1.
    rng : numpy.random.Generator
        Source of the decision; one number is drawn for a sample of any class.

    Returns
    -------
    bool
        Never true for another class.

    Raises
    ------
    ValueError
        If `p` is not in 0 to 1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p: expected a probability from 0 to 1, got {p}")
    return bool(rng.random() < p) and label in classes


def oversample(
    labels: NDArray[np.intp],
    train: NDArray[np.intp],
    *,
    classes: Collection[int] | NDArray[np.intp],
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Repeat training clips of some classes until each has as many as the largest class.

    Parameters
    ----------
    labels : int array of shape (n_clips,)
        Class number of each clip of the corpus.
    train : int array
        Indices of the training clips, each once.
    classes : collection of int
        The classes to fill up.
    rng : numpy.random.Generator
        Source of the copies: each is drawn from all clips of its class, whether already copied or not.

    Returns
    -------
    int array
        `train`, in its order, and the copies behind it.

    Raises
    ------
    ValueError
        If a clip is in `train` twice, or a class has no training clip to repeat.

    Examples
    --------
    >>> labels = np.array([0, 1, 1, 1])
    >>> oversample(labels, np.array([3, 2, 1, 0]), classes=[0], rng=np.random.default_rng(0))
    array([3, 2, 1, 0, 0, 0])
    """
    if len(np.unique(train)) != len(train):
        raise ValueError("train: expected each clip once, got repeated indices (already oversampled?)")
    if missing := sorted(set(map(int, classes)) - set(labels[train])):
        raise ValueError(f"classes: expected classes that have training clips, got {missing}")
    largest = np.bincount(labels[train]).max(initial=0)
    filled = [train]
    for number in classes:
        members = train[labels[train] == number]
        filled.append(rng.choice(members, size=largest - len(members)))
    return np.concatenate(filled)
