"""Two protocols side by side: what a leak is worth.

Comes in: the folders of two results. Goes out: lines of text.
"""

from pathlib import Path
from typing import Any

import numpy as np

from minser.corpus.dataset import OWN
from minser.evaluation import out_of_fold
from minser.evaluation.out_of_fold import confusion_per_actor_and_seed
from minser.evaluation.report import HEADLINES
from minser.evaluation.spread import gap_between
from minser.study.results import read_summary
from minser.study.summary import N_DRAWS

_WIDTH = 28


def side_by_side(first: Path, second: Path) -> list[str]:
    """Return a table of the scores in two folders, and the first minus the second, with intervals over actors.

    Raises
    ------
    OSError, ValueError
        If a folder lacks ``summary.json`` or ``predictions.csv``, they are damaged, or the results are of two corpora
        or of different classes.
    """
    summaries = [read_summary(folder) for folder in (first, second)]
    tables = [out_of_fold.read(folder / "predictions.csv") for folder in (first, second)]
    sources, names = ([each["source"] for each in summaries], [", ".join(each.table.names) for each in tables])
    for what, (one, other) in (("on", sources), ("of the classes", names)):
        if one != other:
            raise ValueError(f"{first} and {second} cannot be compared: {what} {one}, and {what} {other}")
    speakers = [dict(zip(each.table.files, each.table.actors.tolist(), strict=True)) for each in tables]
    shared = speakers[0].keys() & speakers[1].keys()
    if sources[0] == OWN and not (shared and all(speakers[0][clip] == speakers[1][clip] for clip in shared)):
        raise ValueError(f"{first} and {second} cannot be compared: their clips or speakers are not the same")
    counts = [confusion_per_actor_and_seed(table, others=tables) for table in tables]
    lines = [
        *(summary["heading"] for summary in summaries),
        "",
        f"{'in percent':>18}  {summaries[0]['protocol']:<{_WIDTH}}{summaries[1]['protocol']:<{_WIDTH}}gap",
    ]
    for name, statistic in HEADLINES.items():
        gap = gap_between(statistic, *counts, rng=np.random.default_rng(0), n_draws=N_DRAWS)
        cells = [_cell(summary["scores"][name]) for summary in summaries]
        shown = f"{100 * gap.value:+.1f} [{100 * gap.low:+.1f}, {100 * gap.high:+.1f}]"
        lines.append(f"{name.replace('_', ' '):>18}  {cells[0]:<{_WIDTH}}{cells[1]:<{_WIDTH}}{shown}")
    return lines


def _cell(score: dict[str, Any]) -> str:
    """Return a score in percent, with its interval unless one actor was tested."""
    if score["interval"] is None:
        return f"{100 * score['mean']:.1f}"
    low, high = score["interval"]
    return f"{100 * score['mean']:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
