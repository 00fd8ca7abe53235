from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from minser import augment, recipes
from minser.corpus import batches, recipe_batches
from minser.corpus.dataset import _oversampled, adapted, load_dataset
from minser.corpus.splits import at_random

BASE = {
    "features.sr": 8000, "features.n_fft": 256, "features.hop_length": 64, "features.n_mels": 16,
    "features.n_frames": 32, "features.trim_top_db": 0.0, "augment.time_masks": 0, "augment.freq_masks": 0,
}  # fmt: skip
WAVEFORM = {
    "augment.stretch_rates": [0.9, 1.1],
    "augment.pitch_semitones": [-2, 2],
    "augment.gain_db": [-6, 6],
    "augment.noise_snr_db": [10, 30],
}
FEATURE = {
    "augment.freq_warp": [0.9, 1.1],
    "augment.time_warp": [0.85, 1.15],
    "augment.filter_offset": [-0.2, 0.2],
    "augment.brightness": [-0.2, 0.2],
    "augment.contrast": [0.8, 1.2],
    "augment.time_masks": 1,
    "augment.time_mask_frames": 4,
}


@pytest.fixture
def load(workplace, tiny_corpus):
    def load(changes):
        recipe = recipes.read("toy").replace(BASE | changes)
        return recipe, load_dataset(recipe, tiny_corpus)

    return load


def epoch_of(recipe, dataset, epoch=1):
    """Return an epoch's samples and targets by the clip's index."""
    batches = recipe_batches.training_batches(recipe, dataset, epoch)
    return {int(i): (x, y) for xs, ys, chosen in batches for x, y, i in zip(xs, ys, chosen, strict=True)}


@pytest.mark.parametrize("changes", [{}, FEATURE, pytest.param(WAVEFORM | FEATURE, marks=pytest.mark.slow)])
def test_an_epoch_repeats_itself_and_the_next_one_differs(load, changes):
    recipe, dataset = load(changes)
    first, again, second = (epoch_of(recipe, dataset, epoch) for epoch in (1, 1, 2))
    for i, (x, y) in first.items():
        assert x.shape == (16, 32, 1)
        assert x.dtype == np.float32
        np.testing.assert_array_equal(x, again[i][0])
        np.testing.assert_array_equal(y, again[i][1])
    assert any(not np.array_equal(first[i][0], second[i][0]) for i in first)


@pytest.mark.parametrize("changes", [WAVEFORM, FEATURE, *({name: value} for name, value in WAVEFORM.items())])
def test_augmentation_changes_training_and_nothing_else(load, changes):
    recipe, dataset = load(changes)
    plain = recipe.replace({"features.random_crop": False})
    changed = epoch_of(plain, dataset)
    n_changed = sum(
        not np.array_equal(x[..., 0], batches.fit(dataset.features[i], plain.features)) for i, (x, _) in changed.items()
    )
    if changes != {"augment.gain_db": [-6, 6]}:  # level is taken out of every feature again
        assert n_changed > 0.9 * len(changed)
    for x, _, places in recipe_batches.evaluation_batches(plain, dataset, dataset.split.val):
        for sample, i in zip(x, dataset.split.val[places], strict=True):
            np.testing.assert_array_equal(sample[..., 0], batches.fit(dataset.features[i], plain.features))


def test_probability_and_minority_choose_who_is_changed(load):
    recipe, dataset = load(FEATURE | {"augment.minority_only": True, "features.random_crop": False})
    is_small = dataset.labels[dataset.split.train] == 0
    train = np.concatenate([dataset.split.train[~is_small], dataset.split.train[is_small][:5]])
    smaller = replace(dataset, train=train, split=replace_train(dataset.split, train))
    for i, (x, _) in epoch_of(recipe, smaller).items():
        same = np.array_equal(x[..., 0], batches.fit(dataset.features[i], recipe.features))
        assert same == (dataset.labels[i] != 0)
    untouched = recipe.replace({"augment.probability": 0.0})
    for i, (x, _) in epoch_of(untouched, smaller).items():
        np.testing.assert_array_equal(x[..., 0], batches.fit(dataset.features[i], recipe.features))


def test_the_probability_is_the_share_of_the_clips_that_are_changed(load):
    recipe, dataset = load({"augment.brightness": [1, 2], "augment.probability": 0.7, "features.random_crop": False})
    changed = [
        not np.array_equal(x[..., 0], batches.fit(dataset.features[i], recipe.features))
        for epoch in range(10)
        for i, (x, _) in epoch_of(recipe, dataset, epoch).items()
    ]
    assert np.mean(changed) == pytest.approx(0.7, abs=5 * np.sqrt(0.21 / len(changed)))  # five standard errors


def test_named_classes_alone_are_changed(load):
    named = {"augment.classes": ["happy", "sad"], "features.random_crop": False}
    recipe, dataset = load(FEATURE | named)
    for i, (x, _) in epoch_of(recipe, dataset).items():
        same = np.array_equal(x[..., 0], batches.fit(dataset.features[i], recipe.features))
        assert same == (dataset.labels[i] not in (2, 3))
    both = recipe.replace({"augment.minority_only": True})  # all classes are of one size: nobody is left
    for i, (x, _) in epoch_of(both, dataset).items():
        np.testing.assert_array_equal(x[..., 0], batches.fit(dataset.features[i], recipe.features))
    with pytest.raises(ValueError, match=r"augment\.classes must be one of neutral"):
        load({"augment.classes": ["bored"]})


CHANGES = {  # what a recipe's range stands for, of a waveform or a feature and a number between its ends
    "stretch_rates": (augment.time_stretch, "rate"),
    "pitch_semitones": (augment.pitch_shift, "n_semitones"),
    "gain_db": (augment.apply_gain, "gain_db"),
    "freq_warp": (augment.freq_warp, "factor"),
    "time_warp": (augment.time_warp, "factor"),
    "brightness": (augment.brightness, "offset"),
    "contrast": (augment.contrast, "factor"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_amounts_are_drawn_between_the_ends_of_their_range(rng, name):
    change, parameter = CHANGES[name]
    recipe = recipes.Recipe("ranges").replace({f"augment.{name}": [0.9, 1.4]})
    is_waveform = name in ("stretch_rates", "pitch_semitones", "gain_db")
    apply = recipe_batches.change_waveform if is_waveform else recipe_batches.change_feature
    array = rng.standard_normal(3000 if is_waveform else (12, 30))
    for seed in range(5):
        expected = change(array, **{parameter: np.random.default_rng(seed).uniform(0.9, 1.4)})
        np.testing.assert_array_equal(apply(array, recipe, np.random.default_rng(seed)), expected)


def test_noise_is_white_and_as_loud_as_drawn(rng):
    recipe = recipes.Recipe("noise").replace({"augment.noise_snr_db": [5, 15]})
    waveform = rng.standard_normal(2**16)
    ratios = []
    for seed in range(8):
        noise = recipe_batches.change_waveform(waveform, recipe, np.random.default_rng(seed)) - waveform
        ratios.append(10 * np.log10(np.square(waveform).mean() / np.square(noise).mean()))
        spectrum = np.square(np.abs(np.fft.rfft(noise)))[1:].reshape(32, -1).mean(axis=1)
        np.testing.assert_allclose(spectrum, spectrum.mean(), rtol=0.2)  # 1024 bins each: a deviation of 3 %
    assert 5 <= min(ratios) < 8
    assert 12 < max(ratios) <= 15


def test_a_filter_changes_levels_and_not_how_they_move(rng):
    recipe = recipes.read("minser").replace(
        {
            "features.channels": ["log_mel", "delta_log_mel"],
            "augment.freq_warp": [],
            "augment.time_warp": [],
            "augment.filter_offset": [0.5, 1.0],
        }
    )
    feature = rng.standard_normal((64, 10, 2)).astype(np.float32)
    changed = recipe_batches.change_feature(feature, recipe, rng)
    np.testing.assert_array_equal(changed[..., 1], feature[..., 1])
    added = changed[..., 0] - feature[..., 0]
    assert added.min() > 0.49
    np.testing.assert_allclose(added, added[:, :1].repeat(10, axis=1), atol=1e-6)  # one curve, in every frame
    alone = recipe.replace({"features.channels": ["delta_log_mel"]})
    np.testing.assert_array_equal(recipe_batches.change_feature(feature[..., 1], alone, rng), feature[..., 1])


def replace_train(split, train):
    """Return a split with fewer training clips; the others wait in the validation part."""
    left = np.setdiff1d(split.train, train)
    return replace(split, train=np.sort(train), val=np.sort(np.concatenate([split.val, left])))


def test_oversampling_fills_a_class_in_training_only(load):
    _, dataset = load({"augment.oversample": ["neutral"], "data.split": "random_80_10_10"})
    counts = np.bincount(dataset.labels[dataset.train], minlength=8)
    assert counts[0] == counts.max()
    assert set(dataset.train) == set(dataset.split.train)
    assert not set(dataset.train) & set(dataset.split.test)
    with pytest.raises(ValueError, match=r"augment\.oversample must be one of neutral"):
        load({"augment.oversample": ["bored"]})


def test_copies_that_the_split_made_are_not_made_again(load):
    recipe, _ = load({})
    clips = [type("Clip", (), {"label": label}) for label in [0, *[1] * 20]]
    split = at_random.copied(clips, label=0, seed=0)
    labels = np.array([clip.label for clip in clips])
    changed = recipe.replace({"augment.oversample": ["neutral"]})
    assert _oversampled(changed, ("neutral", "calm"), labels, split) is split.train


@pytest.mark.parametrize("value", [[1.0], [2.0, 1.0], [1.0, 2.0, 3.0]])
def test_a_range_has_two_numbers_in_order(value):
    with pytest.raises(ValueError, match=r"augment\.gain_db must be \[low, high\] or \[\]"):
        recipes.read("toy").replace({"augment.gain_db": value})


@pytest.mark.slow
def test_images_have_no_waveform_to_change(workplace, tiny_corpus):
    from minser import data

    assert data.main(["images", "pictures", "--data", str(tiny_corpus), "--size", "16"]) == 0
    recipe = adapted(recipes.read("toy").replace(WAVEFORM), Path("pictures"))
    with pytest.raises(ValueError, match="changes waveforms, and pictures holds images"):
        load_dataset(recipe, Path("pictures"))


def test_a_clip_lies_in_tests_as_it_lay_in_training():
    feature = np.arange(20.0).reshape(2, 10)
    middle, start = (
        batches.fit(feature, recipes.Features(n_frames=4, random_crop=random_crop)) for random_crop in (True, False)
    )
    np.testing.assert_array_equal(middle, feature[:, 3:7])
    np.testing.assert_array_equal(start, feature[:, :4])
