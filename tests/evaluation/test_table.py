"""The classification report is scikit-learn's, character by character."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minser.evaluation.metrics import confusion_matrix
from minser.evaluation.table import classification_table

NAMES = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
STORED = np.load(Path(__file__).parents[1] / "reference" / "evaluation.npz")
CASES = sorted({key.split("/")[0] for key in STORED.files if "/" in key})


@pytest.mark.parametrize("case", CASES)
def test_equal_to_stored_reports_of_scikit_learn(case):
    confusion = confusion_matrix(STORED[f"{case}/y_true"], STORED[f"{case}/y_pred"], n_classes=len(NAMES))
    assert classification_table(confusion, NAMES) == str(STORED[f"{case}/report"])


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=60),
    st.booleans(),
)
def test_equal_to_scikit_learn(pairs, long_names):
    sklearn = pytest.importorskip("sklearn.metrics")
    y_true, y_pred = np.array(pairs).T
    assume((y_true == y_pred).any())  # scikit-learn writes the counts as 1.0 where no clip at all is right
    names = [f"class number {i} of eight" for i in range(8)] if long_names else NAMES
    occurring = np.union1d(y_true, y_pred)
    expected = sklearn.classification_report(
        y_true, y_pred, target_names=[names[i] for i in occurring], zero_division=0
    )
    assert classification_table(confusion_matrix(y_true, y_pred, n_classes=8), names) == expected


def test_one_name_per_class_is_asked_for():
    with pytest.raises(ValueError, match=r"names: expected one per class of confusion \(2, 2\), got 3"):
        classification_table(np.eye(2, dtype=np.int64), ["a", "b", "c"])
