import json

import pytest

from minser.system import json_file

SHAPE = {
    "name": str, "minutes": (float, None), "share": (float, ...), "seeds": [int], "interval": ([float, float], None),
    "scores": {str: {"mean": float}},
}  # fmt: skip
GOOD = {"name": "a", "minutes": None, "seeds": [], "interval": [0, 0.5], "scores": {"uar": {"mean": 1, "more": "x"}}}


@pytest.mark.parametrize("change", [{}, {"minutes": 2}, {"share": 0.5}, {"seeds": [1, 2, 3]}, {"interval": None}])
def test_what_fits(change):
    assert json_file.misfit(GOOD | change, SHAPE) == ""


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([], r"it is \[\]"),
        ({}, "it.name is missing"),
        (GOOD | {"name": None}, "it.name is None"),
        (GOOD | {"minutes": "x"}, "it.minutes is 'x'"),
        (GOOD | {"share": None}, "it.share is None"),
        (GOOD | {"seeds": [0, True]}, r"it.seeds\[1\] is True"),
        (GOOD | {"interval": [0.5]}, r"it.interval is \[0.5\]"),
        (GOOD | {"scores": {"uar": {}}}, "it.scores.uar.mean is missing"),
        (GOOD | {"scores": [1]}, r"it.scores is \[1\]"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, value, told):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value))
    with pytest.raises(ValueError, match=f"a.json: damaged: {told}$"):
        json_file.read(path, SHAPE, problem="damaged")


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_named(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a.json: damaged: it is no JSON"):
        json_file.read(path, SHAPE, problem="damaged")
    with pytest.raises(FileNotFoundError):
        json_file.read(tmp_path / "nowhere", SHAPE, problem="damaged")
