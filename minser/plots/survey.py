"""A corpus at a glance: how many clips, how long, how loud, how bright, how high, emotion by emotion.

Comes in: the tables of `minser.corpus.survey.statistics`. Goes out: one figure each, whose title says what is seen.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from minser.plots.style import BLUE, GREY, ORANGE, SKY_BLUE, VERMILLION, make_panels

_COLOURS = {"speech": BLUE, "song": ORANGE, "own": BLUE}
_TRIMMED = (BLUE, SKY_BLUE, VERMILLION)


def counts_figure(counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Figure:
    """Draw how many clips there are of each kind.

    Parameters
    ----------
    counts : mapping
        For ``emotion``, ``sex``, ``intensity`` and ``channel``: for each word the number of clips by channel.

    Returns
    -------
    Figure
        Four panels of horizontal bars, speech and song end to end.
    """
    figure = Figure(figsize=(9, 4.4), dpi=120, layout="constrained")
    grid = figure.add_gridspec(3, 2)
    panels = {"emotion": grid[:, 0], "sex": grid[0, 1], "intensity": grid[1, 1], "channel": grid[2, 1]}
    for field, place in panels.items():
        axes = figure.add_subplot(place)
        totals = [sum(parts.values()) for parts in counts[field].values()]
        for row, (parts, total) in enumerate(zip(counts[field].values(), totals, strict=True)):
            left = 0
            for channel, n_clips in parts.items():
                axes.barh(row, n_clips, left=left, color=_COLOURS[channel], height=0.7)
                left += n_clips
            axes.text(total, row, f" {total}", va="center", fontsize=9)
        _name_rows(axes, counts[field])
        axes.set(
            title=f"Clips by {field}",
            xlabel="clips" if field in ("emotion", "channel") else "",
            xlim=(0, 1.15 * max(totals)),
        )
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    by_emotion = {emotion: sum(parts.values()) for emotion, parts in counts["emotion"].items()}
    most, fewest = max(by_emotion.values()), min(by_emotion.values())
    rare = ", ".join(emotion for emotion, n_clips in by_emotion.items() if n_clips == fewest)
    each = f"{most} of each emotion" if most == fewest else f"{fewest} ({rare}) to {most} of an emotion"
    figure.suptitle(f"{sum(by_emotion.values())} clips: {each}")
    figure.legend(handles=_channel_key(counts["channel"]), loc="outside lower center", ncols=2, fontsize=9)
    return figure


def spread_figure(
    panels: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]], *, quantity: str, unit: str
) -> Figure:
    """Draw how a measurement spreads over the clips of each emotion, in speech and in song.

    Parameters
    ----------
    panels : mapping
        For each panel's name, by channel and emotion: ``low``, ``q1``, ``median``, ``q3``, ``high``.
    quantity, unit : str
        What was measured, in what.

    Returns
    -------
    Figure
        In each panel a row for each emotion: a dot at the median, a thick line over the middle half of the clips, a
        thin one over nine tenths of them.

    Raises
    ------
    ValueError
        If there is no panel, or one without clips.
    """
    figure, [grid] = make_panels((3.5 + 4 * len(panels), 4.8), 1, len(panels), sharex=True, sharey=True)
    emotions = _emotions(panels.values())
    for axes, (name, channels) in zip(grid, panels.items(), strict=True):
        for channel, spreads in channels.items():
            offset = 0.0 if len(channels) == 1 else {"speech": -0.18, "song": 0.18}[channel]
            rows = [emotions.index(emotion) + offset for emotion in spreads]
            column, colour = _columns(spreads), _COLOURS[channel]
            axes.hlines(rows, column["low"], column["high"], color=colour, linewidth=1)
            axes.hlines(rows, column["q1"], column["q3"], color=colour, linewidth=6, alpha=0.5)
            axes.plot(column["median"], rows, "o", color=colour, markersize=6, markeredgecolor="white")
        channel, spreads = next(iter(channels.items()))
        medians = {emotion: spread["median"] for emotion, spread in spreads.items()}
        ends = [
            f"{float(f'{medians[emotion]:.3g}'):g} {unit} ({emotion})"  # 2040, not 2.04e+03
            for emotion in (min(medians, key=medians.__getitem__), max(medians, key=medians.__getitem__))
        ]
        axes.set_title(f"{name}, {channel}: from {ends[0]} to {ends[1]}", fontsize=10)
        axes.set_xlabel(f"{quantity} ({unit})")
        _name_rows(axes, emotions)
    key = [
        *_channel_key(dict.fromkeys(channel for channels in panels.values() for channel in channels)),
        Line2D([], [], color=GREY, marker="o", linestyle="", label="median clip"),
        Line2D([], [], color=GREY, linewidth=6, alpha=0.5, label="middle half of the clips"),
        Line2D([], [], color=GREY, linewidth=1, label="nine tenths of the clips"),
    ]
    figure.legend(handles=key, loc="outside lower center", ncols=len(key), fontsize=9)
    return figure


def kept_figure(
    kept_s: Mapping[str, Mapping[str, Mapping[str, float]]], kept_share: Mapping[str, Mapping[str, float]]
) -> Figure:
    """Draw how many seconds of a clip are left when the silence at its ends is trimmed.

    Parameters
    ----------
    kept_s : mapping
        By channel and emotion: mean length in seconds of the whole clip, and by each of up to three ways of trimming.
    kept_share : mapping
        By channel: for each way of trimming the share of the length, in [0, 1], that it keeps.

    Returns
    -------
    Figure
        A panel for each channel, a row for each emotion.
    """
    figure, [grid] = make_panels((3.5 + 4 * len(kept_s), 4.8), 1, len(kept_s), sharex=True, sharey=True)
    emotions = _emotions([kept_s])
    for axes, (channel, by_emotion) in zip(grid, kept_s.items(), strict=True):
        rows = np.array([emotions.index(emotion) for emotion in by_emotion])
        for way, seconds in _columns(by_emotion).items():
            if way in kept_share[channel]:
                place = list(kept_share[channel]).index(way)
                axes.barh(
                    rows + 0.24 * (place - 1), seconds, color=_TRIMMED[place], height=0.24, label=f"trimmed at {way}"
                )
            else:
                axes.barh(rows, seconds, color=GREY, alpha=0.25, height=0.8, label=way)
        shares = ", ".join(f"{way} {100 * share:.0f} %" for way, share in kept_share[channel].items())
        axes.set_title(f"What trimming keeps of {channel}: {shares}", fontsize=10)
        axes.set_xlabel("mean length of a clip (s)")
        _name_rows(axes, emotions)
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9)
    return figure


def _columns(rows: Mapping[str, Mapping[str, float]]) -> dict[str, list[float]]:
    """Return the columns of a table whose rows are dicts."""
    names = next(iter(rows.values()))
    return {name: [row[name] for row in rows.values()] for name in names}


def _emotions(panels: Iterable[Mapping[str, Mapping[str, object]]]) -> list[str]:
    """Return the emotions that occur, those of the first channel first."""
    return list(dict.fromkeys(name for channels in panels for part in channels.values() for name in part))


def _name_rows(axes: Axes, names: Iterable[str]) -> None:
    """Write names beside the rows, the first on top."""
    words = list(names)
    axes.set_yticks(range(len(words)), words)
    axes.set_ylim(len(words) - 0.4, -0.6)
    axes.set_axisbelow(True)
    axes.grid(axis="x", alpha=0.3)


def _channel_key(channels: Iterable[str]) -> list[Artist]:
    """Return what says in a legend which colour is speech and which song."""
    return [Patch(color=_COLOURS[channel], label=channel) for channel in channels]
