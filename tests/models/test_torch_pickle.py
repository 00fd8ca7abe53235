"""Pickles of torch, and pickles that nobody should run."""

import io
import os
import pickle
import struct
from collections import OrderedDict

import pytest

from minser.models.torch_pickle import follow

HEAD = b"\x80\x02"


class Calls:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def described(content):
    return follow(io.BytesIO(content))


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": 1, "b": [2, -3, 70000, 2**40], "c": (None, True, False)},
        {"deep": {"er": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]}, "text": "größer", "number": 0.5},
        OrderedDict([("x", 1), ("y", OrderedDict())]),
        [["same"] * 3] * 2,
    ],
)
def test_plain_values_come_back(value):
    assert described(pickle.dumps(value, protocol=2)) == value


def test_what_stands_behind_a_pickle_is_left_in_the_stream():
    stream = io.BytesIO(pickle.dumps(1001, protocol=2) + pickle.dumps(["0"], protocol=2) + b"rest")
    assert (follow(stream), follow(stream), stream.read()) == (1001, ["0"], b"rest")


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (os.system, ("touch pwned",)),
        (eval, ("1",)),
        (exec, ("open('pwned', 'w')",)),
        (getattr, ({}, "update")),
        (__import__, ("os",)),
        (pickle.loads, (b"",)),
        (open, ("pwned", "w")),
    ],
)
def test_calls_are_refused_and_not_made(function, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for value in (Calls(function, *arguments), {"weight": Calls(function, *arguments)}):
        with pytest.raises(ValueError, match=r"asks for .*, which tensors do not need"):
            described(pickle.dumps(value, protocol=2))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEAD + b"ctorch\nFloatStorage\n)R.", "calls torch.FloatStorage"),
        (HEAD + b"ctorch._utils\n_rebuild_tensor_v2\n)\x81.", "instruction NEWOBJ"),
        (HEAD + b"ctorch._utils\n_rebuild_tensor_v2\n(NNNNtR.", "NoneType where tuple"),
        (b"cos\nsystem\n(S'true'\ntR.", "asks for os.system"),
        (b"(S'true'\nios\nsystem\n.", "instruction STRING"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", "protocol 4: call torch.save without pickle_protocol"),
        (HEAD + b"\x8c\x02os\x8c\x06system\x93.", "instruction SHORT_BINUNICODE"),
        (HEAD + b"\x82\x01.", "instruction EXT1"),
        (HEAD + b"P0\n.", "instruction PERSID"),
        (HEAD + b"}b.", "pop from empty list|list index"),
        (HEAD + b"}(K\x01K\x02u.", "int where str"),
        (HEAD + b"}(X\x01\x00\x00\x00aK\x01K\x02u.", "zip"),
        (HEAD + b"h\x05.", "5"),
        (HEAD + b"X\xff\xff\xff\x7fabc.", "expected 2147483647 bytes"),
        (HEAD + b"}", "exhausted"),
        (b"", "exhausted"),
        (HEAD + b"u.", "not in list"),
        (HEAD + b"K\x01Q.", "int where tuple"),
        (HEAD + b"(X\x06\x00\x00\x00modulectorch\nFloatStorage\nX\x01\x00\x00\x000NK\x01tQ.", "no storage"),
    ],
)
def test_what_describes_no_tensors_is_refused(content, message):
    with pytest.raises((ValueError, LookupError, TypeError), match=message):
        described(content)


def test_a_nest_that_doubles_a_thousand_times_takes_no_time():
    content = HEAD + b")q\x00" + b"h\x00h\x00\x86q\x00" * 1000 + b"."
    described(content)
    with pytest.raises(ValueError, match="tuple where str"):  # as the key of a dict it would be hashed
        described(content[:-1] + b"}h\x00K\x01s.")


def test_sizes_below_zero_are_refused():
    shape = b"(J" + struct.pack("<i", -4) + b"t"
    storage = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x08tQ"
    with pytest.raises(ValueError, match="no whole numbers"):
        described(HEAD + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00" + shape + b"K\x01\x85tR.")
