"""Scores against closed forms, scikit-learn's stored answers, and scikit-learn itself."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minser.evaluation import metrics

STORED = np.load(Path(__file__).parents[1] / "reference" / "evaluation.npz")
CASES = sorted({key.split("/")[0] for key in STORED.files if "/" in key})
EXACT = {"rtol": 1e-12, "atol": 1e-12}  # float64 sums of a few hundred terms, taken in another order


@st.composite
def predictions(draw):
    """Draw a number of classes, true and predicted classes; few clips, so that classes often do not occur."""
    n_classes = draw(st.integers(1, 8))
    pairs = draw(st.lists(st.tuples(*[st.integers(0, n_classes - 1)] * 2), min_size=1, max_size=40))
    y_true, y_pred = np.array(pairs).T
    return n_classes, y_true, y_pred


def test_closed_forms_of_a_matrix_counted_by_hand():
    confusion = metrics.confusion_matrix([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 0, 0], n_classes=3)
    np.testing.assert_array_equal(confusion, [[2, 1, 0], [1, 1, 0], [1, 0, 0]])
    assert confusion.dtype == np.int64
    assert metrics.accuracy(confusion) == pytest.approx(3 / 6)
    np.testing.assert_allclose(metrics.recall_per_class(confusion), [2 / 3, 1 / 2, 0], **EXACT)
    np.testing.assert_allclose(metrics.precision_per_class(confusion), [2 / 4, 1 / 2, 0], **EXACT)
    np.testing.assert_allclose(metrics.f1_per_class(confusion), [4 / 7, 1 / 2, 0], **EXACT)
    assert metrics.uar(confusion) == pytest.approx((2 / 3 + 1 / 2) / 3)
    assert metrics.macro_f1(confusion) == pytest.approx((4 / 7 + 1 / 2) / 3)
    f1 = metrics.f1_per_class(confusion)
    assert metrics.weighted_average(f1, confusion) == pytest.approx((3 * 4 / 7 + 2 / 2) / 6)


def test_uar_leaves_out_classes_without_clips_and_macro_f1_counts_those_predicted():
    confusion = metrics.confusion_matrix([0, 0], [0, 2], n_classes=4)
    assert metrics.uar(confusion) == 0.5
    assert metrics.macro_f1(confusion) == pytest.approx((2 / 3 + 0) / 2)  # classes 0 and 2, not 1 and 3


def test_a_matrix_without_clips_scores_zero_and_does_not_warn():
    empty = np.zeros((3, 3), dtype=np.int64)
    for score in (metrics.accuracy, metrics.uar, metrics.macro_f1):
        assert score(empty) == 0


def test_a_stack_of_matrices_is_scored_one_by_one(rng):
    stack = rng.integers(0, 5, size=(2, 7, 4, 4))
    for score in (metrics.accuracy, metrics.uar, metrics.macro_f1, metrics.f1_per_class):
        one_by_one = [[score(confusion) for confusion in row] for row in stack]
        np.testing.assert_allclose(score(stack), one_by_one, **EXACT)


def test_small_integer_labels_do_not_overflow():
    labels = np.array([20, 31], dtype=np.uint8)  # 31 * 32 + 31 does not fit in eight bits
    assert metrics.confusion_matrix(labels, labels, n_classes=32)[31, 31] == 1


@pytest.mark.parametrize("case", CASES)
def test_equal_to_stored_answers_of_scikit_learn(case):
    stored = {key.split("/")[1]: STORED[key] for key in STORED.files if key.startswith(f"{case}/")}
    confusion = metrics.confusion_matrix(stored["y_true"], stored["y_pred"], n_classes=8)
    np.testing.assert_array_equal(confusion, stored["confusion"])
    per_class = {
        "precision": metrics.precision_per_class(confusion),
        "recall": metrics.recall_per_class(confusion),
        "f1": metrics.f1_per_class(confusion),
    }
    for name, scores in per_class.items():
        np.testing.assert_allclose(scores, stored[name], **EXACT)
    weighted = [metrics.weighted_average(scores, confusion) for scores in per_class.values()]
    np.testing.assert_allclose(weighted, stored["weighted"], **EXACT)
    for score in (metrics.accuracy, metrics.uar, metrics.macro_f1):
        np.testing.assert_allclose(score(confusion), stored[score.__name__], **EXACT)
    np.testing.assert_allclose(metrics.log_loss(stored["y_true"], stored["probs"]), stored["log_loss"], **EXACT)


@settings(deadline=None, max_examples=60)
@given(predictions())
@pytest.mark.filterwarnings("ignore:.*:UserWarning:sklearn")  # it warns of each class that does not occur
def test_equal_to_scikit_learn(drawn):
    sklearn = pytest.importorskip("sklearn.metrics")
    n_classes, y_true, y_pred = drawn
    confusion = metrics.confusion_matrix(y_true, y_pred, n_classes=n_classes)
    labels = range(n_classes)
    np.testing.assert_array_equal(confusion, sklearn.confusion_matrix(y_true, y_pred, labels=labels))
    for score, theirs in (
        (metrics.precision_per_class, sklearn.precision_score),
        (metrics.recall_per_class, sklearn.recall_score),
        (metrics.f1_per_class, sklearn.f1_score),
    ):
        ours = score(confusion)
        expected = theirs(y_true, y_pred, labels=labels, average=None, zero_division=0)
        np.testing.assert_allclose(ours, expected, **EXACT)
        for average, mean in (("macro", metrics.macro_average), ("weighted", metrics.weighted_average)):
            expected = theirs(y_true, y_pred, average=average, zero_division=0)
            np.testing.assert_allclose(mean(ours, confusion), expected, **EXACT)
    np.testing.assert_allclose(metrics.accuracy(confusion), sklearn.accuracy_score(y_true, y_pred), **EXACT)
    np.testing.assert_allclose(metrics.uar(confusion), sklearn.balanced_accuracy_score(y_true, y_pred), **EXACT)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 20), st.integers(2, 8), st.sampled_from(["float32", "float64"]), st.integers(0, 99))
def test_log_loss_equal_to_scikit_learn(n_clips, n_classes, dtype, seed):
    sklearn = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    probs = rng.dirichlet(np.full(n_classes, 0.05), n_clips).astype(dtype)  # many of them are nearly 0 or 1
    y_true = rng.integers(0, n_classes, n_clips)
    expected = sklearn.log_loss(y_true, probs, labels=range(n_classes))
    # float32: scikit-learn may sum in float32, 20 terms of up to 16
    np.testing.assert_allclose(metrics.log_loss(y_true, probs), expected, rtol=1e-5 if dtype == "float32" else 1e-12)


def test_log_loss_of_certainty_and_of_a_certain_miss():
    assert metrics.log_loss([0], [[1.0, 0.0]]) == pytest.approx(0, abs=1e-15)
    assert metrics.log_loss([1], [[1.0, 0.0]]) == pytest.approx(-np.log(np.finfo(float).eps))
    assert metrics.log_loss([0], [[1, 0]]) == pytest.approx(0, abs=1e-15)  # whole numbers are numbers


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        ([], [], r"y_true: expected shape \(n_clips,\) with at least one clip, got \(0,\)"),
        ([[0]], [[0]], r"y_true: .* got \(1, 1\)"),
        ([0, 1], [0.0, 1.0], "y_pred: expected integer class numbers, got dtype float64"),
        ([0, 3], [0, 1], "y_true: expected class numbers 0 to 2, got 3 at index 1"),
        ([0, 1], [-1, 1], "y_pred: expected class numbers 0 to 2, got -1 at index 0"),
        ([0, 1], [0], "y_pred: expected 2 labels, as many as y_true, got 1"),
    ],
)
def test_labels_that_are_none_are_refused(y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        metrics.confusion_matrix(y_true, y_pred, n_classes=3)


def test_no_classes_are_refused():
    with pytest.raises(ValueError, match="y_true: expected class numbers 0 to -1, got 0 at index 0"):
        metrics.confusion_matrix([0], [0], n_classes=0)


def test_what_is_no_confusion_matrix_is_refused():
    with pytest.raises(ValueError, match=r"confusion: expected shape .* got \(2, 3\)"):
        metrics.accuracy(np.zeros((2, 3), dtype=np.int64))


@pytest.mark.parametrize(
    ("probs", "message"),
    [
        ([[0.5, 0.5], [0.5, 0.5]], r"probs: expected shape \(1, n_classes\), got \(2, 2\)"),
        ([[0.5, 0.4]], "rows sum to 1"),
        ([[1.5, -0.5]], "probs: expected probabilities"),
        ([[np.nan, 1.0]], "probs: expected probabilities"),
    ],
)
def test_log_loss_refuses_what_are_no_probabilities(probs, message):
    with pytest.raises(ValueError, match=message):
        metrics.log_loss([0], probs)
