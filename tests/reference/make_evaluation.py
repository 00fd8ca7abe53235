"""Write evaluation.npz: what scikit-learn says about drawn predictions, for machines without it.

Run by hand: python tests/reference/make_evaluation.py
"""

from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics

NAMES = np.array(["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"])


def cases() -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return true classes, predicted classes and probabilities of a few situations by name."""
    rng = np.random.default_rng(0)
    drawn = {}
    for name, true_classes, pred_classes, n_clips in (
        ("all_classes", range(8), range(8), 288),
        ("never_predicted", range(8), [0, 1, 2, 4, 5, 7], 120),
        ("song", range(6), range(8), 200),  # song has no disgust and no surprise
        ("absent", [0, 3, 4], [0, 3, 5], 40),
        ("one_class", [3], [3], 5),
    ):
        y_true, y_pred = rng.choice(true_classes, n_clips), rng.choice(pred_classes, n_clips)
        y_pred = np.where((rng.random(n_clips) < 0.5) & np.isin(y_true, pred_classes), y_true, y_pred)
        drawn[name] = y_true, y_pred, rng.dirichlet(np.full(8, 0.3), n_clips)
    return drawn


def main() -> None:
    """Score every case and write the file next to this script."""
    arrays = {"versions": np.array([f"scikit-learn {sklearn.__version__}", f"numpy {np.__version__}"])}
    for name, (y_true, y_pred, probs) in cases().items():
        classes = np.union1d(y_true, y_pred)
        per_class = metrics.precision_recall_fscore_support(y_true, y_pred, labels=range(8), zero_division=0)
        weighted = metrics.precision_recall_fscore_support(y_true, y_pred, average="weighted", zero_division=0)
        values = {
            "y_true": y_true,
            "y_pred": y_pred,
            "probs": probs,
            "confusion": metrics.confusion_matrix(y_true, y_pred, labels=range(8)),
            "accuracy": metrics.accuracy_score(y_true, y_pred),
            "uar": metrics.recall_score(y_true, y_pred, labels=np.unique(y_true), average="macro", zero_division=0),
            "macro_f1": metrics.f1_score(y_true, y_pred, average="macro", zero_division=0),
            "precision": per_class[0],
            "recall": per_class[1],
            "f1": per_class[2],
            "weighted": np.array(weighted[:3]),
            "log_loss": metrics.log_loss(y_true, probs, labels=range(8)),
            "report": metrics.classification_report(
                y_true, y_pred, labels=classes, target_names=NAMES[classes], zero_division=0
            ),
        }
        arrays |= {f"{name}/{key}": np.asarray(value) for key, value in values.items()}
    np.savez_compressed(Path(__file__).with_name("evaluation.npz"), **arrays)


if __name__ == "__main__":
    main()
