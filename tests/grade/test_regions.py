"""What is cut from a student's copy, and what the build refuses."""

import pytest

from minser.grade.regions import check_regions, strip_regions

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


def test_solutions_and_hidden_tests_are_cut():
    check_regions(GOOD)
    assert strip_regions(GOOD) == (
        "# %%\ndef f(x):\n    '''Text.'''\n    # YOUR CODE HERE\n    raise NotImplementedError()\n\n\n"
        "# %%\nassert f(1) == 1\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    return x\n", "    ### BEGIN SOLUTION\n    return x\n", "line 5: ### BEGIN SOLUTION inside of the region"),
        ("    return x\n", "    ### BEGIN HIDDEN TESTS\n    return x\n", "line 5: .* inside of the region that line 4"),
        ("    return x\n", "", "line 5: the region that line 4 opens is empty"),
        ("    return x\n", "    # a comment\n\n", "line 7: the region that line 4 opens is empty"),
        ("    ### END SOLUTION\n", "", "line 8: a cell begins in the region that line 4 opens"),
        ("### END HIDDEN TESTS\n", "", "line 11: the region is not closed: ### END HIDDEN TESTS is missing"),
        ("    ### BEGIN SOLUTION\n", "", "line 5: ### END SOLUTION closes no region"),
        ("### END HIDDEN TESTS", "### END SOLUTION", "line 13: ### END SOLUTION closes no region"),
        ("### BEGIN HIDDEN TESTS", "### BEGIN HIDDEN TEST", "line 13: ### END HIDDEN TESTS closes no region"),
        ("### BEGIN SOLUTION", "### BEGIN  SOLUTION", "line 4: '### BEGIN  SOLUTION' is no marker"),
    ],
)
def test_regions_out_of_order_are_refused(old, new, message):
    with pytest.raises(ValueError, match=message):
        check_regions(GOOD.replace(old, new))
