import json

import pytest

from minser.evaluation.results import read_summary, results_table


def summary(recipe, protocol, *, source="RAVDESS", minutes=3.0):
    scores = {
        name: {"mean": value, "std": 0.01, "per_seed": [value], "interval": [value - 0.05, value + 0.05]}
        for name, value in (("accuracy", 0.7), ("uar", 0.6), ("macro_f1", 0.65))
    }
    return {
        "recipe": recipe, "protocol": protocol, "source": source, "scores": scores, "parameters": 123456,
        "minutes": minutes, "threads": 1,
    }  # fmt: skip


def row_of(table, recipe):
    (line,) = [line for line in table.splitlines() if line.startswith(f"| `{recipe}`")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_published_system_has_a_row_even_without_results():
    table = results_table([])
    assert len(table.splitlines()) == 2 + 6
    assert row_of(table, "two_channel")[1:3] == [
        "accuracy 82.9: speech and song, random 80/20",
        "speakers; the epoch was chosen on the reported part",
    ]
    assert row_of(table, "vgg16_transfer")[3:] == ["-"] * 4


def test_ours_stands_beside_the_source_in_the_source_s_own_metric():
    table = results_table([summary("trimmed_logmel", "published"), summary("trimmed_logmel", "luna")])
    row = row_of(table, "trimmed_logmel")
    assert row[1].startswith("macro F1 35.3")
    assert row[3:] == ["macro F1 65.0 [60.0, 70.0]", "60.0 [55.0, 65.0]", "123,456", "1.5"]
    assert len({line.count("|") for line in table.splitlines()}) == 1


def test_own_recipes_come_last_and_another_corpus_is_named():
    table = results_table([summary("toy", "luna", source="synthetic voices", minutes=None), summary("minser", "luna")])
    assert [line.split("|")[1].strip() for line in table.splitlines()[-2:]] == ["`minser`", "`toy` (synthetic voices)"]
    assert row_of(table, "toy")[-1] == "-"
    assert row_of(table, "minser")[1:4] == ["-", "-", "-"]


def test_two_results_of_one_kind_are_refused():
    with pytest.raises(ValueError, match="two results of minser under luna"):
        results_table([summary("minser", "luna"), summary("minser", "luna")])


def test_reading(tmp_path):
    with pytest.raises(FileNotFoundError, match="no results of a cross-validation"):
        read_summary(tmp_path)
    path = tmp_path / "summary.json"
    path.write_text(json.dumps(summary("minser", "luna")))
    assert read_summary(tmp_path)["recipe"] == "minser"
    for text in ("{", "[]", "{}", '{"recipe": "x", "protocol": "y", "scores": []}'):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"summary.json: not a whole summary"):
            read_summary(tmp_path)
