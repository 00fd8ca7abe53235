"""What the network gets to see: a clip's feature, augmented and cropped in training, plain otherwise; in batches.

Comes in: a `Recipe` and its `Dataset`. Goes out: batches, channels last.

Everything that is drawn for a sample comes from the generator of (seed, epoch, index); only training has one.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from minser import augment
from minser.corpus import batches
from minser.corpus.batches import Array
from minser.corpus.dataset import Dataset, class_number
from minser.features.extract import are_slopes, network_input, silence
from minser.recipes import Recipe


def training_batches(recipe: Recipe, dataset: Dataset, epoch: int, first_step: int = 0) -> Iterator[batches.Batch]:
    """Return an epoch's training batches from step `first_step` on, augmented and cropped at random."""
    plan, settings = recipe.augment, recipe.training
    classes = set(dataset.labels.tolist())
    if plan.minority_only:
        classes = set(augment.minority_classes(dataset.labels, dataset.split.train).tolist())
    if plan.classes:
        classes &= {class_number(dataset.names, "augment.classes", name) for name in plan.classes}

    def sample(index: int, rng: np.random.Generator) -> Array:
        is_changed = rng.random() < plan.probability and int(dataset.labels[index]) in classes
        if is_changed and dataset.waveforms is not None:
            waveform = change_waveform(dataset.waveforms[index], recipe, rng)
            feature: Array = network_input(waveform, recipe.features)
        else:
            feature = dataset.features[index]
        if is_changed:
            feature = change_feature(feature, recipe, rng)
        align = rng.random() if recipe.features.random_crop else 0.0
        fill = silence(feature, recipe.features)
        feature = batches.fit_frames(feature, n_frames=recipe.features.n_frames, align=align, fill=fill)
        return mask(feature, recipe, rng) if is_changed else feature

    return batches.training_batches(
        dataset.labels,
        dataset.train,
        batch_size=settings.batch_size,
        seed=settings.seed,
        epoch=epoch,
        sample=sample,
        first_step=first_step,
    )


def evaluation_batches(recipe: Recipe, dataset: Dataset, indices: NDArray[np.intp]) -> Iterator[batches.Batch]:
    """Return some clips in their order, in batches, nothing drawn; long ones in pieces, as they are answered."""
    return batches.evaluation_batches(
        dataset.labels,
        indices,
        batch_size=recipe.training.batch_size,
        pieces=lambda index: dataset.pieces(index, recipe.features),
    )


def change_waveform(waveform: Array, recipe: Recipe, rng: np.random.Generator) -> Array:
    """Return a waveform (n_samples,) after the recipe's changes: speed, pitch, gain, noise, in this order."""
    plan = recipe.augment
    if plan.stretch_rates:
        waveform = augment.time_stretch(waveform, rate=_drawn(rng, plan.stretch_rates))
    if plan.pitch_semitones:
        waveform = augment.pitch_shift(waveform, n_semitones=_drawn(rng, plan.pitch_semitones))
    if plan.gain_db:
        waveform = augment.apply_gain(waveform, gain_db=_drawn(rng, plan.gain_db))
    if plan.noise_snr_db:
        snr_db = _drawn(rng, plan.noise_snr_db)
        waveform = augment.add_noise(waveform, rng.standard_normal(waveform.shape), snr_db=snr_db)
    return waveform


def change_feature(feature: Array, recipe: Recipe, rng: np.random.Generator) -> Array:
    """Return a feature after the recipe's changes of whole features: warping, filter, brightness, contrast.

    A filter leaves slopes as they are: it adds the same to every frame.
    """
    plan = recipe.augment
    if plan.freq_warp:
        feature = augment.freq_warp(feature, factor=_drawn(rng, plan.freq_warp))
    if plan.time_warp:
        feature = augment.time_warp(feature, factor=_drawn(rng, plan.time_warp))
    if plan.filter_offset:
        low, high = plan.filter_offset
        changed = augment.random_filter(feature, min_offset=low, max_offset=high, rng=rng)
        before, after = (each.reshape(*feature.shape[:2], -1) for each in (feature, changed))
        after[..., are_slopes(recipe.features)] = before[..., are_slopes(recipe.features)]
        feature = changed
    if plan.brightness:
        feature = augment.brightness(feature, offset=_drawn(rng, plan.brightness))
    if plan.contrast:
        feature = augment.contrast(feature, factor=_drawn(rng, plan.contrast))
    return feature


def mask(feature: Array, recipe: Recipe, rng: np.random.Generator) -> Array:
    """Return a cropped feature with the recipe's masks over it."""
    plan = recipe.augment
    feature = augment.random_time_mask(
        feature, max_width_frames=plan.time_mask_frames, n_masks=plan.time_masks, rng=rng
    )
    return augment.random_freq_mask(feature, max_width_bins=plan.freq_mask_bins, n_masks=plan.freq_masks, rng=rng)


def _drawn(rng: np.random.Generator, limits: tuple[float, ...]) -> float:
    """Return an amount between two limits, every one as likely as any other."""
    low, high = limits
    return rng.uniform(low, high)
