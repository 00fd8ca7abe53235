"""The report: every part is counted on its own clips, it survives JSON, and its page says what is in it."""

import dataclasses
import json

import numpy as np
import pytest

from minser.evaluation import metrics
from minser.evaluation.intervals import HEADLINES
from minser.evaluation.predictions import Predictions
from minser.evaluation.report import score_predictions, text
from minser.evaluation.table import classification_table
from minser.system.columns import width

NAMES = ("neutral", "calm", "happy")


def take(table, groups, chosen):
    """Return some rows of predictions and of their groups."""
    columns = {name: getattr(table, name)[chosen] for name in ("actors", "y_true", "y_pred", "probs")}
    files = tuple(np.array(table.files)[chosen])
    return Predictions(files, **columns, names=NAMES), {kind: words[chosen] for kind, words in groups.items()}


@pytest.fixture
def table(rng):
    """Six actors with 40 clips each; song has no class 2."""
    is_song = rng.random(240) < 0.3
    y_true = np.where(is_song, rng.integers(0, 2, 240), rng.integers(0, 3, 240))
    y_pred = np.where(rng.random(240) < 0.6, y_true, rng.integers(0, 3, 240))
    probs = rng.dirichlet(np.ones(3), 240).astype(np.float32)
    files = tuple(f"{'song' if sung else 'speech'} {i}" for i, sung in enumerate(is_song))
    return Predictions(files, np.repeat(np.arange(1, 7), 40), y_true, y_pred, probs, NAMES)


@pytest.fixture
def groups(table):
    """Even actors are female."""
    return {
        "sex": np.where(table.actors % 2 == 0, "female", "male"),
        "intensity": np.where(np.arange(240) % 2 == 0, "normal", "strong"),
        "channel": np.array([file.split()[0] for file in table.files]),
    }


@pytest.fixture
def report(table, groups):
    return score_predictions(table, groups, rng=np.random.default_rng(0), n_draws=500)


def test_headlines_are_the_scores_of_all_clips_inside_their_intervals(table, report):
    confusion = metrics.confusion_matrix(table.y_true, table.y_pred, n_classes=3)
    assert (report["n"], report["actors"], report["classes"]) == (240, 6, list(NAMES))
    assert report["confusion"] == confusion.tolist()
    for name, statistic in HEADLINES.items():
        assert report[name]["value"] == statistic(confusion)
        low, high = report[name]["interval"]
        assert low < report[name]["value"] < high
    assert report["weighted_recall"] == report["accuracy"]
    assert report["log_loss"] == metrics.log_loss(table.y_true, table.probs)


def test_per_class_scores_stand_under_their_names(table, report):
    confusion = np.array(report["confusion"])
    assert list(report["per_class"]) == list(NAMES)
    calm = report["per_class"]["calm"]
    assert calm["recall"] == metrics.recall_per_class(confusion)[1]
    assert calm["precision"] == metrics.precision_per_class(confusion)[1]
    assert calm["f1"] == metrics.f1_per_class(confusion)[1]
    assert calm["support"] == np.sum(table.y_true == 1)


@pytest.mark.parametrize(
    ("kind", "group", "n_actors"),
    [("sex", "female", 3), ("sex", "male", 3), ("intensity", "strong", 6), ("channel", "song", 6)],
)
def test_groups_are_scored_on_their_own_clips(table, groups, report, kind, group, n_actors):
    chosen = groups[kind] == group
    confusion = metrics.confusion_matrix(table.y_true[chosen], table.y_pred[chosen], n_classes=3)
    scores = report[f"per_{kind}"][group]
    assert (scores["n"], scores["actors"]) == (chosen.sum(), n_actors)
    assert scores["uar"]["value"] == metrics.uar(confusion)
    assert scores["macro_f1"]["interval"][0] < scores["macro_f1"]["value"] < scores["macro_f1"]["interval"][1]


def test_is_plain_json_and_depends_on_nothing_but_its_arguments(table, groups, report):
    again = score_predictions(table, groups, rng=np.random.default_rng(0), n_draws=500)
    assert json.dumps(again, allow_nan=False) == json.dumps(report, allow_nan=False)
    assert json.loads(json.dumps(report)) == report


def test_a_single_actor_has_scores_and_no_intervals(table, groups):
    report = score_predictions(*take(table, groups, table.actors == 1), rng=np.random.default_rng(0))
    assert report["uar"]["interval"] is None
    assert report["per_sex"]["male"]["accuracy"]["interval"] is None
    page = text(report, "actor 1 alone")
    assert f"accuracy {100 * report['accuracy']['value']:6.1f} [no interval]" in page
    assert "[no interval]: fewer than 2 speakers" in page
    assert "\n40 clips of 1 speaker, 3 classes; in percent:\n" in page


def test_page_shows_heading_scores_table_and_groups(table, report):
    page = text(json.loads(json.dumps(report)), "random288, test part\nspeakers are shared with training")
    assert page.startswith("random288, test part\nspeakers are shared with training\n\n240 clips of 6 speakers")
    low, high = report["uar"]["interval"]
    assert f"UAR {100 * report['uar']['value']:6.1f} [{100 * low:.1f}, {100 * high:.1f}]\n" in page
    assert "95 % interval, percentile bootstrap over speakers, 500 draws" in page
    assert "guessing gives 33.3" in page
    assert classification_table(np.array(report["confusion"]), NAMES) in page
    for label in ("sex female", "sex male", "intensity normal", "intensity strong", "channel song"):
        assert sum(line.strip().startswith(label) for line in page.splitlines()) == 1
    assert all(line == line.rstrip() for line in page.splitlines())
    assert page.endswith("\n")


def test_the_page_fits_a_narrow_window_with_names_of_any_length_and_width(table, groups):
    named = dataclasses.replace(table, names=("愤怒", "calm", "a label that goes on and on"))
    page = text(score_predictions(named, groups, rng=np.random.default_rng(0), n_draws=50), "all " * 30, width=60)
    assert max(map(width, page.splitlines())) <= 60
    report = page[page.index("  precision") : page.index("  clips  speakers")].splitlines()[2:-2]
    assert len({width(line) for line in report if line}) == 1  # all end in one column
    assert sum(line.strip().startswith("sex female") for line in page.splitlines()) == 2


def test_guessing_is_among_the_classes_that_were_tested(table, groups):
    report = score_predictions(*take(table, groups, table.y_true < 2), rng=np.random.default_rng(0), n_draws=50)
    assert "guessing gives 50.0" in text(report, "two of three classes")


def test_no_clips_are_refused(table, groups):
    with pytest.raises(ValueError, match=r"y_true: expected shape .* at least one clip"):
        score_predictions(*take(table, groups, slice(0)), rng=np.random.default_rng(0))
