"""Why a network answered as it did: maps over the mel spectrogram.

Comes in: levels in dB and maps of the same shape. Goes out: one figure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from minser.plots.sound import draw_spectrogram
from minser.plots.style import VERMILLION, make_panels

Array = NDArray[np.floating]


@dataclass(frozen=True)
class _Look:
    """How a map is drawn, and what is said about it; {} is the emotion."""

    title: str
    colours: str
    bar: str
    text: str
    scale: float = 1
    is_signed: bool = False


_LOOKS = {
    "saliency": _Look(
        "Saliency",
        "plasma",
        "size of the gradient (score per unit of input)",
        "Bright: a small change of the input here changes the score of {} most.",
    ),
    "Grad-CAM": _Look(
        "Grad-CAM",
        "plasma",
        "evidence (score)",
        "Bright: here the last convolution found what speaks for {}.",
    ),
    "occlusion": _Look(
        "Occlusion",
        "coolwarm",
        "fall of the probability (percentage points)",
        "Red: hidden, {} becomes less likely. Blue: hidden, it becomes likelier.",
        scale=100,
        is_signed=True,
    ),
}
_MOMENTS_ONLY = "\nThis network does not see mel bands alone: its maps tell moments, not frequencies."


def explanation_figure(
    level_db: Array,
    maps: Mapping[str, Array],
    *,
    emotion: str,
    sr: int,
    hop_length: int,
    frequencies_hz: Array,
    start_s: float = 0.0,
    seen_s: tuple[float, float],
    has_frequencies: bool = True,
    n_columns: int = 2,
    title: str = "",
    level_label: str = "level (dB below the loudest cell)",
) -> Figure:
    """Draw a clip's mel spectrogram, and each map over it in grey.

    Parameters
    ----------
    level_db : ndarray of float, shape (n_mels, n_frames)
        Mel spectrogram in dB.
    maps : mapping of str to ndarray of float, each of shape (n_mels, n_frames)
        ``saliency`` (logits for a unit of input), ``Grad-CAM`` (logits) and ``occlusion`` (fall of the probability,
        0.1 for ten percentage points), or some of them.
    emotion : str
        Whose maps they are.
    sr, hop_length : int
        Sample rate in Hz, and samples between frames.
    frequencies_hz : ndarray of float, shape (n_mels,)
        Centre of each band in Hz, rising.
    start_s : float
        Time of the first frame in seconds.
    seen_s : (float, float)
        From where to where the network looked, in seconds.
    has_frequencies : bool
        Whether the maps tell frequencies apart; if not, the figure says so.
    n_columns : int
        Panels in a row.
    title : str
        Title above all.
    level_label : str
        What the spectrogram's colours mean.

    Returns
    -------
    Figure
        The spectrogram, then a panel for each map.

    Raises
    ------
    ValueError
        If a map is unknown or of another shape, or there is not one frequency per band.
    """
    for name, values in maps.items():
        if name not in _LOOKS or values.shape != level_db.shape:
            raise ValueError(
                f"maps: expected some of {', '.join(_LOOKS)} of shape {level_db.shape}, got {name} {values.shape}"
            )
    n_rows = -(-(1 + len(maps)) // n_columns)
    size = 6 * n_columns, 0.6 + 3.3 * n_rows
    figure, grid = make_panels(size, n_rows, n_columns, n_shown=1 + len(maps), dpi=110)

    def draw_level(axes: Axes) -> AxesImage:
        image = draw_spectrogram(
            axes, level_db, sr=sr, hop_length=hop_length, frequencies_hz=frequencies_hz, start_s=start_s
        )
        axes.set(xlabel="time (s)", ylabel="frequency (Hz)")
        for moment in seen_s:
            axes.axvline(moment, color=VERMILLION, linewidth=1, linestyle="--")
        return image

    figure.colorbar(draw_level(grid.flat[0]), ax=grid.flat[0], label=level_label, pad=0.01)
    _head(grid.flat[0], "Mel spectrogram", "Between the dashed lines is what the network looked at.")
    for axes, (name, values) in zip(grid.flat[1:], maps.items(), strict=False):
        level = draw_level(axes)
        level.set_cmap("gray")
        look = _LOOKS[name]
        figure.colorbar(_lay_over(axes, values, look, level), ax=axes, label=look.bar, pad=0.01)
        _head(axes, look.title, look.text.format(emotion))
    figure.suptitle(title + ("" if has_frequencies else _MOMENTS_ONLY))
    return figure


def _lay_over(axes: Axes, values: Array, look: _Look, level: AxesImage) -> ScalarMappable:
    """Draw a map over a spectrogram, the clearer the stronger; return its colours without the grey behind them."""
    values = look.scale * values
    most = float(np.abs(values).max()) or 1.0
    image = axes.imshow(
        values,
        cmap=look.colours,
        vmin=-most if look.is_signed else 0,
        vmax=most,
        alpha=0.75 * np.sqrt(np.clip(np.abs(values) / most, 0, 1)),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=level.get_extent(),
    )
    return ScalarMappable(image.norm, image.cmap)


def _head(axes: Axes, title: str, text: str) -> None:
    """Write a panel's title, and below it what one sees."""
    axes.set_title(text, fontsize=9)
    axes.annotate(
        title, (0.5, 1), xytext=(0, 20), xycoords="axes fraction", textcoords="offset points", ha="center", fontsize=12
    )
