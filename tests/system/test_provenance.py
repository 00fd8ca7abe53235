import json

from minser.system.provenance import describe


def test_it_says_where_a_result_was_computed():
    where = describe()
    assert json.loads(json.dumps(where)) == where
    assert {"minser", "commit", "python", "packages", "system", "processor", "cores", "settings"} == where.keys()
    assert where["packages"]["numpy"].startswith("2.")
