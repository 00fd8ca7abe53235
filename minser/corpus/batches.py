"""From single features, cut or padded to one number of frames, to the batches that a network eats.

Comes in: a feature; or labels, the indices of a part of a `Split`, and a function that makes one sample. Goes out: a
feature of as many frames as the network takes; or float32 batches, channels last.

What a training batch draws (its order, its crops, its masks) depends on the seed, the epoch and the index of
the sample alone. There is no hidden state: a run that is resumed in epoch 7 sees what it would have seen
without the stop. Only `training_batches` hands out a generator, so augmentation cannot reach an
evaluation by mistake.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minser.features.extract import silence
from minser.recipes import Features

Array = NDArray[np.floating[Any]]
Batch = tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.intp]]
"""x, class numbers, and in training indices of the clips, else their places in the part."""


def shuffled(indices: NDArray[np.intp], *, seed: int, epoch: int) -> NDArray[np.intp]:
    """Return the indices in this epoch's order, drawn from seed and epoch alone."""
    # NumPy pads a short key with zeros, so [seed, epoch] would be the generator of sample 0; the last word is
    # another.
    rng = np.random.default_rng([seed, epoch, 0, 1])
    return rng.permutation(indices)


def sample_rng(seed: int, epoch: int, index: int, *, copy: int = 0) -> np.random.Generator:
    """Return the generator of one sample in one epoch; of an oversampled clip each further `copy` has its own."""
    # A fourth word of 6 or more is a copy's; smaller ones are other uses, which minser/README.md lists.
    return np.random.default_rng([seed, epoch, index, 5 + copy] if copy else [seed, epoch, index])


def fit_frames(feature: Array, *, n_frames: int, align: float = 0.5, fill: float | Array = 0.0) -> Array:
    """Cut or pad a feature in time.

    Parameters
    ----------
    feature : float32 or float64 array of shape (n_bins, any, ...)
        Time is axis 1.
    n_frames : int
        Frames wanted.
    align : float
        Where the feature lies, 0 to 1. 0 keeps its start (cuts or pads the end), 0.5 its middle, 1 its end. A
        random crop is ``align=rng.random()``: each position is then equally likely.
    fill : float, or array of shape (channels,)
        Value of the frames that are added: the feature's silence, -80 for decibels with a floor there.

    Returns
    -------
    array of shape (n_bins, n_frames, ...)
        A new array of the same dtype.

    Raises
    ------
    TypeError
        `feature` is no array of float32 or float64.
    ValueError
        `n_frames` is below 1, `align` is not in 0 to 1, or `feature` has no axis 1.

    Examples
    --------
    >>> fit_frames(np.array([[1.0, 2.0, 3.0]]), n_frames=2, align=0.0)
    array([[1., 2.]])
    >>> fit_frames(np.array([[1.0, 2.0, 3.0]]), n_frames=5)
    array([[0., 1., 2., 3., 0.]])
    """
    dtype = getattr(feature, "dtype", type(feature))
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"feature: expected an array of float32 or float64, got {dtype} (convert it with astype)")
    if n_frames < 1 or not 0 <= align <= 1:
        raise ValueError(f"n_frames must be at least 1 and align from 0 to 1, got {n_frames} and {align}")
    if feature.ndim < 2:
        raise ValueError(f"feature must be (n_bins, n_frames, ...), got shape {feature.shape}")
    slack = abs(feature.shape[1] - n_frames)
    offset = min(slack, int(align * (slack + 1)))  # each of the slack + 1 positions has an equal share of 0 to 1
    if feature.shape[1] >= n_frames:
        return feature[:, offset : offset + n_frames].copy()
    padded = np.full((feature.shape[0], n_frames, *feature.shape[2:]), fill, dtype=feature.dtype)
    padded[:, offset : offset + feature.shape[1]] = feature
    return padded


def fit(feature: Array, settings: Features, *, fill: float | None = None) -> Array:
    """Return a feature with as many frames as the network takes: its middle, or its start if training saw that.

    What it lacks is filled with silence, or with `fill`.
    """
    filling = silence(feature, settings) if fill is None else fill
    return fit_frames(feature, n_frames=settings.n_frames, align=0.5 if settings.random_crop else 0.0, fill=filling)


def count_training_batches(n_samples: int, *, batch_size: int) -> int:
    """Return the number of batches that `training_batches` makes of so many samples."""
    return max(1, n_samples // batch_size + (n_samples % batch_size > 1))


def training_batches(
    labels: NDArray[np.intp],
    indices: NDArray[np.intp],
    *,
    batch_size: int,
    seed: int,
    epoch: int,
    sample: Callable[[int, np.random.Generator], Array],
    first_step: int = 0,
) -> Iterator[Batch]:
    """Yield one epoch of shuffled and augmented batches.

    Each index comes once. The last batch may be smaller; but a single sample that is left over joins the
    batch before it, because batch normalisation cannot learn from one sample.

    Parameters
    ----------
    labels : int array of shape (n_clips,)
        Class number of each clip.
    indices : int array
        The clips to train on; an oversampled clip stands in it more than once.
    batch_size : int
        Samples in a batch.
    seed, epoch : int
        Draw the order and every sample's generator.
    sample : callable
        ``sample(index, rng)`` returns the network's input for a clip, (n_bins, n_frames) or (n_bins, n_frames,
        channels), cropped and augmented. It must not change what is stored.
    first_step : int
        Number of the first batch, from 0; no sample of those before it is made.

    Yields
    ------
    x : float32 array of shape (batch, n_bins, n_frames, channels)
    y : int array of shape (batch,)
    batch_indices : int array of shape (batch,)
        The clips in the batch.

    Raises
    ------
    ValueError
        There is nothing to train on, `batch_size` is below 1, or the samples differ in shape.
    """
    if len(indices) == 0 or batch_size < 1:
        raise ValueError(f"indices must not be empty and batch_size at least 1, got {len(indices)} and {batch_size}")
    order = shuffled(indices, seed=seed, epoch=epoch)
    n_batches = count_training_batches(len(order), batch_size=batch_size)
    seen = Counter(order[: first_step * batch_size].tolist())
    for step in range(first_step, n_batches):
        end = len(order) if step == n_batches - 1 else (step + 1) * batch_size
        chosen = order[step * batch_size : end]
        samples = []
        for i in map(int, chosen):
            samples.append(sample(i, sample_rng(seed, epoch, i, copy=seen[i])))
            seen[i] += 1
        yield stack(samples), labels[chosen], chosen


def evaluation_batches(
    labels: NDArray[np.intp],
    indices: NDArray[np.intp],
    *,
    batch_size: int,
    pieces: Callable[[int], Iterable[Array]],
) -> Iterator[Batch]:
    """Yield the clips in the order of `indices`, without any randomness; of no clips no batch.

    Parameters
    ----------
    labels, indices, batch_size
        As for `training_batches`; the last batch holds what is left.
    pieces : callable
        ``pieces(index)`` yields the network's inputs for a clip: one, or several of a long one. It gets no generator.

    Yields
    ------
    x, y
        As from `training_batches`, a row for each piece.
    places : int array of shape (batch,)
        Where in `indices` each piece's clip stands.

    Raises
    ------
    ValueError
        The inputs differ in shape.
    """
    rows = ((place, piece) for place, index in enumerate(indices.tolist()) for piece in pieces(index))
    while chosen := list(islice(rows, batch_size)):
        places = np.array([place for place, _ in chosen])
        yield stack(piece for _, piece in chosen), labels[indices[places]], places


def stack(samples: Iterable[Array]) -> NDArray[np.float32]:
    """Make one float32 batch, and give a channel axis to samples that have none.

    Parameters
    ----------
    samples : iterable of array, each of shape (n_bins, n_frames) or (n_bins, n_frames, channels)

    Returns
    -------
    float32 array of shape (batch, n_bins, n_frames, channels)

    Raises
    ------
    ValueError
        If they differ in shape.
    """
    batch = np.stack(list(samples)).astype(np.float32, copy=False)  # (batch, n_bins, n_frames[, channels])
    return batch[..., np.newaxis] if batch.ndim == 3 else batch
