"""What every command does around its own work: bad input becomes one line on stderr and exit code 2, never a traceback.

Comes in: a command's function. Goes out: its exit code.
"""

import argparse
import errno
import io
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable

BAD_INPUT = (OSError, ValueError, FloatingPointError, MemoryError, OverflowError)
"""What a user can cause: files, values, and numbers too large; anything else is a defect and keeps its traceback."""


RECIPE = "minser"
"""What commands that train many times take without --recipe."""


def run(name: str, function: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    """Call ``function(arguments)`` and return its exit code; 2 after bad input, 130 after Ctrl-C.

    Only `BAD_INPUT` is caught. A character that the output's encoding lacks, as that of a pipe on Windows may, is
    written as an escape.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return function(arguments)
    except BrokenPipeError:  # the reader of a pipe went away, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except BAD_INPUT as error:
        print(f"minser {name}: {one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"minser {name}: stopped", file=sys.stderr)
        return 130


def one_line(error: BaseException) -> str:
    """Return what an error says, as one line; the system's own errors begin with the file, and with no number.

    Examples
    --------
    >>> one_line(FileNotFoundError(2, "No such file or directory", "voice.wav"))
    'voice.wav: no such file or folder'
    """
    told = str(error)
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        is_missing = error.strerror == os.strerror(errno.ENOENT)
        told = f"{error.filename}: {'no such file or folder' if is_missing else error.strerror}"
    text = " ".join(told.split()) or type(error).__name__
    return f"too large to compute: {text}" if isinstance(error, MemoryError | OverflowError) else text


def command(name: str, *arguments: object) -> str:
    """Return a command as the system's shell takes it, quoted where it has to be.

    Examples
    --------
    >>> command("data", "check", "data")
    'python -m minser.data check data'
    """
    join = subprocess.list2cmdline if sys.platform == "win32" else shlex.join
    return join(["python", "-m", f"minser.{name}", *map(str, arguments)])


def parser(name: str, description: str, example: str) -> argparse.ArgumentParser:
    """Return a parser whose help ends with an example."""
    return argparse.ArgumentParser(
        prog=f"python -m minser.{name}",
        description=description,
        epilog=f"example: {example}",
    )


def add_own_settings(parser: argparse.ArgumentParser) -> None:
    """Give a command the settings of own recordings."""
    text = "of own recordings: data.label_pattern, data.speaker_pattern or data.speakers_csv, as for train"
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.FIELD=VALUE", help=text)


def study_parser(name: str, description: str, example: str) -> argparse.ArgumentParser:
    """Return a parser with the options of commands that train one recipe many times."""
    study = parser(name, description, example)
    study.add_argument("--recipe", help=f"name or TOML file ({RECIPE})")
    study.add_argument("--jobs", type=int, metavar="N", help="trainings at a time, cores/N threads each (1)")
    study.add_argument(
        "--scheduler", metavar="ADDRESS", help="a Dask cluster that sees the same folders: tcp://HOST:PORT"
    )
    study.add_argument("--data", help="folder of the corpus (as for train)")
    study.add_argument("--set", action="append", default=[], metavar="SECTION.FIELD=VALUE", help="change the recipe")
    return study


def jobs_of(arguments: argparse.Namespace) -> int:
    """Return how many trainings run at a time; ValueError where a cluster decides it."""
    if arguments.scheduler:
        refuse(arguments, ("jobs",), "beside --scheduler, whose workers train one fold each")
    return 1 if arguments.jobs is None else int(arguments.jobs)


def refuse(arguments: argparse.Namespace, options: Iterable[str], where: str) -> None:
    """Raise ValueError if one of these options was given, which has no effect there."""
    for option in options:
        if getattr(arguments, option) not in (None, [], False):
            raise ValueError(f"--{option.replace('_', '-')} has no effect {where}; leave it out")
