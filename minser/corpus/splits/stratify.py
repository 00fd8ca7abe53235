"""Draw a part of a corpus that has the corpus's proportions of classes.

Comes in: class numbers, and which clips belong together. Goes out: indices.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def leaders_of(groups: ArrayLike) -> NDArray[np.intp]:
    """Return, for each clip, the first clip of its group.

    Examples
    --------
    >>> leaders_of(["x", "a", "x", "b"])
    array([0, 1, 0, 3])
    """
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], np.intp)


def draw_part(
    indices: NDArray[np.intp],
    size: int,
    labels: NDArray[np.intp],
    leaders: NDArray[np.intp],
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Draw clips in the classes' proportions, whole groups at a time.

    Parameters
    ----------
    indices : int array
        The clips to draw from; a group lies in them as a whole.
    size : int
        Clips to draw, at most ``len(indices)``. Fewer are drawn where no group fits into what is left of a
        class.
    labels, leaders : int array of shape (n_clips,)
        Class number of each clip of the corpus; first clip of its group, from `leaders_of`.
    rng : numpy Generator
        Draws the clips, and which of the classes with equal remainders gets one more.

    Returns
    -------
    int array
        Sorted.
    """
    n_classes = int(labels.max()) + 1
    room = _shares(np.bincount(labels[indices], minlength=n_classes), size, rng)  # (n_classes,)
    drawn = []
    # All clips are permuted, not the groups alone: the draw then hardly depends on which clips are grouped.
    for index in rng.permutation(indices):
        members = indices[leaders[indices] == index]  # empty unless this clip is the first of its group
        needed = np.bincount(labels[members], minlength=n_classes)
        if (needed <= room).all():
            room -= needed
            drawn.append(members)
    return np.sort(np.concatenate(drawn))


def _shares(counts: NDArray[np.intp], size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Divide `size` in proportion to `counts`, by largest remainder; equal remainders are drawn."""
    # Whole numbers throughout: rounded quotients would break ties by chance.
    shares, remainders = np.divmod(size * counts, counts.sum())
    by_remainder = np.lexsort((rng.random(len(counts)), -remainders))
    shares[by_remainder[: size - shares.sum()]] += 1
    return shares
