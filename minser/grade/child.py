"""What happens inside the sandbox: one function of a submission is loaded and called, and its answers are sent out.

Comes in, by standard input: the submission and the arguments. Goes out, by standard output: a line of JSON a case. Run
by ``sandbox``, as a file of its own that imports nothing of minser; the parent shares its `pack`, `unpack` and `load`.
"""

import __future__

import ast
import base64
import inspect
import io
import json
import numbers
import os
import re
import symtable
import sys
import tokenize
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

import numpy as np

Value = Any  # arrays, numbers, words, None, generators, and lists, tuples and dicts of these
MAX_TEXT = 300  # characters of an error message
MAX_MEMORY = 1 << 30  # bytes
MAX_FILE = 1 << 24  # bytes of all answers to a question, and of any file that a student writes


def pack(value: Value) -> str:
    """Return a value as one line of JSON, arrays in base64; no pickle.

    Raises
    ------
    TypeError
        If something in it is neither array, number, word, None, list, tuple nor dict; it is named.
    """
    return json.dumps(_described(value))


def _described(item: Value) -> list[Value]:
    """Return the kind of a value, and what it takes to build it again."""
    if isinstance(item, np.random.Generator):
        return ["rng", item.bit_generator.seed_seq.entropy]  # type: ignore[attr-defined] # the stubs miss it
    if item is None or type(item) in (bool, int, float, str):
        return ["value", item]
    if isinstance(item, (np.ndarray, np.generic, complex)):
        array = np.asarray(item)
        if array.dtype.kind == "O":
            return ["list", [_described(part) for part in array.tolist()]]
        if array.dtype.kind not in "biufc":
            raise TypeError(f"the answer holds an array of dtype {array.dtype}: expected numbers")
        return ["array", array.dtype.str, array.shape, base64.b64encode(array.tobytes()).decode()]
    if isinstance(item, numbers.Integral):
        return ["value", int(item)]
    if isinstance(item, (numbers.Real, Decimal)):
        return ["value", float(item)]
    if isinstance(item, Sequence) and not isinstance(item, (str, bytes, bytearray, memoryview)):
        return ["tuple" if isinstance(item, tuple) else "list", [_described(part) for part in item]]
    if isinstance(item, Mapping):
        return ["dict", {str(key): _described(part) for key, part in item.items()}]
    raise TypeError(f"the answer holds a {type(item).__name__}: return numbers, arrays, or tuples or dicts of them")


def unpack(text: str | bytes) -> Value:
    """Return what `pack` packed. A generator comes back as new, from its seed.

    Raises
    ------
    ValueError
        If the text is something else: it may come from a student's process.
    """
    try:
        return _built(json.loads(text))
    except (LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError(f"the answer's bytes are not readable: {type(error).__name__}") from None


def _built(item: Value) -> Value:
    """Return the value that `_described` described."""
    kind, *rest = item
    if kind == "array":
        name, shape, memory = rest
        if not re.fullmatch(r"[<>|][biufc]\d{1,2}", name, re.ASCII):  # of any other word NumPy might run a parser
            raise ValueError("the answer holds no array of numbers")
        return np.frombuffer(base64.b64decode(memory), name).reshape(shape).copy()
    if kind == "dict":
        return {str(key): _built(part) for key, part in rest[0].items()}
    if kind in ("list", "tuple"):
        parts = [_built(part) for part in rest[0]]
        return parts if kind == "list" else tuple(parts)
    return np.random.default_rng(rest[0]) if kind == "rng" else rest[0]


def source(data: bytes, suffix: str) -> str:
    """Return the Python text of a submission, its lines ended by newlines; of a notebook, its code cells.

    Cells are parted by a form feed, which Python skips: one that is broken costs no other.

    Raises
    ------
    SyntaxError
        If the bytes are no text in the encoding that they declare (PEP 263).
    ValueError
        If a notebook holds no cells.
    """
    if suffix == ".ipynb":
        text = "\n\f\n".join(map(_without_magics, _cells(json.loads(data.decode("utf-8-sig")))))
        return text.replace("\r\n", "\n").replace("\r", "\n")
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        return data.decode(tokenize.detect_encoding(io.BytesIO(data).readline)[0])
    except (SyntaxError, UnicodeDecodeError, LookupError):
        words = "the file is no text in UTF-8, or in the encoding that its first line declares: save it as UTF-8"
        raise SyntaxError(words) from None


def _cells(book: Value) -> Iterator[str]:
    """Yield the text of each code cell of a notebook; before nbformat 4 they lie in worksheets."""
    try:
        cells = [cell for sheet in book.get("worksheets", [book]) for cell in sheet["cells"]]
        for cell in cells:
            if cell.get("cell_type") == "code":
                yield "".join(cell.get("source", cell.get("input")) or "")
    except (LookupError, TypeError, AttributeError):
        raise ValueError("the notebook holds no cells that can be read: save it again with Jupyter") from None


def _without_magics(cell: str) -> str:
    """Return a cell with ``pass`` for each line that is meant for IPython or a shell."""
    try:
        ast.parse(cell)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return re.sub(r"^([ \t]*)([%!?].*|[\w.]+\?\??)$", r"\1pass", cell, flags=re.MULTILINE)
    return cell


def statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield line number and text of each statement at the left margin; broken ones too, which cost nobody else."""
    lines = text.split("\n")
    try:
        nodes = ast.parse(text).body
    except (SyntaxError, ValueError):
        cell, *others = text.split("\n\f\n", 1)
        if others:
            yield from statements(cell)
            yield from ((cell.count("\n") + 2 + start, part) for start, part in statements(others[0]))
            return
        starts = [i for i, line in enumerate(lines) if re.match(r"(?!(else|elif|except|finally)\b)[^\s#)\]}]", line)]
        starts = [i for i in starts if i == 0 or not lines[i - 1].startswith("@")]
        spans = list(zip(starts, [*starts[1:], len(lines)], strict=True))
    else:
        firsts = [min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) for node in nodes]
        spans = [(first - 1, node.end_lineno or first) for first, node in zip(firsts, nodes, strict=True)]
    for start, end in spans:
        yield start, "\n".join(lines[start:end])


@dataclass(frozen=True)
class Names:
    """What a statement at the left margin has to do with global names.

    Attributes
    ----------
    bound : set of str
        Names that it binds, or into which it writes: ``table = {}``, ``table[i] = 3``. Calls and asserts bind none.
    made : set of str
        Those that are neither imported nor functions: a call may change them.
    passed : set of str
        Names that a call on its own may change, ``table.append(3)``, or that it calls, ``fill()``.
    inner : set of str
        Global names that a function changes when it is called.
    needed : set of str
        Global names that it uses.
    """

    bound: set[str]
    made: set[str]
    passed: set[str]
    inner: set[str]
    needed: set[str]


@cache  # a grader loads the same texts a hundred times, each with another function wanted or changed
def names(statement: str) -> Names:
    """Return the global names of a statement."""
    body = ast.parse(statement).body
    functions = [node for node in body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    tables = [symtable.symtable(statement, "submission", "exec")]
    symbols = [] if all(isinstance(node, (ast.Expr, ast.Assert)) for node in body) else tables[0].get_symbols()
    assigned = {word.get_name() for word in symbols if word.is_assigned() and not word.is_imported()}
    bound = {word.get_name() for word in symbols if word.is_imported()} | assigned
    needed = {word.get_name() for word in tables[0].get_symbols() if word.is_referenced()}
    inner = {name for node in functions for part in node.body for name in changed(part)}
    while tables:
        table = tables.pop()
        needed |= {word.get_name() for word in table.get_symbols() if word.is_global()}
        inner |= {word.get_name() for word in table.get_symbols() if word.is_declared_global() and word.is_assigned()}
        tables += table.get_children()
    written = {name for node in body for name in filled(node)}
    passed = {name for node in body for name in changed(node)} - written
    star = {"*"} if "import *" in statement else set()
    return Names(bound | written | star, set() if functions else assigned, passed, inner & needed, needed)


def filled(node: ast.AST) -> Iterator[str]:
    """Yield the names of what a statement writes into, as in ``table[i] = 3`` or ``settings.bias = True``."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        return
    if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
        yield from _root(node)
    for part in ast.iter_child_nodes(node):
        yield from filled(part)


def changed(node: ast.AST) -> Iterator[str]:
    """Yield the names of what a statement may change: what it writes into, what its calls are of, and what they get."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assert)):
        return
    if isinstance(node, ast.Expr):
        call = node.value.elt if isinstance(node.value, ast.ListComp) else node.value
        if isinstance(call, ast.Call) and not re.search(r"\bprint$|assert\w*$", ast.unparse(call.func)):
            for part in (call.func, *call.args, *(word.value for word in call.keywords)):
                yield from _root(part)
        return
    yield from filled(node)
    for inside in ast.iter_child_nodes(node):
        if isinstance(inside, (ast.stmt, ast.ExceptHandler)):
            yield from changed(inside)


def _root(node: ast.AST) -> Iterator[str]:
    """Yield the name at the start of ``name.word[3]``, if there is one."""
    root: ast.AST = node
    while isinstance(root, (ast.Subscript, ast.Attribute)):
        root = root.value
    if isinstance(root, ast.Name):
        yield root.id


def excerpt(text: str, name: str) -> str:
    """Return the text with every line blank that the function `name` does not need, so that lines keep their numbers.

    Raises
    ------
    SyntaxError
        If the function itself cannot be read.
    AttributeError
        If there is no such function.
    """
    parts = []
    for start, statement in statements(text):
        try:
            parts.append((start, statement, names(statement)))
        except (SyntaxError, ValueError) as error:
            if re.search(rf"^(async )?def {name}\b", statement, re.MULTILINE):
                line = (error.lineno or 1) if isinstance(error, SyntaxError) else 1
                words = statement.split("\n")[min(line, statement.count("\n") + 1) - 1].strip()
                raise SyntaxError(f"{getattr(error, 'msg', error)}: {words}") from None
    if not any(name in part.bound for _, _, part in parts):
        raise AttributeError(f"there is no function {name}")
    made = {word for _, _, part in parts for word in part.made}
    inner = {word: part.inner for _, _, part in parts for word in part.bound}
    changes = [
        part.bound.union(part.passed & made, *(inner.get(word, ()) for word in part.passed)) for _, _, part in parts
    ]
    wanted, seen = {name, "*"}, set[str]()
    while wanted != seen:
        seen = set(wanted)
        wanted = wanted.union(*(part.needed for (_, _, part), some in zip(parts, changes, strict=True) if some & seen))
    lines = [""] * (text.count("\n") + 1)
    for (start, statement, _), some in zip(parts, changes, strict=True):
        if some & wanted:
            lines[start : start + statement.count("\n") + 1] = statement.split("\n")
    return "\n".join(lines)


def load(text: str, name: str) -> Callable[..., Value]:
    """Return the function `name` of a text. Only what it needs is run: no visible check."""
    module = sys.modules["submission"] = ModuleType("submission")  # dataclasses look it up
    late = re.search(r"^from __future__ import .*\bannotations\b", text, re.MULTILINE)
    flags = __future__.annotations.compiler_flag if late else 0
    exec(compile(excerpt(text, name), "submission", "exec", flags, dont_inherit=True), vars(module))
    function: Callable[..., Value] = getattr(module, name)
    return function


class _OnlyNumPy:
    """Refuses every import but NumPy's and Python's own: the second lock, behind the sandbox's empty folders."""

    def __init__(self, folders: list[str]) -> None:
        self.folders = folders  # of Python itself: not all that lies there is in sys.stdlib_module_names

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        name = fullname.partition(".")[0]
        if name not in {*sys.stdlib_module_names, "numpy"}:
            spec = PathFinder.find_spec(name, self.folders)
            if spec is None or spec.origin is None:  # a folder such as site-packages is a module without origin
                raise ModuleNotFoundError(f"only NumPy and Python's own modules can be imported here, not {fullname}")


def _limit(seconds: int) -> None:
    """Bound what this process may use; no limit can be raised again. Windows has none of them."""
    try:
        import resource
    except ImportError:
        return
    limits = {"AS": MAX_MEMORY, "CPU": seconds + 1, "FSIZE": MAX_FILE, "NOFILE": 64, "CORE": 0, "NPROC": 1}
    for word, value in limits.items():
        with suppress(AttributeError, ValueError, OSError):  # macOS lacks some
            resource.setrlimit(getattr(resource, f"RLIMIT_{word}"), (value, value))


def _explain(error: BaseException, text: str) -> str:
    """Return an error in one line, with the student's own line where it happened."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "submission"]
    lines = text.split("\n")
    where = ""
    if frames and frames[-1].lineno and frames[-1].lineno <= len(lines):
        where = f", in {frames[-1].name}: {lines[frames[-1].lineno - 1].strip()}"
    return f"{type(error).__name__}: {error}"[:MAX_TEXT] + where[:MAX_TEXT]


def _call(function: Callable[..., Value], case: dict[str, Value]) -> Value:
    """Call a function by the names of its arguments, or by their order, if the student gave them other names."""
    try:
        inspect.signature(function).bind(**case)
    except TypeError:
        return function(*case.values())
    except ValueError:  # it has no signature
        pass
    return function(**case)


def _answer(function: Callable[..., Value], case: dict[str, Value], text: str) -> str:
    """Return the packed answer to one case, or the packed error."""
    plain = {key: value for key, value in case.items() if not isinstance(value, np.random.Generator)}
    before = pack(plain)
    try:
        reply = pack({"answer": _call(function, case)})
        return reply if pack(plain) == before else pack({"error": "ValueError: the function changes its arguments"})
    except BaseException as error:  # whatever a student raises, SystemExit too
        try:
            return pack({"error": _explain(error, text)})
        except BaseException:
            return pack({"error": f"{type(error).__name__}: an error that cannot be printed"})


def main() -> None:
    """Read the request, shut the doors, load the student's function, and answer case by case."""
    request = unpack(sys.stdin.buffer.read())
    channel = os.fdopen(os.dup(1), "w")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    np.fft.rfft(np.linalg.inv(np.eye(2)))  # loads what NumPy loads late
    _limit(int(sys.argv[2]))
    sys.meta_path.insert(0, _OnlyNumPy(sys.path[:-1]))  # the last one is NumPy's
    text, cases = "", request["cases"]
    try:
        text = source(request["file"].tobytes(), request["suffix"])
        function = load(text, request["name"])
    except BaseException as error:
        print(*[pack({"error": _explain(error, text)})] * len(cases), sep="\n", file=channel, flush=True)
    else:
        for case in cases:
            print(_answer(function, case, text), file=channel, flush=True)
    os._exit(0)  # no exit handler of the student's


if __name__ == "__main__":
    main()
