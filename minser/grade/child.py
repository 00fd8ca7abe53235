"""What happens inside the sandbox: one function of a submission is loaded and called, and its answers are sent out.

Comes in, by standard input: the submission and the arguments. Goes out, by standard output: a line of JSON a case. Run
by ``sandbox``, as a file of its own that imports nothing of minser; the parent shares its `pack`, `unpack` and `load`.
"""

import ast
import base64
import json
import os
import re
import symtable
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
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
        if array.dtype.kind not in "biufc":
            raise TypeError(f"the answer holds an array of dtype {array.dtype}: expected numbers")
        return ["array", array.dtype.str, array.shape, base64.b64encode(array.tobytes()).decode()]
    if isinstance(item, (list, tuple)):
        return ["list" if type(item) is list else "tuple", [_described(part) for part in item]]
    if isinstance(item, dict):
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
    """Return the Python text of a submission: of a notebook, its code cells, lines for IPython or a shell left out."""
    text = data.decode("utf-8-sig")
    if suffix != ".ipynb":
        return text.replace("\r\n", "\n")
    cells = [cell for cell in json.loads(text)["cells"] if cell.get("cell_type") == "code"]
    return re.sub(r"^[%!]", "# ", "\n".join("".join(cell["source"]) for cell in cells), flags=re.MULTILINE)


def statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield line number and text of each statement at the left margin; broken ones too, which cost nobody else."""
    lines = text.split("\n")
    try:
        nodes = ast.parse(text).body
    except (SyntaxError, ValueError):
        starts = [i for i, line in enumerate(lines) if re.match(r"(?!(else|elif|except|finally)\b)[^\s#)\]}]", line)]
        starts = [i for i in starts if i == 0 or not lines[i - 1].startswith("@")]
        spans = list(zip(starts, [*starts[1:], len(lines)], strict=True))
    else:
        firsts = [min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) for node in nodes]
        spans = [(first - 1, node.end_lineno or first) for first, node in zip(firsts, nodes, strict=True)]
    for start, end in spans:
        yield start, "\n".join(lines[start:end])


@cache  # a grader loads the same texts a hundred times, each with another function wanted or changed
def names(statement: str) -> tuple[set[str], set[str]]:
    """Return the names that a statement binds or fills, and the globals that it needs. Calls and asserts bind none."""
    body = ast.parse(statement).body
    if all(isinstance(node, (ast.Expr, ast.Assert)) for node in body):
        return set(), set()
    tables = [symtable.symtable(statement, "submission", "exec")]
    bound = {word.get_name() for word in tables[0].get_symbols() if word.is_assigned() or word.is_imported()}
    bound |= {name for node in body for name in filled(node)}
    needed = {word.get_name() for word in tables[0].get_symbols() if word.is_referenced()}
    while tables:
        table = tables.pop()
        needed |= {word.get_name() for word in table.get_symbols() if word.is_global()}
        tables += table.get_children()
    return (bound | {"*"} if "import *" in statement else bound), needed


def filled(node: ast.AST) -> Iterator[str]:
    """Yield the names of what a statement writes into, as in ``table[i] = 3`` or ``settings.bias = True``."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        return
    if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
        root: ast.AST = node
        while isinstance(root, (ast.Subscript, ast.Attribute)):
            root = root.value
        if isinstance(root, ast.Name):
            yield root.id
    for part in ast.iter_child_nodes(node):
        yield from filled(part)


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
            parts.append((start, statement, *names(statement)))
        except (SyntaxError, ValueError) as error:
            if re.search(rf"^(async )?def {name}\b", statement, re.MULTILINE):
                line = (error.lineno or 1) if isinstance(error, SyntaxError) else 1
                words = statement.split("\n")[min(line, statement.count("\n") + 1) - 1].strip()
                raise SyntaxError(f"{getattr(error, 'msg', error)}: {words}") from None
    wanted, seen = {name, "*"}, set[str]()
    while wanted != seen:
        seen = set(wanted)
        wanted = wanted.union(*(needed for _, _, bound, needed in parts if bound & seen))
    if not any(name in bound for _, _, bound, _ in parts):
        raise AttributeError(f"there is no function {name}")
    lines = [""] * (text.count("\n") + 1)
    for start, statement, bound, _ in parts:
        if bound & wanted:
            lines[start : start + statement.count("\n") + 1] = statement.split("\n")
    return "\n".join(lines)


def load(text: str, name: str) -> Callable[..., Value]:
    """Return the function `name` of a text. Only what it needs is run: no visible check."""
    module = ModuleType("submission")
    exec(compile(excerpt(text, name), "submission", "exec", dont_inherit=True), vars(module))
    function: Callable[..., Value] = getattr(module, name)
    return function


class _OnlyNumPy:
    """Refuses every import but NumPy's and Python's own: the second lock, behind the sandbox's empty folders."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname.partition(".")[0] not in {*sys.stdlib_module_names, "numpy"}:
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


def _answer(function: Callable[..., Value], case: dict[str, Value], text: str) -> str:
    """Return the packed answer to one case, or the packed error."""
    plain = {key: value for key, value in case.items() if not isinstance(value, np.random.Generator)}
    before = pack(plain)
    try:
        reply = pack({"answer": function(**case)})
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
    sys.meta_path.insert(0, _OnlyNumPy())
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
