"""What every command does around its own work: bad input becomes one line on stderr and exit code 2, never a traceback.

Comes in: a command's function. Goes out: its exit code. Called by the commands' ``main``.
"""

import argparse
import os
import sys
from collections.abc import Callable


def run(name: str, function: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    """Call ``function(arguments)`` and return its exit code; 2 after bad input, 130 after Ctrl-C.

    Only what a user can cause is caught: files (OSError), values (ValueError, FloatingPointError). Anything
    else is a defect of minser and keeps its traceback.
    """
    try:
        return function(arguments)
    except BrokenPipeError:  # the reader of a pipe went away, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, ValueError, FloatingPointError) as error:
        text = " ".join(str(error).split())
        print(f"minser {name}: {text or type(error).__name__}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"minser {name}: stopped", file=sys.stderr)
        return 130


def parser(name: str, description: str, example: str) -> argparse.ArgumentParser:
    """Return a parser whose help ends with an example."""
    return argparse.ArgumentParser(
        prog=f"python -m minser.{name}",
        description=description,
        epilog=f"example: {example}",
    )
