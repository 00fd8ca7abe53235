import json
import re
from pathlib import Path

import numpy as np
import pytest

from minser import crossval as crossval
from minser.evaluation.intervals import score_seeds
from minser.evaluation.predictions import Predictions, confusion_per_actor_and_seed, pool
from minser.study.results import side_by_side

LUNA = Path("runs", "crossval", "toy", "luna")
NAMES = ("angry", "sad")


@pytest.mark.slow
def test_a_leaky_protocol_says_so_beside_an_honest_one(call, capsys):
    leaky = ["--set", "data.split=random_80_10_10"]
    assert call(*leaky, "--compare", "published", "luna") == 0
    out = capsys.readouterr().out
    assert "toy under published (random20)" in out
    assert "the parts share speakers" in out
    assert re.search(r"\n +in percent  published +luna +gap\n", out)
    folders = [LUNA.parent / name for name in ("published", "luna")]
    first, second = (json.loads((folder / "summary.json").read_text()) for folder in folders)
    gap = 100 * (first["scores"]["uar"]["mean"] - second["scores"]["uar"]["mean"])
    line = next(line for line in out.splitlines() if line.strip().startswith("uar") and line.count("[") == 3)
    assert f"{gap:+.1f} [" in line
    # what is stored can be compared where there is no corpus
    assert crossval.main(["--compare", *map(str, folders)]) == 0
    assert capsys.readouterr().out.partition("gap\n")[2] == out.partition("gap\n")[2]


def results(folder, *, actors=(1, 2), names=NAMES, clips="", **changes):
    """Write results in which every actor's first clip is right and the second wrong."""
    files = tuple(f"{clips or actor}_{label}" for actor in actors for label in (0, 1))
    actor, true = np.repeat(actors, 2), np.tile([0, 1], len(actors))
    table = Predictions(files, actor, true, np.zeros_like(true), np.full((len(files), 2), 0.5, np.float32), names)
    together = pool([(0, 0, table)])
    scores = score_seeds(confusion_per_actor_and_seed(together), rng=np.random.default_rng(0), n_draws=10)
    content = {
        "recipe": "any", "protocol": "luna", "heading": f"results in {folder.name}", "source": "own recordings",
        "scores": scores, "parameters": 1, "minutes": None, "threads": 1, "folds": [], "per_class": {}, "per_sex": {},
    }  # fmt: skip
    folder.mkdir()
    (folder / "summary.json").write_text(json.dumps(content | changes))
    (folder / "predictions.csv").write_text(together.to_text())
    return folder


def test_two_results_fit_a_narrow_window(tmp_path):
    lines = side_by_side(results(tmp_path / "one"), results(tmp_path / "two"), width=60)
    assert max(map(len, lines)) <= 60
    assert [line.split()[:2] for line in lines if "gap" in line or "luna" in line] == [["in", "percent"]] * 2


def test_one_actor_s_score_has_no_interval(tmp_path):
    lines = side_by_side(results(tmp_path / "one", actors=[1]), results(tmp_path / "two"))
    assert lines[:2] == ["results in one", "results in two"]
    assert next(line for line in lines if "uar" in line).split()[:3] == ["uar", "50.0", "50.0"]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"names": ("calm", "sad")}, "of the classes angry, sad, and of the classes calm, sad"),
        ({"source": "RAVDESS"}, "on own recordings, and on RAVDESS"),
    ],
)
def test_results_of_other_classes_or_another_corpus_are_refused(tmp_path, other, message):
    first, second = results(tmp_path / "first"), results(tmp_path / "second", **other)
    with pytest.raises(ValueError, match=f"cannot be compared: {message}$"):
        side_by_side(first, second)


@pytest.mark.parametrize("other", [{"actors": (3, 4)}, {"actors": (2, 3), "clips": 1}])
@pytest.mark.parametrize("source", ["own recordings", "EMO-DB"])
def test_corpora_of_other_people_are_refused(tmp_path, source, other):
    first, second = (results(tmp_path / name, source=source, **o) for name, o in (("first", {}), ("second", other)))
    with pytest.raises(ValueError, match="their clips or speakers are not the same"):
        side_by_side(first, second)
