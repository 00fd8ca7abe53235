"""Commands run under both names, and every command that minser prints is one."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import minser.__main__
from minser.system import cli

PACKAGE = Path(minser.__main__.__file__).parent


@pytest.fixture
def parse(monkeypatch):
    """Return a function that runs a printed command as far as its arguments are read, and returns them."""

    def of(command):
        seen = []
        monkeypatch.setattr(cli, "run", lambda name, function, arguments: seen.append(arguments) or 0)
        python, flag, module, *arguments = shlex.split(command, comments=True)
        assert (python, flag) == ("python", "-m")
        assert minser.__main__.main([module.removeprefix("minser."), *arguments]) == 0
        return seen[0]

    return of


def test_a_command_is_run_by_its_name_with_its_exit_code(capsys):
    assert minser.__main__.main(["crossval", "--table", "nowhere"]) == 2
    assert capsys.readouterr().err.startswith("minser crossval: nowhere")
    assert minser.__main__.main(["grade", "nowhere"]) == 2
    assert capsys.readouterr().err.startswith("minser grade: ")
    with pytest.raises(SystemExit, match="2"):
        minser.__main__.main(["train", "--no-such-flag"])
    assert "python -m minser.train: error" in capsys.readouterr().err


def test_what_is_no_command_is_one_line(capsys):
    assert minser.__main__.main(["trian"]) == 2
    assert capsys.readouterr().err == (
        "minser: expected one of train, evaluate, predict, explain, web, crossval, tune, export, grade, explore, data, "
        "got 'trian'\n"
    )
    assert minser.__main__.main(["--help"]) == 0
    assert "python -m minser.train " in capsys.readouterr().out


def test_the_package_is_run_from_outside_with_the_command_s_exit_code():
    done = subprocess.run(
        [sys.executable, "-m", "minser", "evaluate", "--run", "nowhere"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "minser evaluate: nowhere: no run folder of minser (it has no config.toml)\n"


def printed_commands():
    """Return every command in the package's texts, docstrings apart; what is filled in at run time is 1."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (bare | inner):
                text = node.value
            else:
                continue
            found += re.findall(r"python -m minser\.[a-z]+ [^\n]+", text)
    for path in (*PACKAGE.glob("recipes/*.toml"), PACKAGE / "pretrained" / "MODEL_CARD.md"):
        found += re.findall(r"python -m minser\.[a-z]+ [^\n]+", path.read_text(encoding="utf-8"))
    return sorted(set(found))


@pytest.mark.parametrize("command", printed_commands())
def test_every_printed_command_parses(parse, command):
    assert parse(command)


def test_the_list_of_commands_fits_a_narrow_window(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert minser.__main__.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 60
    assert sum(line.startswith("  python -m minser.") for line in lines) == len(minser.__main__.COMMANDS)
