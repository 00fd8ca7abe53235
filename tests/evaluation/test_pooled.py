import numpy as np
import pytest

from minser.evaluation.metrics import confusion_matrix
from minser.evaluation.predictions import Pooled, Predictions, confusion_per_actor_and_seed, pool

NAMES = ("calm", "angry, very", "sad")


def table_of(rng, actors, names=NAMES):
    probs = rng.dirichlet(np.ones(len(names)), size=len(actors)).astype(np.float32)
    return Predictions(
        files=tuple(f'clip "{i}",\nof {actor}' for i, actor in enumerate(actors)),
        actors=np.array(actors),
        y_true=rng.integers(0, len(names), len(actors)),
        y_pred=probs.argmax(axis=1),
        probs=probs,
        names=names,
    )


@pytest.fixture
def parts(rng):
    folds = {0: [1, 1, 5, 5, 5], 1: [2, 2, 9]}
    return [(fold, seed, table_of(rng, actors)) for seed in (0, 2) for fold, actors in folds.items()]


def test_what_is_written_is_read_back_equal(parts, tmp_path):
    before = pool(parts)
    path = tmp_path / "predictions.csv"
    path.write_text(before.to_text(), encoding="utf-8", newline="")
    after = Pooled.read(path)
    assert after.files == before.files
    assert after.names == NAMES
    for name in ("actors", "y_true", "y_pred", "probs"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    np.testing.assert_array_equal(after.folds, [0] * 5 + [1] * 3 + [0] * 5 + [1] * 3)
    np.testing.assert_array_equal(after.seeds, [0] * 8 + [2] * 8)


def test_the_columns_are_those_of_a_fold_and_two_more(parts):
    pooled_lines = pool(parts[:1]).to_text().split("\n")
    lines = parts[0][2].to_text().split("\n")
    assert pooled_lines[0] == 'file,actor,fold,seed,y_true,y_pred,calm,"angry, very",sad'
    assert [line.replace(",0,0,", ",", 1) for line in pooled_lines[2::2]] == lines[2::2]


def test_counts_are_kept_apart_by_actor_and_seed(parts):
    counts = confusion_per_actor_and_seed(pool(parts))
    assert counts.shape == (4, 2, 3, 3)
    for place, actor in enumerate((1, 2, 5, 9)):
        for column, seed in enumerate((0, 2)):
            tables = [table for _, part_seed, table in parts if part_seed == seed]
            true = np.concatenate([table.y_true[table.actors == actor] for table in tables])
            pred = np.concatenate([table.y_pred[table.actors == actor] for table in tables])
            np.testing.assert_array_equal(counts[place, column], confusion_matrix(true, pred, n_classes=3))


def test_an_actor_that_a_seed_did_not_test_counts_nothing(rng):
    counts = confusion_per_actor_and_seed(pool([(0, 0, table_of(rng, [1, 2])), (0, 1, table_of(rng, [2, 3]))]))
    assert counts.sum(axis=(2, 3)).tolist() == [[1, 0], [1, 1], [0, 1]]
    alone, beside = (pool([(0, 0, table_of(rng, [actor]))]) for actor in (2, 1))
    assert confusion_per_actor_and_seed(alone, others=[beside]).sum(axis=(1, 2, 3)).tolist() == [0, 1]


def test_other_classes_cannot_be_pooled(rng):
    with pytest.raises(ValueError, match="expected tables of the same classes"):
        pool([(0, 0, table_of(rng, [1])), (1, 0, table_of(rng, [2], names=("x", "y")))])
    with pytest.raises(ValueError, match="expected tables of the same classes, got \\[\\]"):
        pool([])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("c,1,0,0,calm,calm,1.0,0.0", "line 2: expected 9 cells, got 8"),
        ("c,1,0,0,calm,calm,0.5,0.0,0.1", "line 2: expected probabilities that sum to 1, got 0.6000"),
        ("c,1,0,0,calm,happy,1,0,0", "line 2, column 'y_pred': expected one of calm, angry, sad, got 'happy'"),
        ('\n"c\nd",1,0,0,calm,x,1,0,0', "line 4, column 'y_pred': expected one of"),
        ("c,1,x,0,calm,calm,1,0,0", "line 2, column 'fold': expected a whole number, got 'x'"),
        ("c,1,0", "line 2"),
        ("c,1,0,0,calm,calm,nan,0,0", "line 2, column 'calm': expected a probability"),
        ("", "at least one row"),
        ('c,"1', "not a table"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path, line, message):
    path = tmp_path / "predictions.csv"
    path.write_text(f"file,actor,fold,seed,y_true,y_pred,calm,angry,sad\n{line}\n")
    with pytest.raises(ValueError, match=message) as caught:
        Pooled.read(path)
    assert str(path) in str(caught.value)


def test_a_file_of_one_run_is_no_pooled_one(parts, tmp_path):
    path = tmp_path / "predictions.csv"
    path.write_text(parts[0][2].to_text())
    with pytest.raises(ValueError, match="expected the columns file,actor,fold,seed"):
        Pooled.read(path)
