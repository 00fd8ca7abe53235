"""nbgrader's regions: what a student's copy must not hold.

Comes in: an assignment's source. Goes out: the text without solutions and hidden tests.
"""

import re

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
HIDDEN_BEGIN, _HIDDEN_END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
_STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")  # nbgrader's own words


def check_regions(text: str) -> None:
    """Refuse a text whose regions are not in order.

    Parameters
    ----------
    text : str
        An assignment's source.

    Raises
    ------
    ValueError
        If a region is nested, not closed, not opened, closed in another cell, or empty; the line is named.
    """
    opened: tuple[str, int] | None = None
    filled = False
    for number, line in enumerate(text.split("\n"), 1):
        word = line.strip()
        if word in (BEGIN, HIDDEN_BEGIN):
            if opened:
                raise ValueError(f"line {number}: {word} inside of the region that line {opened[1]} opens")
            opened, filled = (END if word == BEGIN else _HIDDEN_END, number), False
        elif word in (END, _HIDDEN_END):
            if opened is None or word != opened[0]:
                raise ValueError(f"line {number}: {word} closes no region")
            if not filled:
                raise ValueError(f"line {number}: the region that line {opened[1]} opens is empty")
            opened = None
        elif re.match(r"#\s*%%", line) and opened:
            raise ValueError(f"line {number}: a cell begins in the region that line {opened[1]} opens")
        elif re.search(r"###.*(SOLUTION|HIDDEN TESTS)", line):
            raise ValueError(f"line {number}: {word!r} is no marker that nbgrader knows")
        elif word and not word.startswith("#"):
            filled = True
    if opened:
        raise ValueError(f"line {opened[1]}: the region is not closed: {opened[0]} is missing")


def strip_regions(text: str) -> str:
    """Return the student's version: a stub for each solution, no hidden tests, every other line as it is."""
    lines: list[str] = []
    inside = False
    for line in text.split("\n"):
        word = line.strip()
        if word in (BEGIN, HIDDEN_BEGIN):
            inside = True
            if word == BEGIN:
                indent = line[: line.index("#")]
                lines += [indent + stub for stub in _STUB]
        elif word in (END, _HIDDEN_END):
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)
