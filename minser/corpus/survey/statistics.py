"""A survey in tables: how many clips there are of each kind, and how each measurement spreads over the emotions.

Comes in: clips and their survey. Goes out: nested dicts of plain numbers, ready for JSON.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minser.corpus.clip import Clip
from minser.corpus.folders import Recording
from minser.corpus.survey import measurements
from minser.system import columns

_PERCENTILES = {"low": 5, "q1": 25, "median": 50, "q3": 75, "high": 95}


def summarise(clips: Sequence[Clip | Recording], table: NDArray[np.void]) -> dict[str, Any]:
    """Make the tables of a survey.

    Parameters
    ----------
    clips : sequence of Clip or Recording
        What was measured.
    table : ndarray of `survey.TABLE`, shape (n_clips,)
        The measurements.

    Returns
    -------
    dict
        ``counts`` by emotion, sex, intensity and channel, each divided by channel.
        ``duration_s``, ``rms_db``, ``centroid_hz`` by channel and emotion, ``pitch_hz`` by sex, channel and emotion:
        each as a `spread`.
        ``kept_s`` by channel and emotion: mean seconds of a clip, whole and trimmed. ``kept_share`` by channel.
        ``mel_centres_hz``, and in each of these bands ``spectrum_db`` by channel and emotion: quartiles of the clips.
        ``angry_minus_sad`` by channel: the distance of their medians, its mean over the bands and its highest value.
        What does not occur has no entry.
    """
    rows = sorted(range(len(clips)), key=lambda row: clips[row].label)  # so each table has the classes' order

    def table_of(column: str, *fields: str) -> dict[str, Any]:
        known = [row for row in rows if np.isfinite(table[column][row])]
        return group(clips, known, fields, lambda part: spread(table[column][part]))

    def kept(part: list[int]) -> dict[str, float]:
        trimmed = zip(measurements.TOP_DBS, table["kept_s"][part].mean(axis=0).tolist(), strict=True)
        whole = {"whole clip": float(table["duration_s"][part].mean())}
        return whole | {f"{top_db} dB": seconds for top_db, seconds in trimmed}

    def kept_share(part: list[int]) -> dict[str, float]:
        whole, *trimmed = kept(part).items()
        return {way: seconds / whole[1] for way, seconds in trimmed}

    def quartiles(part: list[int]) -> dict[str, list[float]]:
        bands = spread(table["spectrum_db"][part])
        return {name: bands[name] for name in ("q1", "median", "q3")}

    spectra = group(clips, rows, ("channel_name", "emotion_name"), quartiles)
    return {
        "counts": {
            field.removesuffix("_name"): group(clips, rows, (field, "channel_name"), len)
            for field in ("emotion_name", "sex", "intensity_name", "channel_name")
        },
        "duration_s": table_of("duration_s", "channel_name", "emotion_name"),
        "rms_db": table_of("rms_db", "channel_name", "emotion_name"),
        "centroid_hz": table_of("centroid_hz", "channel_name", "emotion_name"),
        "pitch_hz": table_of("pitch_hz", "sex", "channel_name", "emotion_name"),
        "kept_s": group(clips, rows, ("channel_name", "emotion_name"), kept),
        "kept_share": group(clips, rows, ("channel_name",), kept_share),
        "mel_centres_hz": measurements.mel_centres().tolist(),
        "spectrum_db": spectra,
        "angry_minus_sad": {
            channel: distance(part["angry"]["median"], part["sad"]["median"])
            for channel, part in spectra.items()
            if {"angry", "sad"} <= part.keys()
        },
    }


def medians(tables: dict[str, Any], *, width: int = columns.ANY) -> list[str]:
    """Write the medians of a survey as lines of text.

    Parameters
    ----------
    tables : dict
        From `summarise`.
    width : int
        Columns that there is room for.

    Returns
    -------
    list of str
        A heading, and a line for each channel and emotion.
    """
    is_known = "unknown" not in tables["counts"]["sex"]
    sexes, heads = (("male", "female"), ("pitch of men", "of women")) if is_known else (("unknown",), ("pitch",))
    rows = [("medians", "clips", "length", "level", "centroid", *heads)]
    for channel, lengths in tables["duration_s"].items():
        for emotion, length in lengths.items():
            level, centroid = (tables[name][channel][emotion]["median"] for name in ("rms_db", "centroid_hz"))
            spreads = [tables["pitch_hz"].get(sex, {}).get(channel, {}).get(emotion) for sex in sexes]
            pitch = (f"{spread['median']:.0f} Hz" if spread else "-" for spread in spreads)
            numbers = (f"{length['n']:.0f}", f"{length['median']:.2f} s", f"{level:.1f} dBFS", f"{centroid:.0f} Hz")
            rows.append((f"{channel} {emotion}", *numbers, *pitch))
    return columns.table(rows, "<>>>>" + ">" * len(heads), columns=width)


def group(
    clips: Sequence[Clip | Recording], rows: list[int], fields: Sequence[str], measure: Callable[[list[int]], Any]
) -> dict[str, Any]:
    """Sort rows by one field of their clips after the other, and measure each group.

    Parameters
    ----------
    clips : sequence of Clip or Recording
        All clips.
    rows : list of int
        Which of them; values are listed as they first appear here.
    fields : sequence of str
        Names of one or more of a `Clip`'s fields or properties.
    measure : callable
        Called with the rows of each group.

    Returns
    -------
    dict
        For each value of the first field a dict for the second, and so on; in the innermost the measurements.

    Examples
    --------
    >>> from minser.corpus.clip import parse_name
    >>> clips = [parse_name(f"03-01-05-01-01-01-{actor:02d}") for actor in (1, 2, 3)]
    >>> group(clips, [0, 1, 2], ["emotion_name", "sex"], len)
    {'angry': {'male': 2, 'female': 1}}
    """
    parts: dict[str, list[int]] = {}
    for row in rows:
        parts.setdefault(getattr(clips[row], fields[0]), []).append(row)
    if len(fields) == 1:
        return {value: measure(part) for value, part in parts.items()}
    return {value: group(clips, part, fields[1:], measure) for value, part in parts.items()}


def spread(values: NDArray[np.floating]) -> dict[str, Any]:
    """Say how values spread.

    Parameters
    ----------
    values : ndarray of float, shape (n, ...)
        One or more numbers, or rows of which each column is measured by itself.

    Returns
    -------
    dict
        ``n``, how many; ``median``; ``q1`` and ``q3``, the quartiles; ``low`` and ``high``, 5th and 95th percentile.
    """
    percentiles = np.percentile(values, list(_PERCENTILES.values()), axis=0).tolist()
    return {"n": len(values), **dict(zip(_PERCENTILES, percentiles, strict=True))}


def distance(first_db: Sequence[float], second_db: Sequence[float]) -> dict[str, Any]:
    """Say how far one spectrum lies above another.

    Parameters
    ----------
    first_db, second_db : sequence of float, length `survey.N_MELS`
        Levels in each mel band.

    Returns
    -------
    dict
        ``bands_db``, the difference in each band; ``mean_db``; ``highest_db``, and where that is, ``highest_hz``.
    """
    bands_db = np.subtract(first_db, second_db)
    highest = int(bands_db.argmax())
    return {
        "bands_db": bands_db.tolist(),
        "mean_db": float(bands_db.mean()),
        "highest_db": float(bands_db[highest]),
        "highest_hz": float(measurements.mel_centres()[highest]),
    }
