"""What data/results says is what its predictions say: each figure counted again, without audio."""

import json
from pathlib import Path

import numpy as np
import pytest

from minser.corpus.clip import parse_name
from minser.corpus.splits.by_speaker import LOSO, LUNA
from minser.evaluation.intervals import score_seeds
from minser.evaluation.metrics import confusion_matrix
from minser.evaluation.predictions import Pooled, confusion_per_actor_and_seed
from minser.study.summary import N_DRAWS

RESULTS = Path(__file__).parents[2] / "data" / "results"
FOLDERS = sorted(file.parent for file in RESULTS.rglob("summary.json"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(RESULTS).as_posix())
def test_scores_are_those_of_the_predictions(folder):
    stored = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    table = Pooled.read(folder / "predictions.csv")
    counted = score_seeds(confusion_per_actor_and_seed(table), rng=np.random.default_rng(0), n_draws=N_DRAWS)
    for name, score in stored["scores"].items():
        for key, value in score.items():
            assert counted[name][key] == (value if value is None else pytest.approx(value, abs=1e-12)), (name, key)
    confusion = confusion_matrix(table.y_true, table.y_pred, n_classes=len(table.names))
    np.testing.assert_array_equal(stored["confusion"], confusion)
    np.testing.assert_array_equal(table.y_pred, table.probs.argmax(axis=1))
    clips = [parse_name(Path(file).stem) for file in table.files]
    assert [table.names[label] for label in table.y_true] == [clip.emotion_name for clip in clips]
    assert table.actors.tolist() == [clip.actor for clip in clips]
    assert stored["seeds"] == np.unique(table.seeds).tolist()


@pytest.mark.parametrize(("protocol", "folds"), [("luna", LUNA), ("loso", LOSO)])
def test_each_actor_is_tested_once_a_seed_and_in_the_fold_that_holds_it_out(protocol, folds):
    for folder in (folder for folder in FOLDERS if protocol in folder.relative_to(RESULTS).parts):
        table = Pooled.read(folder / "predictions.csv")
        did_not_sing = {18} if folder.name == "song" else set()
        for fold, seed in set(zip(table.folds.tolist(), table.seeds.tolist(), strict=True)):
            rows = (table.folds == fold) & (table.seeds == seed)
            assert set(table.actors[rows].tolist()) == set(folds[fold]) - did_not_sing, (folder, fold)
            assert len({table.files[row] for row in np.flatnonzero(rows)}) == rows.sum()
        assert set(table.folds.tolist()) == set(range(len(folds)))
