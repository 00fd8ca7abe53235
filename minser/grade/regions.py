"""nbgrader's regions: what a student's copy must not hold.

Comes in: an assignment's source. Goes out: the text without solutions and hidden tests.
"""

import re

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
HIDDEN_BEGIN, HIDDEN_END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"


def strip_regions(text: str) -> str:
    """Return the student's version: a stub for each solution, no hidden tests, every other line as it is."""
    stub = r"\1# YOUR CODE HERE\n\1raise NotImplementedError()"  # nbgrader's own words
    text = re.sub(rf"^([ \t]*){BEGIN}[ \t]*\n.*?{END}[ \t]*$", stub, text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(
        rf"^[ \t]*{HIDDEN_BEGIN}[ \t]*\n.*?{HIDDEN_END}[ \t]*(\n|\Z)", "", text, flags=re.MULTILINE | re.DOTALL
    )
