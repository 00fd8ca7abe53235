"""The table of results, made from the files that cross-validation leaves.

Comes in: folders with ``summary.json``, as ``data/results/RECIPE/PROTOCOL``, and what the published systems' authors
report (``published.toml``). Goes out: a table in Markdown. Called by the command ``crossval --table``.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_HEAD = (
    "system",
    "its source: score, under its own protocol",
    "what leaked there",
    "minser, that protocol",
    "minser, luna: UAR [95 %]",
    "parameters",
    "minutes on 2 cores",
)
_TITLES = {"accuracy": "accuracy", "macro_f1": "macro F1", "uar": "UAR"}


def read_summary(folder: Path) -> dict[str, Any]:
    """Return the content of a folder's ``summary.json``.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is damaged.
    """
    path = folder / "summary.json"
    try:
        summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        summary["recipe"], summary["protocol"], summary["scores"]["uar"]["mean"], summary["source"]
    except FileNotFoundError:
        raise FileNotFoundError(f"{folder}: no results of a cross-validation (it has no summary.json)") from None
    except (ValueError, KeyError, TypeError, RecursionError):  # the last where brackets are nested too deep
        raise ValueError(f"{path}: not a whole summary of a cross-validation") from None
    return summary


def results_table(summaries: Iterable[Mapping[str, Any]]) -> str:
    """Return the table, a row for each system that was published or of which there are results.

    Minutes are those of one training. They are core-minutes divided by two, so that trainings beside each other and
    trainings on all cores can be compared.

    Parameters
    ----------
    summaries : iterable of mapping
        From `read_summary`.

    Raises
    ------
    ValueError
        If there are two of one recipe and protocol.
    """
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for summary in summaries:
        key = summary["recipe"], summary["protocol"]
        if key in found:
            raise ValueError(f"there are two results of {key[0]} under {key[1]}")
        found[key] = summary
    published = tomllib.loads(Path(__file__).with_name("published.toml").read_text(encoding="utf-8"))
    recipes = list(dict.fromkeys([*published, *sorted(recipe for recipe, _ in found)]))
    lines = [_line(_HEAD), _line(["---"] * len(_HEAD))]
    for recipe in recipes:
        source, luna = published.get(recipe), found.get((recipe, "luna"))
        same = found.get((recipe, "published"))
        metric = source["metric"] if source else "uar"
        known = luna or same
        cells = [
            f"`{recipe}`" + (f" ({known['source']})" if known and known["source"] != "RAVDESS" else ""),
            f"{_TITLES[metric]} {source['score']:.1f}: {source['protocol']}" if source else "",
            source["leaked"] if source else "",
            f"{_TITLES[metric]} {_percent(same['scores'][metric])}" if same and source else "",
            _percent(luna["scores"]["uar"]) if luna else "",
            f"{known['parameters']:,}" if known else "",
            _minutes(known) if known else "",
        ]
        lines.append(_line(cell or "-" for cell in cells))
    return "\n".join(lines) + "\n"


def _minutes(summary: Mapping[str, Any]) -> str:
    """Return how long one training takes on two cores."""
    return "" if summary["minutes"] is None else f"{summary['minutes'] * summary['threads'] / 2:.1f}"


def _percent(score: Mapping[str, Any]) -> str:
    """Return a score and its interval in percent."""
    interval = score["interval"]
    ends = "" if interval is None else f" [{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]"
    return f"{100 * score['mean']:.1f}{ends}"


def _line(cells: Iterable[str]) -> str:
    """Return a line of a table."""
    return f"| {' | '.join(cells)} |"
