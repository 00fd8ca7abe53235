"""JSON that was written by another run, perhaps damaged or edited since: read, and held to what it should be.

Comes in: a path and a shape. Goes out: the content.

A shape is written as the content would be, with types in place of values, as in ``{"name": str, "seeds": [int]}``.

| shape | fits |
|---|---|
| a type | a value of it; a whole number is a float too |
| None | null |
| ... | a key that is not there |
| (a, b) | what one of them fits |
| [a]; [a, b] | a list of any length; of this length |
| {"key": a} | an object with at least these keys |
| {str: a} | an object with any keys |
"""

import itertools
import json
from pathlib import Path
from typing import Any

Shape = Any

_LONGEST = 100  # characters of a value that an error quotes


def read(path: Path, shape: Shape, *, problem: str) -> Any:
    """Return the content of a JSON file.

    Parameters
    ----------
    path : Path
        The file.
    shape : type, None, ..., tuple, list or dict
        What its content should be.
    problem : str
        What the error says of another content, after the file's name and before the place.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is no JSON, or of another shape.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):  # no JSON, not UTF-8; brackets nested too deep
        raise ValueError(f"{path}: {problem}: it is no JSON") from None
    if wrong := misfit(content, shape):
        raise ValueError(f"{path}: {problem}: {wrong}")
    return content


def misfit(value: Any, shape: Shape, place: str = "it") -> str:
    """Return the first thing that is not as it should be, in words; nothing if all is.

    Examples
    --------
    >>> misfit({"seeds": [0, "x"]}, {"seeds": [int]})
    "it.seeds[1] is 'x'"
    """
    match shape, value:
        case tuple(), _:
            found = [misfit(value, each, place) for each in shape]
            return "" if "" in found else found[0]
        case dict(), dict():
            wanted = dict.fromkeys(value, shape[str]) if str in shape else shape
            inner = [misfit(value.get(key, ...), each, f"{place}.{key}") for key, each in wanted.items()]
        case list(), list() if len(shape) in (1, len(value)):
            pairs = zip(value, itertools.cycle(shape), strict=False)
            inner = [misfit(entry, each, f"{place}[{i}]") for i, (entry, each) in enumerate(pairs)]
        case _:
            fits = value is shape or type(value) is shape or (shape is float and type(value) is int)
            inner = [] if fits else [f"{place} is {'missing' if value is ... else repr(value)[:_LONGEST]}"]
    return next(filter(None, inner), "")
