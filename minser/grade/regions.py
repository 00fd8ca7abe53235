"""nbgrader's regions: what a student's copy must not hold.

Comes in: an assignment's source. Goes out: the text without solutions and hidden tests.
"""

import re

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
HIDDEN_BEGIN, _HIDDEN_END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
_ENDS = {BEGIN: END, HIDDEN_BEGIN: _HIDDEN_END}
_CELL = "# %%"


def check_regions(text: str) -> None:
    """Refuse a text whose regions are not in order.

    Parameters
    ----------
    text : str
        An assignment's source.

    Raises
    ------
    ValueError
        If a region is nested, not closed in its cell, not opened, or empty; the line is named.
    """
    opened, filled = "", False  # the marker that opened the region here, and whether there is code in it
    for number, line in enumerate([*text.splitlines(), _CELL], 1):
        word = _CELL if re.match(r"#\s*%%", line) else line.strip()
        if word == _CELL or re.search(r"###.*(SOLUTION|HIDDEN TESTS)", word):
            expected = [_ENDS[opened]] if opened else [*_ENDS, _CELL]
            if word not in expected:
                raise ValueError(f"line {number}: expected {' or '.join(expected)}, got {word}")
            if opened and not filled:
                raise ValueError(f"line {number}: expected code before {word}, got an empty region")
            opened, filled = word if word in _ENDS else "", False
        elif word and not word.startswith("#"):
            filled = True


def strip_regions(text: str) -> str:
    """Return the student's version: a stub for each solution, no hidden tests, every other line as it is."""
    stub = r"\1# YOUR CODE HERE\n\1raise NotImplementedError()"  # nbgrader's own words
    text = re.sub(rf"^([ \t]*){BEGIN}[ \t]*\n.*?{END}[ \t]*$", stub, text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(
        rf"^[ \t]*{HIDDEN_BEGIN}[ \t]*\n.*?{_HIDDEN_END}[ \t]*(\n|\Z)", "", text, flags=re.MULTILINE | re.DOTALL
    )
