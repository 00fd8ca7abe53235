"""Compare an answer with the right one: where, and how, is it wrong.

Comes in: a student's answer and the right one. Goes out: None, or a sentence with both numbers.
"""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minser.grade.child import Value

_RELATIVE = 1e-5  # of each number: float32 is good enough
_OF_LARGEST = 1e-6  # of the largest number of an array


def difference(answer: Value, right: Value, *, where: str = "your answer", patterns: bool = True) -> str | None:
    """Compare two values, and describe the first difference.

    Parameters
    ----------
    answer, right : array, number, None, or a tuple, list or dict of these
        A student's value, of which nothing is known, and the right one.
    where : str
        What the value is called in the sentence.
    patterns : bool
        Whether to look for what a wrong array as a whole has to do with the right one: that takes most of the time.

    Returns
    -------
    str or None
        None if they agree within 1e-5 of each number or 1e-6 of the largest one.
    """
    if isinstance(right, (tuple, list)):
        parts = list(answer) if isinstance(answer, np.ndarray) and answer.ndim else answer  # a stack will do
        if not isinstance(parts, (tuple, list)) or len(parts) != len(right):
            return f"{where} is {_kind(answer)}, expected a tuple of {len(right)} values"
        answer, right = dict(enumerate(parts)), dict(enumerate(right))
    if isinstance(right, dict):
        if not isinstance(answer, dict) or answer.keys() != right.keys():
            return f"{where} is {_kind(answer)}, expected a dict with the keys {', '.join(right)}"
        found = (difference(answer[key], right[key], where=f"{where}[{key!r}]", patterns=patterns) for key in right)
        return next(filter(None, found), None)
    try:
        got, wanted = np.asarray(answer), np.asarray(right)
    except ValueError:  # a ragged list
        return f"{where} is {_kind(answer)}, expected an array"
    if got.dtype.kind not in "biufc":
        return f"{where} is {_kind(answer)}, expected numbers"
    words = _between_arrays(got, wanted, where)
    return f"{words}{_pattern(got, wanted)}" if words and patterns and got.shape == wanted.shape else words


def equal(answer: Value, right: Value) -> bool:
    """Return whether two values agree as closely as an answer has to agree with the right one."""
    return difference(answer, right, patterns=False) is None


def _between_arrays(got: NDArray[Any], wanted: NDArray[Any], where: str) -> str | None:
    """Compare two arrays of numbers."""
    if got.shape != wanted.shape:
        swapped = " (the axes are swapped)" if got.ndim > 1 and sorted(got.shape) == sorted(wanted.shape) else ""
        return f"{where} has the shape {got.shape}, expected {wanted.shape}{swapped}"
    right = _close(got, wanted)
    if right.all():
        return None
    place = tuple(map(int, np.argwhere(~right)[0]))
    index = f"[{', '.join(map(str, place))}]" if place else ""
    return f"{where}{index} is {got[place].item():.6g}, expected {wanted[place].item():.6g}"


def _close(got: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.bool_]:
    """Return for each number whether it is right."""
    with np.errstate(over="ignore"):
        sizes = np.abs(wanted * 1.0)
        largest = sizes.max(initial=1e-9, where=np.isfinite(sizes))
        return np.asarray(np.isclose(got, wanted, rtol=_RELATIVE, atol=_OF_LARGEST * largest, equal_nan=True))


def _pattern(got: NDArray[Any], wanted: NDArray[Any]) -> str:
    """Say what a wrong array as a whole has to do with the right one, if that is simple."""
    if got.size < 2 or "c" in (got.dtype.kind, wanted.dtype.kind):
        return ""
    a, b = got.astype(np.float64), wanted.astype(np.float64)
    if not np.isfinite(a).all():
        return " (there are numbers that are infinite, or none at all)"
    if not np.isfinite(b).all():
        return ""
    words = {" (every sign is turned)": -b}
    largest = np.unravel_index(np.argmax(np.abs(b)), b.shape)
    if b[largest] != 0 and a[largest] != 0:
        words[f" (every number is {a[largest] / b[largest]:.6g} times the right one)"] = b * (a[largest] / b[largest])
    words[f" (every number is off by {a[largest] - b[largest]:.6g})"] = b + (a[largest] - b[largest])
    for axis in range(b.ndim):
        words[f" (axis {axis} runs backwards)"] = np.flip(b, axis)
        words[f" (axis {axis} is shifted by one)"] = np.roll(b, 1, axis)
        words[f" (axis {axis} is shifted by minus one)"] = np.roll(b, -1, axis)
    for axes in itertools.permutations(range(b.ndim)) if b.ndim < 5 else ():
        if b.transpose(axes).shape == b.shape and axes != tuple(range(b.ndim)):
            words[" (the axes are swapped)"] = b.transpose(axes)
    words[" (it is the square root of what it should be)"] = np.sqrt(np.abs(b))
    words[" (it is the square of what it should be)"] = b**2
    return next((text for text, guess in words.items() if _close(a, guess).all()), "")


def _kind(value: Value) -> str:
    """Name the type of a value, and the shape of an array."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, dict):
        return f"a dict with the keys {sorted(value)!r:.80}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)} values"
    name = type(value).__name__
    return "None: is the return missing?" if value is None else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
