"""Evaluation: class numbers and probabilities in; scores with intervals, tables and texts of files out.

Read `metrics` first (a score is a function of the confusion matrix), then `intervals` (how sure it is),
`table`, and `report` (everything on one page); `predictions` is the file from which all can be counted again, and
`calibration` asks whether the probabilities are true.
Knows nothing of sound, networks or corpora: the names of the classes are an argument.
"""

from minser.evaluation.calibration import calibrate
from minser.evaluation.intervals import bootstrap_interval, confusion_per_actor, paired_difference
from minser.evaluation.metrics import accuracy, confusion_matrix, uar

__all__ = [
    "accuracy",
    "bootstrap_interval",
    "calibrate",
    "confusion_matrix",
    "confusion_per_actor",
    "paired_difference",
    "uar",
]
