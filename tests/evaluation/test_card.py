import dataclasses

import numpy as np
import pytest

from minser.evaluation import card, report
from minser.evaluation.calibration import Calibration
from minser.evaluation.intervals import confusion_per_actor, score_seeds
from minser.evaluation.predictions import Predictions
from minser.recipes import read

NAMES = ("low", "middle", "high")


def scores(rng, n_actors):
    y_true = np.tile([0, 1, 2], 20)
    y_pred = np.where(rng.random(60) < 0.7, y_true, 0)
    probs = np.full((60, 3), 0.1)
    probs[np.arange(60), y_pred] = 0.8
    sexes = np.where(np.arange(60) % 2, "male", "female")
    return report.score_predictions(table_of(y_true, y_pred, np.arange(60) % n_actors, probs), groups(sexes), rng=rng)


def table_of(y_true, y_pred, actors, probs):
    return Predictions(tuple(map(str, range(len(actors)))), actors, y_true, y_pred, probs, NAMES)


def groups(sexes):
    return {"sex": sexes, "intensity": ["normal"] * len(sexes), "channel": ["speech"] * len(sexes)}


def test_the_card_tells_scores_data_and_limits(rng):
    found = scores(rng, 6)
    text = card.text(read("minser"), found, "five unseen actors", "RAVDESS")
    assert f"| uar | {100 * found['uar']['value']:.1f} % |" in text
    assert "five unseen actors." in text
    assert "| middle |" in text
    assert "log_mel, delta_log_mel (64 mel bands) at 22050 Hz, 128 frames of 17.4 ms" in text
    assert "| female |" in text
    assert "CC BY-NC-SA 4.0" in text
    assert "Not for decisions about people" in text


def test_synthetic_voices_are_called_so_and_one_actor_has_no_interval(rng):
    text = card.text(read("toy"), scores(rng, 1), "one actor", "synthetic voices")
    assert "synthetic voices" in text
    assert "none: one speaker" in text


def test_of_own_recordings_only_their_owner_knows(rng):
    text = card.text(read("minser"), scores(rng, 6), "six speakers", "own recordings")
    assert "own recordings: whoever trained it knows them" in text
    assert "RAVDESS" not in text


def test_its_commands_take_a_name_with_a_space(rng):
    recipe = dataclasses.replace(read("minser"), name="my voices")
    text = card.shipped(recipe, summary(rng, "own recordings"), Calibration(1.0, (0.1, 0.1), (1.0, 1.0)))
    assert "    python -m minser.export --run all --ship results 'my voices'\n" in text


def test_a_network_of_pictures_says_so(rng):
    recipe = read("toy").replace({"features.channels": ["image"], "features.image_size": 64})
    assert "Pictures of 64 x 64, into blocks" in card.text(recipe, scores(rng, 6), "", "spectrogram images")


def test_a_network_is_described_as_it_is(rng):
    found = scores(rng, 6)
    assert "into blocks of 32, 64 filters and 1 dense layer of 7." in card.text(
        read("minser").replace({"model.channels": [32, 64], "model.hidden": 7}), found, "", "RAVDESS"
    )
    text = card.text(read("vgg16_transfer"), found, "", "RAVDESS")
    assert "into the thirteen convolutions of VGG16 and" in text
    assert "filters" not in text
    assert "into blocks of 16 filters." in card.text(
        read("toy").replace({"model.channels": [16], "model.hidden": 0}), found, "", "RAVDESS"
    )


def summary(rng, source="RAVDESS"):
    """Return what a cross-validation of two seeds leaves: 60 clips each, of 6 actors, of whom 3 are women."""
    y_true = np.tile([0, 1, 2], 40)
    y_pred = np.where(np.arange(120) % 12 == 4, 2, np.where(np.arange(120) % 30 == 0, 1, y_true))
    probs = np.full((120, 3), 0.1)
    probs[np.arange(120), y_pred] = 0.8
    actors = np.arange(120) % 6
    told = groups(np.where(actors % 2, "male", "female"))
    found = report.score_predictions(table_of(y_true, y_pred, actors, probs), told, rng=rng, n_draws=100)
    halves = [
        confusion_per_actor(y_true[half], y_pred[half], actors=actors[half], n_classes=3)
        for half in (slice(60), slice(60, 120))
    ]
    return {
        **{name: found[name] for name in ("per_class", "per_sex", "confusion", "interval")},
        "scores": score_seeds(np.stack(halves, axis=1), rng=rng, n_draws=100),
        "heading": "minser under luna",
        "protocol": "luna",
        "source": source,
        "seeds": [0, 1],
        "parameters": 1234567,
    }


@pytest.fixture
def calibration():
    return Calibration(1.23456, error=(0.1234, 0.0456), log_loss=(1.5, 1.25))


def test_a_shipped_network_tells_the_scores_of_its_folds(rng, calibration):
    told = summary(rng)
    text = card.shipped(read("minser").replace({"training.seed": 3}), told, calibration)
    low, high = told["scores"]["uar"]["interval"]
    assert f"| uar | {100 * told['scores']['uar']['mean']:.1f} % | {100 * low:.1f} to {100 * high:.1f} % |" in text
    female = told["per_sex"]["female"]["uar"]
    assert f"| female | {100 * female['value']:.1f} % |" in text
    assert "of its 6 speakers (3 female, 3 male)" in text
    assert "on\n60 clips of 6 speakers" in text
    assert "1,234,567 parameters" in text
    assert "with seed 3, for" in text
    assert "CC BY-NC-SA 4.0" in text
    assert "non-commercial use too" in text
    assert "Livingstone & Russo 2018" in text
    assert "a temperature of 1.2346" in text
    assert "| expected calibration error, 15 bins | 12.3 % | 4.6 % |" in text
    assert "| log loss, nats | 1.500 | 1.250 |" in text


def test_the_largest_confusions_are_counted_by_class(rng, calibration):
    """Of 40 clips a class, 10 of middle are taken for high, and 4 of low for middle: these two and no others."""
    text = card.shipped(read("minser"), summary(rng), calibration)
    lines = [line for line in text.splitlines() if "is taken for" in line]
    assert lines == [
        "- middle is taken for high: 25.0 % of its clips",
        "- low is taken for middle: 10.0 % of its clips",
    ]
    assert "| middle | 75.0 % | 88.2 % | 20 |" in text  # 30 of 40; 30 of 34; two seeds


def test_what_was_sung_is_named_and_other_corpora_have_no_terms(rng, calibration):
    sung = read("minser").replace({"data.song": True})
    assert "Trained on all spoken and sung clips" in card.shipped(sung, summary(rng), calibration)
    text = card.shipped(read("toy"), summary(rng, "synthetic voices"), calibration)
    assert "Trained on all spoken clips" in text
    assert "commercial" not in text
