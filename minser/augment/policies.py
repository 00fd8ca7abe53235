"""Policies: which training samples are changed, and which come more than once.

Comes in: class numbers, the indices of the training part, a generator. Goes out: class numbers, or indices.

Nothing here takes a whole `Split`: who hands in training indices gets training indices back, so copies are made after
the split, and no clip can have a twin in the test part.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray


def minority_classes(labels: NDArray[np.intp], train: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the classes with fewer training clips than the largest one.

    Parameters
    ----------
    labels : int array of shape (n_clips,)
        Class number of each clip of the corpus.
    train : int array
        Indices of the training clips.

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
    return np.asarray(classes[counts < counts.max(initial=0)])


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
        If a class has no training clip to repeat.

    Examples
    --------
    >>> labels = np.array([0, 1, 1, 1])
    >>> oversample(labels, np.array([3, 2, 1, 0]), classes=[0], rng=np.random.default_rng(0))
    array([3, 2, 1, 0, 0, 0])
    """
    if missing := sorted(set(map(int, classes)) - set(labels[train])):
        raise ValueError(f"classes: expected classes that have training clips, got {missing}")
    largest = np.bincount(labels[train]).max(initial=0)
    filled = [train]
    for number in classes:
        members = train[labels[train] == number]
        filled.append(rng.choice(members, size=largest - len(members)))
    return np.concatenate(filled)
