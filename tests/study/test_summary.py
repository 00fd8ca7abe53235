import json
from pathlib import Path

import numpy as np
import pytest

from minser import recipes
from minser.corpus.dataset import load_dataset
from minser.evaluation.metrics import confusion_matrix
from minser.evaluation.predictions import Predictions
from minser.study.one_fold import Fold
from minser.study.summary import lines, settings_of, summarise

LUNA = Path("runs", "crossval", "toy", "luna")


def test_the_details_are_counted_over_all_folds(call, tiny_corpus):
    summary = json.loads((LUNA / "summary.json").read_text())
    folds = [Fold(recipes.read(str(run / "config.toml")), Path(), run) for run in sorted(LUNA.glob("fold*_seed0"))]
    tables = [Predictions.read(fold.run / "predictions.csv") for fold in folds]
    true, pred = (np.concatenate([getattr(table, name) for table in tables]) for name in ("y_true", "y_pred"))
    np.testing.assert_array_equal(summary["confusion"], confusion_matrix(true, pred, n_classes=8))
    assert summary["per_sex"]["female"]["n"] == summary["per_sex"]["male"]["n"] == 96
    for row, table in zip(summary["folds"], tables, strict=True):
        assert row["accuracy"] == pytest.approx((table.y_true == table.y_pred).mean())
    pooled, again = summarise("toy", "luna", folds, tables, load_dataset(folds[0].recipe, tiny_corpus))
    assert json.loads(json.dumps(again)) == summary
    assert summary["heading"].startswith("toy under luna (luna) on RAVDESS: folds: 5, seeds: 1, ")
    assert pooled.files == tuple(file for table in tables for file in table.files)
    assert set(summary["settings"]) == set(folds[0].recipe.settings()) - {"data.fold", "training.seed"}


@pytest.mark.parametrize(
    ("weights", "shown"),
    [("", ""), ("random", "random"), ("/home/me/vgg16.pth", "vgg16.pth"), ("/home/me/luna/fold3_seed0", "luna")],
)
def test_settings_name_no_path_of_this_machine(weights, shown):
    recipe = recipes.read("toy").replace({"model.weights": weights, "data.speakers_csv": "/home/me/speakers.csv"})
    settings = settings_of(recipe, "fold3_seed0")
    assert (settings["model.weights"], settings["data.speakers_csv"]) == (shown, "speakers.csv")


def test_a_clip_that_two_folds_of_a_seed_test_is_refused(call, tiny_corpus):
    folds = [Fold(recipes.read(str(run / "config.toml")), Path(), run) for run in sorted(LUNA.glob("fold[01]_seed0"))]
    tables = [Predictions.read(folds[0].run / "predictions.csv")] * 2
    dataset = load_dataset(folds[0].recipe, tiny_corpus)
    with pytest.raises(ValueError, match=r"03-01-.* is tested in fold 0 and again in fold 1 of seed 0"):
        summarise("toy", "luna", folds, tables, dataset)


def test_the_page_shows_mean_interval_spread_and_seeds():
    score = {"mean": 0.6, "interval": [0.55, 0.653], "std": 0.0123, "per_seed": [0.59, 0.61]}
    alone = {"mean": 0.5, "interval": None, "std": None, "per_seed": [0.5]}
    page = lines(
        {
            "heading": "x under y",
            "interval": {"level": 0.95, "draws": 10_000},
            "scores": {"uar": score, "macro_f1": alone},
        }
    )
    assert page[0] == "x under y"
    assert "95 % interval over speakers (10000 draws)" in page[1]
    assert page[2].split() == ["uar", "60.0", "[55.0,", "65.3]", "+-", "1.2", "(59.0,", "61.0)"]
    assert page[3].split() == ["macro", "f1", "50.0", "[one", "speaker]", "(50.0)"]


def test_the_page_s_table_fits_a_narrow_window():
    score = {"mean": 0.6, "interval": [0.55, 0.653], "std": 0.0123, "per_seed": [0.59, 0.61, 0.6, 0.6, 0.6]}
    page = lines({"heading": "x", "interval": {"level": 0.95, "draws": 9}, "scores": {"weighted_f1": score}}, width=60)
    assert page[2:] == [f"{'weighted f1':>18} 60.0 [55.0, 65.3]  +- 1.2", f"{'':19}(59.0, 61.0, 60.0, 60.0, 60.0)"]
