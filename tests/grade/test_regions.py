"""What is cut from a student's copy, and what the build refuses."""

import re

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


@pytest.mark.parametrize("end", ["", "  ", "\t"])
def test_solutions_and_hidden_tests_are_cut(end):
    text = re.sub(r"(### .*)", rf"\1{end}", GOOD)
    check_regions(text)
    assert strip_regions(text) == (
        "# %%\ndef f(x):\n    '''Text.'''\n    # YOUR CODE HERE\n    raise NotImplementedError()\n\n\n"
        "# %%\nassert f(1) == 1\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "    return x\n",
            "    ### BEGIN SOLUTION\n    return x\n",
            "line 5: expected ### END SOL.*, got ### BEGIN SOL",
        ),
        (
            "    return x\n",
            "    ### BEGIN HIDDEN TESTS\n    return x\n",
            "line 5: expected .*, got ### BEGIN HIDDEN TESTS",
        ),
        ("    return x\n", "", "line 5: expected code before ### END SOLUTION, got an empty region"),
        ("    return x\n", "    # a comment\n\n", "line 7: expected code before ### END SOLUTION"),
        ("    ### END SOLUTION\n", "", "line 8: expected ### END SOLUTION, got # %%"),
        ("### END HIDDEN TESTS\n", "", "line 13: expected ### END HIDDEN TESTS, got # %%"),
        ("    ### BEGIN SOLUTION\n", "", "line 5: expected ### BEGIN SOLUTION or .*, got ### END SOLUTION"),
        ("### END HIDDEN TESTS", "### END SOLUTION", "line 13: expected ### END HIDDEN TESTS, got ### END SOLUTION"),
        ("### BEGIN HIDDEN TESTS", "### BEGIN HIDDEN TEST", "line 13: expected .*, got ### END HIDDEN TESTS"),
        ("### BEGIN SOLUTION", "### BEGIN  SOLUTION", "line 4: expected .*, got ### BEGIN  SOLUTION"),
    ],
)
def test_regions_out_of_order_are_refused(old, new, message):
    with pytest.raises(ValueError, match=message):
        check_regions(GOOD.replace(old, new))
