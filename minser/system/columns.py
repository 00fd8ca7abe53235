"""Tables for people: cells under each other in a window of any width, in letters that take one column or two.

Comes in: cells. Goes out: lines. Letters of Chinese, Japanese and Korean take two columns of a window, an accent that
stands behind its letter none.
"""

import shutil
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

ANY = 10_000
"""Columns of what is no window: a file, a pipe."""


def of_window() -> int:
    """Return how many columns the terminal has (``COLUMNS``, if it is set), `ANY` where the output is none."""
    return shutil.get_terminal_size((ANY, 24)).columns


def width(text: str) -> int:
    """Return how many columns a text takes.

    Examples
    --------
    >>> width("angry"), width("愤怒"), width("u\u0308")
    (5, 4, 1)
    """
    marks = sum(unicodedata.category(letter) in ("Mn", "Me", "Cf") for letter in text)
    return len(text) - marks + sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)


def padded(text: str, columns: int, side: str = "<") -> str:
    """Return a text with spaces up to so many columns, behind it (side ``<``) or before it (``>``)."""
    spaces = " " * (columns - width(text))
    return spaces + text if side == ">" else text + spaces


def shortened(text: str, columns: int) -> str:
    """Return a text that takes no more columns than that: its end, behind a mark, where it is longer.

    Examples
    --------
    >>> shortened("recordings/voice.wav", 10)
    '…voice.wav'
    """
    if width(text) <= columns:
        return text
    while text and width(text) >= columns:
        text = text[1:]
    return f"…{text}"


def folded(text: str, *, columns: int, indent: int = 0) -> str:
    r"""Return a text in lines of so many columns, broken at spaces; those after the first are indented.

    Examples
    --------
    >>> folded("left out: 14 files: 8 .m4a, 4 hidden", columns=20, indent=2)
    'left out: 14 files:\n  8 .m4a, 4 hidden'
    """
    return textwrap.fill(text, columns, subsequent_indent=" " * indent, break_on_hyphens=False, break_long_words=False)


def table(rows: Sequence[Sequence[str]], sides: str, *, columns: int) -> list[str]:
    r"""Return the lines of a table; columns that find no room stand below the others, behind the first one again.

    Parameters
    ----------
    rows : sequence of sequence of str
        Cells, the headings first.
    sides : str
        For each column ``<`` or ``>``: where its cells stand.
    columns : int
        How many there is room for.

    Examples
    --------
    >>> print(*table([("", "clips", "UAR"), ("sad", "12", "65.5")], "<><", columns=12), sep="\n")
         clips
    sad     12
    <BLANKLINE>
         UAR
    sad  65.5
    """
    widths = [max(map(width, cells)) for cells in zip(*rows, strict=True)]
    blocks = [[0]]
    for number in range(1, len(widths)):
        taken = sum(widths[each] + 2 for each in blocks[-1])
        if len(blocks[-1]) > 1 and taken + widths[number] > columns:
            blocks.append([0])
        blocks[-1].append(number)
    lines: list[str] = []
    for block in blocks:
        lines += [""] if lines else []
        lines += ["  ".join(padded(row[i], widths[i], sides[i]) for i in block).rstrip() for row in rows]
    return lines


def flowed(start: str, cells: Iterable[str], *, columns: int) -> list[str]:
    """Return cells in a row behind a first one; those that find no room go on below, as far to the right.

    Examples
    --------
    >>> flowed("sex  ", ["male 12", "female 12"], columns=16)
    ['sex  male 12', '     female 12']
    """
    lines = [start]
    for cell in cells:
        gap = "" if lines[-1] == start or not lines[-1].strip() else "  "
        if gap and width(lines[-1] + gap + cell) > columns:
            lines.append(" " * width(start))
            gap = ""
        lines[-1] += gap + cell
    return lines
