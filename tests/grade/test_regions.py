"""What is cut from a student's copy, and that nothing of it is left open."""

import re

import pytest

from minser.grade import catalogue
from minser.grade.regions import strip_regions

GOOD = """# %%
def f(x):
    '''Text.'''
    ### BEGIN SOLUTION
    return x
    ### END SOLUTION


# %%
assert f(1) == 1
### BEGIN HIDDEN TESTS
assert f(2) == 2
### END HIDDEN TESTS
"""


@pytest.mark.parametrize("end", ["", "  ", "\t"])
def test_solutions_and_hidden_tests_are_cut(end):
    text = re.sub(r"(### .*)", rf"\1{end}", GOOD)
    assert strip_regions(text) == (
        "# %%\ndef f(x):\n    '''Text.'''\n    # YOUR CODE HERE\n    raise NotImplementedError()\n\n\n"
        "# %%\nassert f(1) == 1\n"
    )


@pytest.mark.parametrize("name", catalogue.ASSIGNMENTS)
def test_every_region_of_an_assignment_is_closed_in_its_cell_and_holds_code(name):
    for cell in re.split(r"^#\s*%%.*\n", catalogue.source(name), flags=re.MULTILINE):
        regions = re.findall(
            r"^[ \t]*### BEGIN (SOLUTION|HIDDEN TESTS)\s*\n(.*?)^[ \t]*### END \1\s*$", cell, re.MULTILINE | re.DOTALL
        )
        assert all(re.search(r"^\s*[^\s#]", body, re.MULTILINE) for _, body in regions)
        assert len(re.findall(r"###.*(?:SOLUTION|HIDDEN TESTS)", cell)) == 2 * len(regions)  # none within another
