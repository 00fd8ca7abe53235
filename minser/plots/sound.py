"""Waveforms and spectrograms.

Comes in: samples, or levels in dB. Goes out: one figure; `draw_spectrogram` fills one panel of a larger one.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from minser.plots.style import BLUE, make_panels

_ROUND_HZ = (0, 125, 250, 500, 1000, 2000, 3000, 4000, 6000, 8000, 10_000, 12_000, 16_000, 20_000)


def mel_per_emotion(
    mels_db: Sequence[NDArray[np.floating]],
    names: Sequence[str],
    *,
    sr: int,
    hop_length: int,
    mel_frequencies_hz: NDArray[np.floating],
    title: str = "",
    n_columns: int = 4,
) -> Figure:
    """Draw log-mel spectrograms, such as one per emotion, on common axes and one common scale of colours.

    Parameters
    ----------
    mels_db : sequence of ndarray of float, each of shape (n_mels, n_frames)
        Levels in dB; the numbers of frames may differ.
    names : sequence of str
        A title for each.
    sr, hop_length, mel_frequencies_hz
        As in `draw_spectrogram`.
    title : str
        Title above them all.
    n_columns : int
        At most so many side by side.

    Returns
    -------
    Figure
        A clip shorter than the longest leaves its panel white at the end.

    Raises
    ------
    ValueError
        If there is no spectrogram, not one name for each, or not one frequency per band.
    """
    if not len(mels_db) or len(mels_db) != len(names):
        raise ValueError(f"names: expected one per spectrogram, got {len(names)} for {len(mels_db)}")
    n_columns = min(n_columns, len(names))
    n_rows = -(-len(names) // n_columns)
    low = min(float(mel_db.min()) for mel_db in mels_db)
    high = max(float(mel_db.max()) for mel_db in mels_db)
    longest_s = max(mel_db.shape[1] for mel_db in mels_db) * hop_length / sr
    size = 1 + 2.75 * n_columns, 0.6 + 2.5 * n_rows
    figure, grid = make_panels(size, n_rows, n_columns, n_shown=len(names), sharex=True, sharey=True)
    for axes, mel_db, name in zip(grid.flat, mels_db, names, strict=False):
        image = draw_spectrogram(axes, mel_db, sr=sr, hop_length=hop_length, frequencies_hz=mel_frequencies_hz)
        image.set_clim(low, high)
        axes.set(title=name, xlim=(0, longest_s))
    for axes in grid.flat[len(names) - n_columns : len(names)]:  # the lowest of each column, in an open row too
        axes.tick_params(labelbottom=True)
    figure.supxlabel("time (s)", fontsize="medium")
    figure.supylabel("frequency (Hz)", fontsize="medium")
    figure.suptitle(title)
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
    sr, hop_length, frequencies_hz
        As in `draw_spectrogram`.
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
    figure, [[axes]] = make_panels((8, 3.4))
    image = draw_spectrogram(axes, level_db, sr=sr, hop_length=hop_length, frequencies_hz=frequencies_hz)
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
    figure, [[axes]] = make_panels((8, 2.6))
    axes.plot(np.arange(samples.size) / sr, samples, color=BLUE, linewidth=0.5)
    axes.set(title=title, xlabel="time (s)", ylabel="amplitude (1 = full scale)", xlim=(0, samples.size / sr))
    axes.grid(alpha=0.3)
    return figure


def draw_spectrogram(
    axes: Axes,
    level_db: NDArray[np.floating],
    *,
    sr: int,
    hop_length: int,
    frequencies_hz: NDArray[np.floating],
    start_s: float = 0.0,
) -> AxesImage:
    """Draw a spectrogram into a panel, each frame around its centre in time, and label round frequencies.

    Parameters
    ----------
    axes : Axes
        The panel.
    level_db : ndarray of float, shape (n_bins, n_frames)
        Levels in dB.
    sr, hop_length : int
        Sample rate in Hz, and samples between frames.
    frequencies_hz : ndarray of float, shape (n_bins,)
        Frequency of each bin in Hz, rising.

    Returns
    -------
    AxesImage
        What a colour bar belongs to.

    Raises
    ------
    ValueError
        If there is not one frequency per bin.
    """
    if level_db.ndim != 2 or level_db.shape[0] != len(frequencies_hz):
        raise ValueError(
            f"frequencies: expected one per row of a spectrogram {level_db.shape}, got {len(frequencies_hz)}"
        )
    n_bins, n_frames = level_db.shape
    frame_s = hop_length / sr
    image = axes.imshow(
        level_db,
        cmap="viridis",
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(start_s - 0.5 * frame_s, start_s + (n_frames - 0.5) * frame_s, -0.5, n_bins - 0.5),
    )
    ticks: list[tuple[float, int]] = []
    for hz in reversed(_ROUND_HZ):
        row = float(np.interp(hz, frequencies_hz, np.arange(n_bins)))
        inside = frequencies_hz[0] <= hz <= frequencies_hz[-1]
        if inside and (not ticks or ticks[-1][0] - row >= n_bins / 12):  # nearer labels would touch
            ticks.append((row, hz))
    axes.set_yticks([row for row, _ in ticks], [f"{hz}" for _, hz in ticks])
    return image
