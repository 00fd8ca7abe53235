"""Figures. The one importer of matplotlib: arrays in, `Figure` out, and `save` to put one on disk.

Every function builds a `matplotlib.figure.Figure` of its own and leaves pyplot, its windows and its global
state alone, so it works without a screen and in any thread. Lines take their colours from Okabe & Ito's
(2008) palette and images from cividis or viridis, which all readers can tell apart. Called by the
experiment, the commands and the tutorials; imported by them only, since matplotlib takes a second to load.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

BLUE, SKY_BLUE, VERMILLION, GREEN, GREY = "#0072B2", "#56B4E9", "#D55E00", "#009E73", "#666666"
_CURVES = {
    "train_loss": ("-", BLUE, "training"),
    "val_loss": ("--", VERMILLION, "validation"),
    "train_accuracy": ("-", BLUE, "training"),
    "val_accuracy": ("--", VERMILLION, "validation"),
    "val_uar": (":", GREEN, "validation UAR"),
}
_ROUND_HZ = (0, 125, 250, 500, 1000, 2000, 3000, 4000, 6000, 8000, 10_000, 12_000, 16_000, 20_000)


def training_curves(history: Mapping[str, Sequence[float]], *, best_epoch: int | None = None) -> Figure:
    """Draw loss, accuracy and learning rate against the epoch.

    Parameters
    ----------
    history : mapping of str to sequence of float, each of length n_epochs
        Columns ``epoch``, ``train_loss``, ``val_loss`` (nats), ``train_accuracy``, ``val_accuracy``,
        ``val_uar`` (shares in [0, 1]) and ``lr``. NaN leaves a gap, and a column of NaN, as without a
        validation part, is not drawn.
    best_epoch : int, optional
        The epoch whose weights were kept, to be marked; by default the first with the highest ``val_uar``.

    Returns
    -------
    Figure
        Three panels side by side.

    Raises
    ------
    ValueError
        If a column is missing, or its length is not that of ``epoch``, or there is no epoch.
    """
    missing = [name for name in ("epoch", "lr", *_CURVES) if name not in history]
    if missing:
        raise ValueError(f"history: expected a column {missing[0]!r}, got {', '.join(history)}")
    table = {name: np.asarray(history[name], dtype=np.float64) for name in ("epoch", "lr", *_CURVES)}
    epoch = table["epoch"]
    for name, column in table.items():
        if column.ndim != 1 or column.size == 0 or column.shape != epoch.shape:
            raise ValueError(f"history: expected a value of {name} per epoch, got shape {column.shape}")
    if best_epoch is None and np.isfinite(table["val_uar"]).any():
        best_epoch = int(epoch[np.nanargmax(table["val_uar"])])

    figure = Figure(figsize=(11, 3.4), dpi=120, layout="constrained")
    loss, share, lr = figure.subplots(1, 3)
    marker = "o" if epoch.size == 1 else ""  # a line through one point cannot be seen
    for name, (style, colour, label) in _CURVES.items():
        axes, scale = (loss, 1) if name.endswith("loss") else (share, 100)
        if np.isfinite(table[name]).any():
            axes.plot(epoch, scale * table[name], style, color=colour, marker=marker, label=label)
    lr.plot(epoch, table["lr"], color=BLUE, marker=marker)
    loss.set(title="Loss", ylabel="loss (nats)")
    share.set(title="Accuracy", ylabel="clips (%)", ylim=(0, 100))
    lr.set(title="Learning rate", ylabel="learning rate", ylim=(0, None))
    for axes in (loss, share, lr):
        if best_epoch is not None:
            axes.axvline(best_epoch, color=GREY, linewidth=1, label=f"best epoch ({best_epoch})")
        axes.set(xlabel="epoch", xlim=(epoch[0] - 0.5, epoch[-1] + 0.5))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
        axes.grid(alpha=0.3)
    loss.legend(fontsize=8)
    share.legend(fontsize=8)
    return figure


def confusion_figure(confusion: NDArray[np.int64], names: Sequence[str]) -> Figure:
    """Draw a confusion matrix twice: as counts, and as percent of each true class.

    Parameters
    ----------
    confusion : ndarray of int, shape (n_classes, n_classes)
        Counts ``confusion[true, pred]``.
    names : sequence of str
        Names of the classes.

    Returns
    -------
    Figure
        Two panels; rows are true classes. A class without clips has an empty row in the second.

    Raises
    ------
    ValueError
        If there is not one name per row and column.
    """
    if confusion.shape != (len(names), len(names)):
        raise ValueError(f"names: expected one per class of confusion {confusion.shape}, got {len(names)}")
    support = confusion.sum(axis=1, keepdims=True)
    percent = np.divide(100 * confusion, support, out=np.full(confusion.shape, np.nan), where=support > 0)
    figure = Figure(figsize=(12, 5.6), dpi=120, layout="constrained")
    for axes, cells, top, title in zip(
        figure.subplots(1, 2),
        (confusion.astype(np.float64), percent),
        (max(confusion.max(), 1), 100),
        ("Number of clips", "Percent of the true class"),
        strict=True,
    ):
        axes.imshow(cells, cmap="cividis", vmin=0, vmax=top)
        for i, j in zip(*np.nonzero(np.isfinite(cells)), strict=True):
            colour = "black" if cells[i, j] > 0.45 * top else "white"
            axes.text(j, i, f"{cells[i, j]:.0f}", ha="center", va="center", color=colour, fontsize=10)
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(names)), names)
        axes.set(title=title, xlabel="predicted class", ylabel="true class")
    return figure


def per_class_accuracy(recalls: ArrayLike, names: Sequence[str], supports: ArrayLike) -> Figure:
    """Draw the share of each class's clips that were recognised, with the mean of these shares and chance.

    Parameters
    ----------
    recalls : array_like of float, shape (n_classes,)
        Shares in [0, 1], one per class.
    names : sequence of str
        Names of the classes, from top to bottom.
    supports : array_like of int, shape (n_classes,)
        Number of clips of each class; a class without clips has no bar and is not averaged.

    Returns
    -------
    Figure
        One panel of horizontal bars.

    Raises
    ------
    ValueError
        If the three differ in length, or no class has clips.
    """
    percent, clips = 100 * np.asarray(recalls, dtype=np.float64), np.asarray(supports)
    if not percent.shape == clips.shape == (len(names),):
        shapes = f"{percent.shape} and {clips.shape}"
        raise ValueError(f"recalls, supports: expected one per name, ({len(names)},), got {shapes}")
    occurs = clips > 0
    if not occurs.any():
        raise ValueError("supports: expected a class with clips, got only zeros")
    mean, chance = percent[occurs].mean(), 100 / occurs.sum()
    figure = Figure(figsize=(7, 0.8 + 0.42 * len(names)), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.barh(range(len(names)), np.where(occurs, percent, 0), color=SKY_BLUE)
    for row, (share, n_clips) in enumerate(zip(percent, clips, strict=True)):
        label = f"{share:.0f} % of {n_clips}" if n_clips else "no clips"
        axes.text(102, row, label, va="center", fontsize=9)
    axes.axvline(mean, color=BLUE, label=f"mean (UAR): {mean:.1f} %")
    axes.axvline(chance, color=VERMILLION, linestyle="--", label=f"chance: {chance:.1f} %")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel="recognised clips (% of the class)", xlim=(0, 122))  # the labels stand right of 100
    axes.set_xticks(range(0, 101, 20))
    figure.legend(loc="outside upper center", ncols=2, fontsize=9)
    return figure


def mel_per_emotion(
    mels_db: Sequence[NDArray[np.floating]],
    names: Sequence[str],
    *,
    sr: int,
    hop_length: int,
    mel_frequencies_hz: NDArray[np.floating],
) -> Figure:
    """Draw log-mel spectrograms, one per emotion, on common axes and one common scale of colours.

    Parameters
    ----------
    mels_db : sequence of ndarray of float, each of shape (n_mels, n_frames)
        Levels in dB; the numbers of frames may differ.
    names : sequence of str
        A title for each.
    sr : int
        Sample rate in Hz.
    hop_length : int
        Samples between frames.
    mel_frequencies_hz : ndarray of float, shape (n_mels,)
        Centre frequency of each band in Hz, rising.

    Returns
    -------
    Figure
        A grid of up to four columns; a clip shorter than the longest leaves its panel white at the end.

    Raises
    ------
    ValueError
        If there is no spectrogram, not one name for each, or not one frequency per band.
    """
    if not len(mels_db) or len(mels_db) != len(names):
        raise ValueError(f"names: expected one per spectrogram, got {len(names)} for {len(mels_db)}")
    n_columns = min(4, len(names))
    n_rows = -(-len(names) // n_columns)
    low = min(float(mel_db.min()) for mel_db in mels_db)
    high = max(float(mel_db.max()) for mel_db in mels_db)
    longest_s = max(mel_db.shape[1] for mel_db in mels_db) * hop_length / sr
    figure = Figure(figsize=(1 + 2.75 * n_columns, 0.6 + 2.5 * n_rows), dpi=120, layout="constrained")
    grid = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(names) :]:
        axes.set_visible(False)
    for axes, mel_db, name in zip(grid.flat, mels_db, names, strict=False):
        image = _image(axes, mel_db, sr, hop_length, mel_frequencies_hz)
        image.set_clim(low, high)
        axes.set(title=name, xlim=(0, longest_s))
    for axes in grid.flat[len(names) - n_columns : len(names)]:  # the lowest of each column, in an open row too
        axes.tick_params(labelbottom=True)
    figure.supxlabel("time (s)", fontsize="medium")
    figure.supylabel("frequency (Hz)", fontsize="medium")
    figure.colorbar(image, ax=grid, label="level (dB)", pad=0.01)
    return figure


def spectrogram(
    level_db: NDArray[np.floating],
    *,
    sr: int,
    hop_length: int,
    frequencies_hz: NDArray[np.floating],
    title: str = "",
) -> Figure:
    """Draw one spectrogram, of mel bands or of Fourier bins.

    Parameters
    ----------
    level_db : ndarray of float, shape (n_bins, n_frames)
        Levels in dB.
    sr : int
        Sample rate in Hz.
    hop_length : int
        Samples between frames.
    frequencies_hz : ndarray of float, shape (n_bins,)
        Frequency of each bin in Hz, rising.
    title : str
        Title.

    Returns
    -------
    Figure
        One panel with a colour bar.

    Raises
    ------
    ValueError
        If there is not one frequency per bin.
    """
    figure = Figure(figsize=(8, 3.4), dpi=120, layout="constrained")
    axes = figure.subplots()
    image = _image(axes, level_db, sr, hop_length, frequencies_hz)
    axes.set(title=title, xlabel="time (s)", ylabel="frequency (Hz)")
    figure.colorbar(image, label="level (dB)", pad=0.01)
    return figure


def waveform(samples: NDArray[np.floating], *, sr: int, title: str = "") -> Figure:
    """Draw a waveform against time.

    Parameters
    ----------
    samples : ndarray of float, shape (n_samples,)
        Amplitudes; 1 is full scale.
    sr : int
        Sample rate in Hz.
    title : str
        Title.

    Returns
    -------
    Figure
        One panel.

    Raises
    ------
    ValueError
        If `samples` is not one-dimensional, or is empty.
    """
    if samples.ndim != 1 or samples.size == 0:
        raise ValueError(f"samples: expected shape (n_samples,), got {samples.shape}")
    figure = Figure(figsize=(8, 2.6), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.plot(np.arange(samples.size) / sr, samples, color=BLUE, linewidth=0.5)
    axes.set(title=title, xlabel="time (s)", ylabel="amplitude (1 = full scale)", xlim=(0, samples.size / sr))
    axes.grid(alpha=0.3)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG; equal figures give equal bytes, as neither a clock nor a version goes in.

    Parameters
    ----------
    figure : Figure
        What to draw.
    path : Path
        Where to; an existing file is overwritten.
    """
    figure.savefig(path, format="png", metadata={"Software": None})


def _image(
    axes: Axes, level_db: NDArray[np.floating], sr: int, hop_length: int, frequencies_hz: NDArray[np.floating]
) -> AxesImage:
    """Draw bins upwards and frames to the right, each around its centre, and label round frequencies."""
    if level_db.ndim != 2 or level_db.shape[0] != len(frequencies_hz):
        wanted = f"one per row of a spectrogram {level_db.shape}"
        raise ValueError(f"frequencies: expected {wanted}, got {len(frequencies_hz)}")
    n_bins, n_frames = level_db.shape
    frame_s = hop_length / sr
    image = axes.imshow(
        level_db,
        cmap="viridis",
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(-0.5 * frame_s, (n_frames - 0.5) * frame_s, -0.5, n_bins - 0.5),
    )
    ticks: list[tuple[float, int]] = []
    for hz in reversed(_ROUND_HZ):
        row = float(np.interp(hz, frequencies_hz, np.arange(n_bins)))
        inside = frequencies_hz[0] <= hz <= frequencies_hz[-1]
        if inside and (not ticks or ticks[-1][0] - row >= n_bins / 12):  # nearer labels would touch
            ticks.append((row, hz))
    axes.set_yticks([row for row, _ in ticks], [f"{hz}" for _, hz in ticks])
    return image
