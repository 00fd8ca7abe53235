import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from minser import augment, recipes
from minser.corpus import sampling
from minser.corpus.dataset import _oversampled, adapted, load_dataset
from minser.corpus.splits import at_random
from minser.runs.build import build_model
from minser.training.prediction import predict_logits

BASE = {
    "features.sr": 8000, "features.n_fft": 256, "features.hop_length": 64, "features.n_mels": 16,
    "features.n_frames": 32, "features.trim_top_db": 0.0, "augment.time_masks": 0, "augment.freq_masks": 0,
}  # fmt: skip
WAVEFORM = {
    "augment.stretch_rates": [0.9, 1.1],
    "augment.pitch_semitones": [-2, 2],
    "augment.shift_s": [-0.05, 0.05],
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
    batches = sampling.training_batches(recipe, dataset, epoch)
    return {int(i): (x, y) for xs, ys, chosen in batches for x, y, i in zip(xs, ys, chosen, strict=True)}


@pytest.mark.parametrize("changes", [{}, WAVEFORM, FEATURE, WAVEFORM | FEATURE | {"augment.mixup_alpha": 0.4}])
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
        not np.array_equal(x[..., 0], sampling.fit(dataset.features[i], plain.features))
        for i, (x, _) in changed.items()
    )
    if changes != {"augment.gain_db": [-6, 6]}:  # level is taken out of every feature again
        assert n_changed > 0.9 * len(changed)
    for x, _, chosen in sampling.evaluation_batches(plain, dataset, dataset.split.val):
        for sample, i in zip(x, chosen, strict=True):
            np.testing.assert_array_equal(sample[..., 0], sampling.fit(dataset.features[i], plain.features))


def test_probability_and_minority_choose_who_is_changed(load):
    recipe, dataset = load(FEATURE | {"augment.minority_only": True, "features.random_crop": False})
    is_small = dataset.labels[dataset.split.train] == 0
    train = np.concatenate([dataset.split.train[~is_small], dataset.split.train[is_small][:5]])
    smaller = replace(dataset, train=train, split=replace_train(dataset.split, train))
    for i, (x, _) in epoch_of(recipe, smaller).items():
        same = np.array_equal(x[..., 0], sampling.fit(dataset.features[i], recipe.features))
        assert same == (dataset.labels[i] != 0)
    untouched = recipe.replace({"augment.probability": 0.0})
    for i, (x, _) in epoch_of(untouched, smaller).items():
        np.testing.assert_array_equal(x[..., 0], sampling.fit(dataset.features[i], recipe.features))


def test_named_classes_alone_are_changed(load):
    named = {"augment.classes": ["happy", "sad"], "features.random_crop": False}
    recipe, dataset = load(FEATURE | named)
    for i, (x, _) in epoch_of(recipe, dataset).items():
        same = np.array_equal(x[..., 0], sampling.fit(dataset.features[i], recipe.features))
        assert same == (dataset.labels[i] not in (2, 3))
    both = recipe.replace({"augment.minority_only": True})  # all classes are of one size: nobody is left
    for i, (x, _) in epoch_of(both, dataset).items():
        np.testing.assert_array_equal(x[..., 0], sampling.fit(dataset.features[i], recipe.features))
    with pytest.raises(ValueError, match=r"augment\.classes must be one of neutral"):
        epoch_of(recipe.replace({"augment.classes": ["bored"]}), dataset)


CHANGES = {  # what a recipe's range stands for, of a waveform or a feature and a number between its ends
    "stretch_rates": (augment.time_stretch, "rate"),
    "pitch_semitones": (augment.pitch_shift, "n_semitones"),
    "shift_s": (functools.partial(augment.time_shift, sr=22050), "shift_s"),
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
    is_waveform = name in ("stretch_rates", "pitch_semitones", "shift_s", "gain_db")
    apply = sampling.change_waveform if is_waveform else sampling.change_feature
    array = rng.standard_normal(3000 if is_waveform else (12, 30))
    for seed in range(5):
        expected = change(array, **{parameter: np.random.default_rng(seed).uniform(0.9, 1.4)})
        np.testing.assert_array_equal(apply(array, recipe, np.random.default_rng(seed)), expected)


def test_noise_is_white_and_as_loud_as_drawn(rng):
    recipe = recipes.Recipe("noise").replace({"augment.noise_snr_db": [5, 15]})
    waveform = rng.standard_normal(2**16)
    ratios = []
    for seed in range(8):
        noise = sampling.change_waveform(waveform, recipe, np.random.default_rng(seed)) - waveform
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
    changed = sampling.change_feature(feature, recipe, rng)
    np.testing.assert_array_equal(changed[..., 1], feature[..., 1])
    added = changed[..., 0] - feature[..., 0]
    assert added.min() > 0.49
    np.testing.assert_allclose(added, added[:, :1].repeat(10, axis=1), atol=1e-6)  # one curve, in every frame
    alone = recipe.replace({"features.channels": ["delta_log_mel"]})
    np.testing.assert_array_equal(sampling.change_feature(feature[..., 1], alone, rng), feature[..., 1])


def replace_train(split, train):
    """Return a split with fewer training clips; the others wait in the validation part."""
    left = np.setdiff1d(split.train, train)
    return replace(split, train=np.sort(train), val=np.sort(np.concatenate([split.val, left])))


def test_mixup_mixes_targets_as_it_mixes_samples(rng):
    x = np.zeros((6, 2, 3, 1), np.float32)
    x[:, 0, 0, 0] = np.arange(6)
    mixed, probabilities = sampling.mixed(x, np.eye(6), rng.permutation(6), alpha=1.0, rng=rng)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(mixed[:, 0, 0, 0], probabilities @ np.arange(6), atol=1e-6)  # float32 of values up to 5
    assert (probabilities.max(axis=1) < 1).any()


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


def test_images_have_no_waveform_to_change(workplace, tiny_corpus):
    from minser import data

    assert data.main(["images", "pictures", "--data", str(tiny_corpus), "--size", "16"]) == 0
    recipe = adapted(recipes.read("toy").replace(WAVEFORM), Path("pictures"))
    with pytest.raises(ValueError, match="changes waveforms, and pictures holds images"):
        load_dataset(recipe, Path("pictures"))


def test_partners_stay_in_their_group_and_each_is_one_once(rng):
    groups = np.array(["woman", "man", "man", "woman", "woman"])
    partners = np.array([sampling.draw_partners(groups, rng) for _ in range(100)])
    np.testing.assert_array_equal(groups[partners], np.broadcast_to(groups, partners.shape))
    np.testing.assert_array_equal(np.sort(partners), np.broadcast_to(np.arange(5), partners.shape))
    assert {tuple(row) for row in partners[:, [1, 2]].tolist()} == {(1, 2), (2, 1)}


def test_mixup_of_one_sex_mixes_within_it(load):
    changes = {"augment.mixup_alpha": 1.0, "augment.mixup_same_sex": True, "features.random_crop": False}
    recipe, dataset = load(changes)
    sex_of = {i: clip.sex for i, clip in enumerate(dataset.clips)}
    by_sex = {sex: [i for i in dataset.train if sex_of[i] == sex] for sex in ("male", "female")}
    for i, (x, _) in epoch_of(recipe, dataset).items():
        own = np.array([sampling.fit(dataset.features[j], recipe.features) for j in by_sex[sex_of[i]]])
        basis = np.concatenate([own.reshape(len(own), -1)]).T
        _, residual, *_ = np.linalg.lstsq(basis, x[..., 0].ravel(), rcond=None)
        assert residual.sum() < 1e-6 * (x**2).sum()


def test_views_are_parts_at_several_speeds():
    settings = recipes.Features(n_frames=4, random_crop=True)
    feature = np.arange(20.0).reshape(2, 10)
    (middle,) = sampling.views(feature, settings)
    np.testing.assert_array_equal(middle, sampling.fit(feature, settings))
    start, centre, end = sampling.views(feature, replace(settings, test_crops=3))
    np.testing.assert_array_equal(start, feature[:, :4])
    np.testing.assert_array_equal(centre, feature[:, 3:7])
    np.testing.assert_array_equal(end, feature[:, 6:])
    views = sampling.views(feature, replace(settings, test_crops=2, test_warp=(0.5, 2.0)))
    assert [view[0].tolist() for view in views] == [
        [0, 1, 2, 3], [6, 7, 8, 9], [0, 2, 4, 6], [2, 4, 6, 8], [0, 0.5, 1, 1.5], [8, 8.5, 9, 9],
    ]  # fmt: skip


@pytest.mark.parametrize("n_parts", range(2, 31))
def test_parts_begin_where_whole_numbers_say(n_parts):
    """5 / 7 as a float, times 7, is below 5: that part began a frame too early."""
    settings = recipes.Features(n_frames=4, test_crops=n_parts)
    for slack in range(100):
        starts = [view[0, 0] for view in sampling.views(np.arange(4.0 + slack)[np.newaxis], settings)]
        assert starts == [min(slack, part * (slack + 1) // (n_parts - 1)) for part in range(n_parts)]


def test_logits_are_averaged_over_views(load):
    recipe, dataset = load({"features.test_crops": 3, "features.test_warp": [0.9, 1.1], "features.n_frames": 16})
    model = build_model(recipe, in_channels=1, n_classes=8)
    model.params["logits.weight"][...] = np.random.default_rng(0).normal(size=model.params["logits.weight"].shape)
    logits, y = predict_logits(model, sampling.evaluation_batches(recipe, dataset, dataset.split.test))
    np.testing.assert_array_equal(y, dataset.labels[dataset.split.test])
    for row, i in zip(logits, dataset.split.test, strict=True):
        views = np.array(sampling.views(dataset.features[i], recipe.features), dtype=np.float32)
        assert len(views) == 9
        np.testing.assert_allclose(row, model.predict(views[..., None]).mean(axis=0), rtol=1e-4, atol=1e-5)
