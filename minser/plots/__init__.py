"""Figures. The one importer of matplotlib: arrays in, `Figure` out, and `save` to put one on disk.

Every function builds a `matplotlib.figure.Figure` of its own and leaves pyplot, its windows and its global state alone,
so it works without a screen and in any thread. Lines take their colours from Okabe & Ito's (2008) palette and images
from cividis or viridis, which all readers can tell apart.
"""

from matplotlib.figure import Figure

from minser.plots.clips import cuts_figure, side_by_side
from minser.plots.scores import confusion_figure, per_class_accuracy
from minser.plots.sound import mel_per_emotion, spectrogram, waveform
from minser.plots.spectra import spectra_figure
from minser.plots.style import save
from minser.plots.survey import counts_figure, kept_figure, spread_figure
from minser.plots.training import training_curves

__all__ = [
    "Figure",
    "confusion_figure",
    "counts_figure",
    "cuts_figure",
    "kept_figure",
    "mel_per_emotion",
    "per_class_accuracy",
    "save",
    "side_by_side",
    "spectra_figure",
    "spectrogram",
    "spread_figure",
    "training_curves",
    "waveform",
]
