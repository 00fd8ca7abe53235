"""The report: every part is counted on its own clips, it survives JSON, and its page says what is in it."""

import json

import numpy as np
import pytest

from minser.evaluation import metrics
from minser.evaluation.report import HEADLINES, score_predictions, text
from minser.evaluation.table import classification_table

NAMES = ("neutral", "calm", "happy")


@pytest.fixture
def predictions(rng):
    """Six actors with 40 clips each; even actors are female, and song has no class 2."""
    actors = np.repeat(np.arange(1, 7), 40)
    channels = np.where(rng.random(240) < 0.3, "song", "speech")
    y_true = np.where(channels == "song", rng.integers(0, 2, 240), rng.integers(0, 3, 240))
    return {
        "y_true": y_true,
        "y_pred": np.where(rng.random(240) < 0.6, y_true, rng.integers(0, 3, 240)),
        "probs": rng.dirichlet(np.ones(3), 240).astype(np.float32),
        "actors": actors,
        "sexes": np.where(actors % 2 == 0, "female", "male"),
        "intensities": np.where(np.arange(240) % 2 == 0, "normal", "strong"),
        "channels": channels,
        "names": NAMES,
    }


@pytest.fixture
def report(predictions):
    return score_predictions(**predictions, rng=np.random.default_rng(0), n_draws=500)


def test_headlines_are_the_scores_of_all_clips_inside_their_intervals(predictions, report):
    confusion = metrics.confusion_matrix(predictions["y_true"], predictions["y_pred"], n_classes=3)
    assert (report["n"], report["actors"], report["classes"]) == (240, 6, list(NAMES))
    assert report["confusion"] == confusion.tolist()
    for name, statistic in HEADLINES.items():
        assert report[name]["value"] == statistic(confusion)
        low, high = report[name]["interval"]
        assert low < report[name]["value"] < high
    assert report["weighted_recall"] == report["accuracy"]
    assert report["log_loss"] == metrics.log_loss(predictions["y_true"], predictions["probs"])


def test_per_class_scores_stand_under_their_names(predictions, report):
    confusion = np.array(report["confusion"])
    assert list(report["per_class"]) == list(NAMES)
    calm = report["per_class"]["calm"]
    assert calm["recall"] == metrics.recall_per_class(confusion)[1]
    assert calm["precision"] == metrics.precision_per_class(confusion)[1]
    assert calm["f1"] == metrics.f1_per_class(confusion)[1]
    assert calm["support"] == np.sum(predictions["y_true"] == 1)


@pytest.mark.parametrize(
    ("key", "argument", "group", "n_actors"),
    [
        ("per_sex", "sexes", "female", 3),
        ("per_sex", "sexes", "male", 3),
        ("per_intensity", "intensities", "strong", 6),
        ("per_channel", "channels", "song", 6),
    ],
)
def test_groups_are_scored_on_their_own_clips(predictions, report, key, argument, group, n_actors):
    chosen = predictions[argument] == group
    confusion = metrics.confusion_matrix(predictions["y_true"][chosen], predictions["y_pred"][chosen], n_classes=3)
    scores = report[key][group]
    assert (scores["n"], scores["actors"]) == (chosen.sum(), n_actors)
    assert scores["uar"]["value"] == metrics.uar(confusion)
    assert scores["macro_f1"]["interval"][0] < scores["macro_f1"]["value"] < scores["macro_f1"]["interval"][1]


def test_is_plain_json_and_depends_on_nothing_but_its_arguments(predictions, report):
    again = score_predictions(**predictions, rng=np.random.default_rng(0), n_draws=500)
    assert json.dumps(again, allow_nan=False) == json.dumps(report, allow_nan=False)
    assert json.loads(json.dumps(report)) == report


def test_a_single_actor_has_scores_and_no_intervals(predictions):
    chosen = predictions["actors"] == 1
    one = {key: value if key == "names" else value[chosen] for key, value in predictions.items()}
    report = score_predictions(**one, rng=np.random.default_rng(0))
    assert report["uar"]["interval"] is None
    assert report["per_sex"]["male"]["accuracy"]["interval"] is None
    page = text(report, "actor 1 alone")
    assert f"accuracy {100 * report['accuracy']['value']:6.1f} [no interval]" in page
    assert "[no interval]: fewer than 2 actors" in page


def test_page_shows_heading_scores_table_and_groups(predictions, report):
    page = text(json.loads(json.dumps(report)), "random288, test part\nspeakers are shared with training")
    assert page.startswith("random288, test part\nspeakers are shared with training\n\n240 clips of 6 actors")
    low, high = report["uar"]["interval"]
    assert f"UAR {100 * report['uar']['value']:6.1f} [{100 * low:.1f}, {100 * high:.1f}]\n" in page
    assert "95 % interval, percentile bootstrap over actors, 500 draws" in page
    assert "guessing gives 33.3" in page
    assert classification_table(np.array(report["confusion"]), NAMES) in page
    for label in ("sex female", "sex male", "intensity normal", "intensity strong", "channel song"):
        assert sum(line.strip().startswith(label) for line in page.splitlines()) == 1
    assert all(line == line.rstrip() for line in page.splitlines())
    assert page.endswith("\n")


@pytest.mark.parametrize("argument", ["probs", "actors", "sexes", "intensities", "channels"])
def test_an_argument_of_another_length_is_named(predictions, argument):
    short = predictions | {argument: predictions[argument][:-1]}
    with pytest.raises(ValueError, match=rf"^{argument}: expected shape \(240,.* got \(239,"):
        score_predictions(**short, rng=np.random.default_rng(0))


def test_no_clips_are_refused(predictions):
    none = {key: value if key == "names" else value[:0] for key, value in predictions.items()}
    with pytest.raises(ValueError, match=r"y_true: expected shape .* at least one clip"):
        score_predictions(**none, rng=np.random.default_rng(0))
