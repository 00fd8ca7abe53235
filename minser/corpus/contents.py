"""What a corpus holds, in words: a table with a row for each class, and what of a folder was left out.

Comes in: the clips of a corpus. Goes out: lines of text.
"""

from collections.abc import Sequence
from pathlib import Path

from minser.corpus.clip import Clip
from minser.corpus.folders import UNKNOWN_SPEAKER, Recording
from minser.corpus.listing import left_out
from minser.system import columns


def describe(
    root: Path,
    clips: Sequence[Clip | Recording],
    names: Sequence[str],
    *,
    seconds: Sequence[float] | None = None,
) -> str:
    """Return a table of each class's clips, minutes and speakers; of own recordings also what was left out, and why.

    The lines fit the window.

    Parameters
    ----------
    root : Path
        Where the corpus lies.
    clips : sequence of Clip or Recording
        Its clips.
    names : sequence of str
        Its classes.
    seconds : sequence of float, optional
        Length of each clip; without, the table has no minutes.
    """
    rows = [("class", "clips", *["minutes"] * (seconds is not None), "speakers")]
    for label, name in enumerate((*names, "all")):
        chosen = [row for row, clip in enumerate(clips) if label in (clip.label, len(names))]
        speakers = {clips[row].actor for row in chosen}
        minutes = [] if seconds is None else [f"{sum(seconds[row] for row in chosen) / 60:.1f}"]
        n_speakers = "?" if UNKNOWN_SPEAKER in speakers else str(len(speakers))
        rows.append((name, str(len(chosen)), *minutes, n_speakers))
    window = columns.of_window()
    lines = columns.table(rows, "<" + ">" * (len(rows[0]) - 1), columns=window)
    if any(isinstance(clip, Recording) for clip in clips) and (told := left_out(root, {clip.path for clip in clips})):
        lines.append(columns.folded(f"left out: {told}", columns=window, indent=10))
    return "\n".join(lines)
