"""Two protocols side by side: what a leak is worth.

Comes in: the folders of two results. Goes out: lines of text.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from minser.corpus.dataset import OWN
from minser.evaluation.intervals import in_percent
from minser.evaluation.out_of_fold import Pooled, confusion_per_actor_and_seed
from minser.evaluation.spread import HEADLINES, gap_between
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
    tables = [Pooled.read(folder / "predictions.csv") for folder in (first, second)]
    if obstacle := _obstacle([each["source"] for each in summaries], tables):
        raise ValueError(f"{first} and {second} cannot be compared: {obstacle}")
    counts = [confusion_per_actor_and_seed(table, others=tables) for table in tables]
    lines = [
        *(summary["heading"] for summary in summaries),
        "",
        f"{'in percent':>18}  {summaries[0]['protocol']:<{_WIDTH}}{summaries[1]['protocol']:<{_WIDTH}}gap",
    ]
    for name, statistic in HEADLINES.items():
        gap = gap_between(statistic, *counts, rng=np.random.default_rng(0), n_draws=N_DRAWS)
        scores = [summary["scores"][name] for summary in summaries]
        cells = [in_percent(score["mean"], score["interval"]) for score in scores]
        shown = f"{100 * gap.value:+.1f} [{100 * gap.low:+.1f}, {100 * gap.high:+.1f}]"
        lines.append(f"{name.replace('_', ' '):>18}  {cells[0]:<{_WIDTH}}{cells[1]:<{_WIDTH}}{shown}")
    return lines


def _obstacle(sources: Sequence[str], tables: Sequence[Pooled]) -> str:
    """Return why two results cannot be compared, an empty text if they can."""
    names = [", ".join(each.names) for each in tables]
    for what, (one, other) in (("on", sources), ("of the classes", names)):
        if one != other:
            return f"{what} {one}, and {what} {other}"
    first, second = (dict(zip(each.files, each.actors.tolist(), strict=True)) for each in tables)
    shared = first.keys() & second.keys()
    if sources[0] == OWN and not (shared and all(first[clip] == second[clip] for clip in shared)):
        return "their clips or speakers are not the same"
    return ""
