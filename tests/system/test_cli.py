import os
import shlex
import subprocess
import sys

import pytest

from minser.system import cli


@pytest.mark.parametrize("error", [ValueError("two\nlines"), FileNotFoundError("two\nlines")])
def test_bad_input_is_one_line_and_exit_code_2(error, capsys):
    def fail(_):
        raise error

    assert cli.run("train", fail, None) == 2
    assert capsys.readouterr().err == "minser train: two lines\n"


@pytest.mark.parametrize(
    ("error", "told"), [(MemoryError(), "MemoryError"), (OverflowError(34, "out of range"), "(34, 'out of range')")]
)
def test_a_number_that_is_too_large_is_bad_input(error, told, capsys):
    def fail(_):
        raise error

    assert cli.run("train", fail, None) == 2
    assert capsys.readouterr().err == f"minser train: too large to compute: {told}\n"


def test_a_defect_keeps_its_traceback():
    def fail(_):
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        cli.run("train", fail, None)


def test_ctrl_c_is_130(capsys):
    def stop(_):
        raise KeyboardInterrupt

    assert cli.run("train", stop, None) == 130
    assert "stopped" in capsys.readouterr().err


def test_a_missing_file_is_told_in_words(tmp_path, capsys):
    def read(_):
        (tmp_path / "my.wav").read_bytes()

    assert cli.run("train", read, None) == 2
    assert capsys.readouterr().err == f"minser train: {tmp_path}/my.wav: no such file or folder\n"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_what_the_output_cannot_encode_is_an_escape(encoding):
    text = r"gr\u00f6\u00dfe \u611f \udcff"
    code = f"from minser.system import cli; cli.run('data', lambda _: print('{text}'), None)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": encoding}
    )
    assert done.stderr == b""
    assert done.stdout.decode(encoding).strip() == "größe 感 \udcff".encode(encoding, "backslashreplace").decode(
        encoding
    )


def test_a_command_is_quoted_for_the_systems_shell(monkeypatch):
    assert shlex.split(cli.command("data", "check", "it's mine"))[-2:] == ["check", "it's mine"]
    monkeypatch.setattr("sys.platform", "win32")
    assert cli.command("train", "--run", r"C:\my runs\toy") == r'python -m minser.train --run "C:\my runs\toy"'
    assert cli.command("train", "--run", r"runs\toy") == r"python -m minser.train --run runs\toy"
