"""Evaluation: class numbers and probabilities in; scores with intervals, tables and texts of files out.

Read `metrics` first (a score is a function of the confusion matrix), then `intervals` (how sure it is),
`table`, and `report` (everything on one page); `predictions` is the file from which all can be counted again, and
`calibration` asks whether the probabilities are true.
Knows nothing of sound, networks or corpora: the names of the classes are an argument.
"""

from minser.evaluation.calibration import (
    calibrate,
    expected_calibration_error,
    fit_temperature,
    with_temperature,
)
from minser.evaluation.intervals import (
    Interval,
    bootstrap_interval,
    confusion_per_actor,
    draw_confusions,
    paired_difference,
    percentile_interval,
)
from minser.evaluation.metrics import (
    accuracy,
    confusion_matrix,
    f1_per_class,
    log_loss,
    macro_average,
    macro_f1,
    precision_per_class,
    recall_per_class,
    uar,
    weighted_average,
)
from minser.evaluation.predictions import Predictions
from minser.evaluation.report import score_predictions

__all__ = [
    "Interval",
    "Predictions",
    "accuracy",
    "bootstrap_interval",
    "calibrate",
    "confusion_matrix",
    "confusion_per_actor",
    "draw_confusions",
    "expected_calibration_error",
    "f1_per_class",
    "fit_temperature",
    "log_loss",
    "macro_average",
    "macro_f1",
    "paired_difference",
    "percentile_interval",
    "precision_per_class",
    "recall_per_class",
    "score_predictions",
    "uar",
    "weighted_average",
    "with_temperature",
]
