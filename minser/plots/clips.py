"""Some clips, looked at closely: side by side, augmented, with the silence at their ends marked.

Comes in: waveforms, and levels in dB. Goes out: one figure each.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from minser.plots.sound import draw_spectrogram
from minser.plots.style import BLUE, GREY, ORANGE, VERMILLION, make_panels

_CUTS = ((BLUE, "-"), (ORANGE, "--"), (VERMILLION, ":"))


def side_by_side(
    waveforms: Sequence[NDArray[np.floating]],
    levels_db: Sequence[NDArray[np.floating]],
    names: Sequence[str],
    *,
    sr: int,
    hop_length: int,
    frequencies_hz: NDArray[np.floating],
    amplitude_label: str,
    level_label: str,
    title: str,
    n_columns: int = 4,
) -> Figure:
    """Draw clips beside each other, each one's waveform above its spectrogram, on common axes and colours.

    Parameters
    ----------
    waveforms : sequence of ndarray of float, each of shape (n_samples,)
        Samples.
    levels_db : sequence of ndarray of float, each of shape (n_bins, n_frames)
        The same clips' spectrograms in dB.
    names : sequence of str
        A name for each.
    sr, hop_length, frequencies_hz
        As in `draw_spectrogram`.
    amplitude_label, level_label, title : str
        What the samples are, what the levels are, and what is seen.
    n_columns : int
        Clips in a row, at most.

    Returns
    -------
    Figure
        A grid; a clip shorter than the longest leaves its panel white at the end.

    Raises
    ------
    ValueError
        If there is no clip, or not one waveform, spectrogram and name for each.
    """
    if not len(names) or not len(waveforms) == len(levels_db) == len(names):
        raise ValueError(f"expected one name for each clip, got {len(names)} for {len(waveforms)}, {len(levels_db)}")
    n_columns = min(n_columns, len(names))
    n_rows = -(-len(names) // n_columns)
    size = 1.2 + 2.75 * max(n_columns, 3), 0.9 + 3.4 * n_rows
    figure, grid = make_panels(size, 2 * n_rows, n_columns, sharex=True, sharey="row", height_ratios=[2, 3] * n_rows)
    above, below = grid[::2].ravel(), grid[1::2].ravel()
    for axes in (*above[len(names) :], *below[len(names) :]):
        axes.set_visible(False)
    loudest = 1.05 * max(float(np.abs(waveform).max()) for waveform in waveforms) or 1.0
    low, high = min(float(db.min()) for db in levels_db), max(float(db.max()) for db in levels_db)
    for place, (name, waveform, level_db) in enumerate(zip(names, waveforms, levels_db, strict=True)):
        above[place].plot(np.arange(waveform.size) / sr, waveform, color=BLUE, linewidth=0.4)
        above[place].set(title=name, ylim=(-loudest, loudest))
        above[place].grid(alpha=0.3)
        image = draw_spectrogram(below[place], level_db, sr=sr, hop_length=hop_length, frequencies_hz=frequencies_hz)
        image.set_clim(low, high)
        below[place].set_xlim(0, max(waveform.size for waveform in waveforms) / sr)
        below[place].xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))  # more would touch the next panel's
        below[place].tick_params(labelbottom=place + n_columns >= len(names))
        if place % n_columns == 0:
            above[place].set_ylabel(amplitude_label)
            below[place].set_ylabel("frequency (Hz)")
    figure.supxlabel("time (s)", fontsize="medium")
    figure.suptitle(title)
    figure.colorbar(image, ax=grid, label=level_label, pad=0.01)
    return figure


def cuts_figure(
    waveform: NDArray[np.floating],
    level_db: NDArray[np.floating],
    cuts_s: Mapping[int, tuple[float, float]],
    *,
    sr: int,
    hop_length: int,
    title: str,
) -> Figure:
    """Draw what trimming cuts off a clip: the waveform, and the level that decides.

    Parameters
    ----------
    waveform : ndarray of float, shape (n_samples,)
        Samples.
    level_db : ndarray of float, shape (n_frames,)
        RMS of each frame, in dB; the loudest is 0.
    cuts_s : mapping
        For each threshold in dB below the loudest frame: start and end in seconds of what it keeps. Up to three.
    sr, hop_length : int
        Sample rate in Hz, and samples between frames.
    title : str
        What is seen.

    Returns
    -------
    Figure
        Two panels above each other.
    """
    figure, [[above], [below]] = make_panels((9, 5), 2, sharex=True)
    above.plot(np.arange(waveform.size) / sr, waveform, color=GREY, linewidth=0.5)
    below.plot(np.arange(level_db.size) * hop_length / sr, level_db, color=GREY)
    for (top_db, (start, end)), (colour, style) in zip(cuts_s.items(), _CUTS, strict=False):
        label = f"{top_db} dB: {end - start:.2f} s kept"
        for axes in (above, below):
            axes.axvline(start, color=colour, linestyle=style, label=label if axes is above else None)
            axes.axvline(end, color=colour, linestyle=style)
        below.axhline(-top_db, color=colour, linestyle=style, linewidth=1)
    above.set(title=title, ylabel="amplitude")
    below.set(xlabel="time (s)", ylabel="level (dB below\nthe loudest frame)", xlim=(0, waveform.size / sr))
    figure.legend(loc="outside lower center", ncols=3, fontsize=9)
    for axes in (above, below):
        axes.grid(alpha=0.3)
    return figure
