import numpy as np

from minser.config import read
from minser.evaluation import card, report

NAMES = ("low", "middle", "high")


def scores(rng, n_actors):
    y_true = np.tile([0, 1, 2], 20)
    y_pred = np.where(rng.random(60) < 0.7, y_true, 0)
    probs = np.full((60, 3), 0.1)
    probs[np.arange(60), y_pred] = 0.8
    return report.evaluate(
        y_true,
        y_pred,
        probs,
        actors=np.arange(60) % n_actors,
        sexes=np.where(np.arange(60) % 2, "male", "female"),
        intensities=["normal"] * 60,
        channels=["speech"] * 60,
        names=NAMES,
        rng=rng,
    )


def test_the_card_tells_scores_data_and_limits(rng):
    found = scores(rng, 6)
    text = card.text(read("minser"), found, "five unseen actors", "RAVDESS")
    assert f"| uar | {100 * found['uar']['value']:.1f} % |" in text
    assert "five unseen actors." in text
    assert "| middle |" in text
    assert "log_mel (64 mel bands) at 22050 Hz, 160 frames of 11.6 ms" in text
    assert "| female |" in text
    assert "CC BY-NC-SA 4.0" in text
    assert "Not for decisions about people" in text


def test_synthetic_voices_are_called_so_and_one_actor_has_no_interval(rng):
    text = card.text(read("toy"), scores(rng, 1), "one actor", "synthetic voices")
    assert "synthetic voices" in text
    assert "none: one actor" in text


def test_of_own_recordings_only_their_owner_knows(rng):
    text = card.text(read("minser"), scores(rng, 6), "six speakers", "own recordings")
    assert "own recordings: whoever trained it knows them" in text
    assert "RAVDESS" not in text


def test_a_network_of_pictures_says_so(rng):
    recipe = read("toy").replace({"features.channels": ["image"], "features.image_size": 64})
    assert "Pictures of 64 x 64, into blocks" in card.text(recipe, scores(rng, 6), "", "spectrogram images")
