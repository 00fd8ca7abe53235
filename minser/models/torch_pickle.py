"""What a pickle of torch describes, without running it.

A pickle is a program that may call anything. It is never run here: its instructions are read one by one; those that
build tensors, dicts, lists and tuples are followed; any other, or any other name than the few in `_ALLOWED`, refuses
it.

Comes in: a stream of bytes. Goes out: plain values, with `Storage` and `Tensor` where numbers are meant.
"""

import io
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

DTYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8"}

_ALLOWED = {
    "collections OrderedDict",
    "torch._utils _rebuild_parameter",
    "torch._utils _rebuild_tensor",
    "torch._utils _rebuild_tensor_v2",
    *(f"torch {name}" for name in DTYPES),
}
_VALUES = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "BINSTRING", "SHORT_BINSTRING"}
_MARK = object()
_MAKERS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "MARK": lambda: _MARK,
}


@dataclass(frozen=True)
class _Name:
    """A name that the pickle asks for; never looked up."""

    text: str


@dataclass(frozen=True)
class Storage:
    """Numbers somewhere in the file."""

    dtype: str
    key: str
    size: int


@dataclass(frozen=True)
class Tensor:
    """A view of a storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def follow(stream: io.BytesIO) -> Any:  # noqa: C901 - a case for each instruction of the machine
    """Return what the next pickle of a stream describes, and leave the stream behind it.

    Raises
    ------
    ValueError, LookupError, TypeError
        If it is damaged, or does anything but describe tensors.
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}

    def since_mark() -> list[Any]:
        start = len(stack) - 1 - stack[::-1].index(_MARK)
        items = stack[start + 1 :]
        del stack[start:]
        return items

    value: Any
    for opcode, value, _ in pickletools.genops(stream):
        match opcode.name:
            case "PROTO":
                if value > 3:
                    raise ValueError(f"it is a pickle of protocol {value}: call torch.save without pickle_protocol")
            case "STOP":
                return stack.pop()
            case name if name in _MAKERS:
                stack.append(_MAKERS[name]())
            case name if name in _VALUES:
                stack.append(value)
            case "TUPLE":
                stack.append(tuple(since_mark()))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                n = int(opcode.name[-1])
                stack[-n:] = [tuple(stack[-n:])]
            case "BINPUT" | "LONG_BINPUT":
                memo[value] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(memo[value])
            case "APPEND" | "APPENDS":
                items = since_mark() if opcode.name == "APPENDS" else [stack.pop()]
                _kind(stack[-1], list).extend(items)
            case "SETITEM" | "SETITEMS":
                items = since_mark() if opcode.name == "SETITEMS" else [stack.pop(-2), stack.pop()]
                for key, item in zip(items[::2], items[1::2], strict=True):
                    _kind(stack[-1], dict)[_kind(key, str)] = item
            case "GLOBAL":
                if value == "torch BFloat16Storage":
                    raise ValueError("it holds bfloat16, which NumPy does not have: save tensor.float() of each tensor")
                if value not in _ALLOWED:
                    name = value.replace(" ", ".")
                    raise ValueError(f"it asks for {name}, which tensors do not need: save model.state_dict()")
                stack.append(_Name(value))
            case "BINPERSID":
                stack.append(_storage(stack.pop()))
            case "REDUCE":
                arguments = _kind(stack.pop(), tuple)
                stack.append(_made(_kind(stack.pop(), _Name), arguments))
            case "BUILD":  # what torch notes beside a state_dict: versions of layers
                stack.pop()
                _kind(stack[-1], dict)
            case _:
                raise ValueError(f"it holds the instruction {opcode.name}, which tensors do not need")
    raise ValueError("the pickle has no end")


def _made(name: _Name, arguments: tuple[Any, ...]) -> Any:
    """Return what an allowed name makes of its arguments."""
    if name.text == "collections OrderedDict":
        pairs = arguments[0] if arguments else []
        return {_kind(key, str): item for key, item in _kind(pairs, list)}
    if name.text == "torch._utils _rebuild_parameter":
        return _kind(arguments[0], Tensor)
    if not name.text.startswith("torch._utils _rebuild_tensor"):
        raise ValueError(f"it calls {name.text.replace(' ', '.')}")
    storage, offset, shape, strides = arguments[:4]
    numbers = (offset, *_kind(shape, tuple), *_kind(strides, tuple))
    if any(type(number) is not int or number < 0 for number in numbers) or len(shape) != len(strides):
        raise ValueError("a tensor whose place and shape are no whole numbers")
    return Tensor(_kind(storage, Storage), offset, shape, strides)


def _storage(identity: Any) -> Storage:
    """Return the storage that a persistent id names: ("storage", type, key, device, number of values, ...)."""
    word, kind, key, _, size = _kind(identity, tuple)[:5]
    name = _kind(kind, _Name).text.removeprefix("torch ")
    if word != "storage" or name not in DTYPES or type(size) is not int or size < 0:
        raise ValueError("a reference to something that is no storage of numbers")
    return Storage(DTYPES[name], _kind(key, str), size)


def _kind(value: Any, kind: type) -> Any:
    """Return a value that is of the expected type."""
    if type(value) is not kind:
        raise ValueError(f"it holds {type(value).__name__} where {kind.__name__} is expected")
    return value
