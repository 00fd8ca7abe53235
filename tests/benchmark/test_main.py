import ast
import json
from pathlib import Path

import pytest

from tests.benchmark import __main__ as bench
from tests.benchmark import memory, speed


def test_without_a_topic_there_is_help(capsys):
    assert bench.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {name for name in bench.TOPICS if any(line.strip().startswith(name) for line in lines)} == set(bench.TOPICS)
    assert lines[-1].startswith("example: python -m tests.benchmark")


@pytest.mark.parametrize("topic", bench.TOPICS)
def test_the_help_of_a_topic_fits_a_screen(topic, capsys):
    with pytest.raises(SystemExit):
        bench.main([topic, "--help"])
    lines = capsys.readouterr().out.rstrip().splitlines()
    assert len(lines) <= 40
    assert lines[-1] == f"example: python -m tests.benchmark {topic}"


@pytest.mark.parametrize("topic", ["train", "infer", "memory", "start"])
def test_without_torch_one_line_says_what_to_install(topic, monkeypatch, capsys):
    monkeypatch.setattr(bench.importlib.util, "find_spec", lambda name: None)
    assert bench.main([topic]) == 2
    message = capsys.readouterr().err
    assert message == 'minser benchmark: torch is not installed: python -m pip install -e ".[reference]"\n'


@pytest.mark.parametrize("flag", ["--rounds", "--threads"])
def test_numbers_below_one_are_refused(flag, capsys):
    assert bench.main(["train", flag, "0"]) == 2
    assert f"{flag}: expected 1 or more, got 0" in capsys.readouterr().err


def test_an_unknown_network_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        bench.main(["train", "--model", "odd"])
    assert stop.value.code == 2
    assert "trimmed_logmel" in capsys.readouterr().err


def test_json_is_a_list_with_a_row_for_each_model(monkeypatch, capsys):
    monkeypatch.setattr(bench, "need", lambda name: None)
    monkeypatch.setattr(speed, "measure", lambda name, **_: [{"model": name, "batch": 32}, {"model": name, "batch": 1}])
    monkeypatch.setattr(speed, "table", lambda rows: "")
    assert bench.main(["infer", "--json", "--model", "minser", "--model", "two_channel"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["model"] for row in rows] == ["minser", "minser", "two_channel", "two_channel"]


def test_the_table_says_what_no_contender_inherits(monkeypatch, capsys):
    monkeypatch.setattr(bench, "need", lambda name: None)
    monkeypatch.setattr(memory, "measure_memory", lambda name, **_: {"model": name})
    monkeypatch.setattr(memory, "memory_table", lambda rows: "table")
    assert bench.main(["memory"]) == 0
    assert capsys.readouterr().out.startswith("table\nNot inherited by any contender: OMP_*, ")


@pytest.mark.parametrize("name", ["torch_contender", "torch_predict"])
def test_what_runs_torch_imports_nothing_of_minser(name):
    source = Path(bench.__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports for alias in node.names} | {getattr(node, "module", "") for node in imports}
    assert "torch" in names
    assert not [found for found in names if found.split(".")[0] == "minser"]
