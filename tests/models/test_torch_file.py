"""Files of torch.save, genuine and hostile, in both formats."""

import os
import pickle
import struct
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

from minser.models.torch_file import read_tensors

FORMATS = pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "stream"])


def save(state, path, is_zip):
    torch = pytest.importorskip("torch")
    torch.save(state, path, _use_new_zipfile_serialization=is_zip)


@pytest.fixture
def state():
    torch = pytest.importorskip("torch")
    base = torch.arange(24.0).reshape(2, 3, 4)
    return OrderedDict(
        {
            "features.weight": torch.randn(4, 3, 2, 2, generator=torch.Generator().manual_seed(0)),
            "features.half": torch.tensor([0.5, -2.0]).half(),
            "features.double": torch.tensor([1.25], dtype=torch.float64),
            "features.turned": base.permute(2, 0, 1),
            "features.part": base[1:, 1],
            "features.shared": base,
            "features.last": torch.randn(2, 3, 5, 5).contiguous(memory_format=torch.channels_last),
            "features.scalar": torch.tensor(3.0),
            "features.parameter": torch.nn.Parameter(torch.ones(2)),
            "classifier.count": torch.tensor(7),
        }
    )


@FORMATS
def test_tensors_are_what_torch_saved(tmp_path, state, is_zip):
    save(state, tmp_path / "a.pth", is_zip)
    _, arrays = read_tensors(tmp_path / "a.pth", prefix="features.")
    assert arrays.keys() == {name for name in state if name.startswith("features.")}
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, state[name].detach().numpy(), err_msg=name)
        assert array.dtype == np.float32
    assert read_tensors(tmp_path / "a.pth", prefix="classifier.")[1]["classifier.count"] == 7


@FORMATS
def test_a_modules_state_dict(tmp_path, is_zip):
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3), torch.nn.Linear(2, 2))
    save(module.state_dict(), tmp_path / "a.pth", is_zip)
    _, arrays = read_tensors(tmp_path / "a.pth", prefix="")
    assert arrays.keys() == module.state_dict().keys()
    np.testing.assert_array_equal(arrays["0.weight"], module[0].weight.detach().numpy())


@FORMATS
def test_anything_but_a_dict_of_tensors_is_refused(tmp_path, is_zip):
    torch = pytest.importorskip("torch")
    for value in (
        torch.ones(2),
        [torch.ones(2)],
        {"state_dict": {"a": torch.ones(2)}},
        {"a": 1},
        torch.nn.Linear(1, 1),
        {"a": torch.ones(2).to(torch.bfloat16)},
        {"a": torch.ones(2).to_sparse()},
    ):
        save(value, tmp_path / "a.pth", is_zip)
        with pytest.raises(ValueError, match=r"a\.pth: expected weights saved by torch"):
            read_tensors(tmp_path / "a.pth", prefix="")


@FORMATS
def test_a_cut_file_is_one_error_wherever_it_is_cut(tmp_path, state, is_zip):
    path = tmp_path / "a.pth"
    save(state, path, is_zip)
    content = path.read_bytes()
    for end in {*range(0, len(content), 97), 1, 4, 20, len(content) - 1}:
        path.write_bytes(content[:end])
        with pytest.raises(ValueError, match=r"a\.pth: expected weights saved by torch") as error:
            read_tensors(path, prefix="")
        assert "\n" not in str(error.value)


@FORMATS
def test_a_changed_byte_is_an_error_or_other_numbers_but_nothing_else(tmp_path, state, is_zip, rng):
    path = tmp_path / "a.pth"
    save(state, path, is_zip)
    content = path.read_bytes()
    for place in rng.integers(0, len(content), 300):
        path.write_bytes(content[:place] + bytes([content[place] ^ rng.integers(1, 256)]) + content[place + 1 :])
        try:
            read_tensors(path, prefix="features.")
        except ValueError as error:
            assert str(path) in str(error)  # noqa: PT017 - not every change is seen


class Evil:
    def __reduce__(self):
        return os.system, ("touch pwned",)


def zipped(path, entries, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def described(*, kind=b"FloatStorage", size=2, shape=2, stride=1, offset=0):
    """Return a pickle of {"a": tensor}, with numbers of one's choice."""

    def number(value):
        return b"\x8a\x08" + struct.pack("<q", value)

    storage = b"(X\x07\x00\x00\x00storagectorch\n" + kind + b"\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu"
    tensor = storage + number(size) + b"tQ" + number(offset) + number(shape) + b"\x85" + number(stride) + b"\x85"
    return b"\x80\x02}X\x01\x00\x00\x00actorch._utils\n_rebuild_tensor_v2\n(" + tensor + b"tRs."


def test_the_forger_of_this_file_can_write_a_good_one(tmp_path):
    zipped(tmp_path / "a.pth", {"x/data.pkl": described(), "x/data/0": np.float32([3, 4]).tobytes()})
    np.testing.assert_array_equal(read_tensors(tmp_path / "a.pth", prefix="")[1]["a"], [3, 4])


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"x/data.pkl": pickle.dumps(Evil(), protocol=2)}, r"asks for (posix|nt)\.system"),
        ({"x/data.pkl": pickle.dumps({"a": Evil()}, protocol=2)}, r"asks for (posix|nt)\.system"),
        ({"x/data.pkl": b"\x80\x02" + b"N" * 2**22 + b"."}, "expected at most"),
        ({"x/data.pkl": described()}, "data/0"),
        ({"x/data.pkl": described(), "x/data/0": b"1234"}, "has 4 bytes, expected 8"),
        ({"x/data.pkl": described(size=2**60)}, "expected at most"),
        ({"x/data.pkl": described(size=-2)}, "no storage"),
        ({"x/data.pkl": described(shape=2**40, stride=0), "x/data/0": bytes(8)}, "expected at most"),
        ({"x/data.pkl": described(shape=3), "x/data/0": bytes(8)}, "reaches out"),
        ({"x/data.pkl": described(stride=2), "x/data/0": bytes(8)}, "reaches out"),
        ({"x/data.pkl": described(offset=1), "x/data/0": bytes(8)}, "reaches out"),
        ({"x/data.pkl": described(shape=0), "x/data/0": bytes(8)}, "reaches out"),
        ({"x/data.pkl": described(offset=-1), "x/data/0": bytes(8)}, "no whole numbers"),
        ({"x/data.pkl": described(kind=b"QInt8Storage")}, "asks for torch.QInt8Storage"),
        ({"x/data.pkl": described(), "x/byteorder": b"big"}, "big-endian"),
        ({"x/data.pkl": described(), "y/data.pkl": described()}, "too many values"),
        ({"x/model.json": b"{}"}, "no data.pkl"),
        ({}, "torch"),
    ],
)
def test_hostile_archives_are_one_line(tmp_path, monkeypatch, entries, message):
    monkeypatch.chdir(tmp_path)
    zipped(tmp_path / "a.pth", entries)
    with pytest.raises(ValueError, match=message) as error:
        read_tensors(tmp_path / "a.pth", prefix="")
    assert str(error.value).startswith(str(tmp_path / "a.pth"))
    assert len(str(error.value)) < 500
    assert not (tmp_path / "pwned").exists()


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    numbers = bytes(4 * 2**24)  # 64 MB, 64 KB on disk
    bomb = {"x/data.pkl": described(size=2**24, shape=2**24), "x/data/0": numbers}
    zipped(tmp_path / "a.pth", bomb, zipfile.ZIP_DEFLATED)
    assert (tmp_path / "a.pth").stat().st_size < 100_000
    with pytest.raises(ValueError, match="is compressed"):
        read_tensors(tmp_path / "a.pth", prefix="")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.replace(b"M\xe9\x03.", b"M\xe8\x03.", 1), "1001"),
        (lambda c: c[:40] + c[40:].replace(b"FloatStorage", b"CharStorage2", 1), "asks for torch.CharStorage2"),
        (lambda c: c.replace(b"ccollections\nOrderedDict", b"cos\nsystem\n", 1), "asks for os.system"),
        (lambda c: c[:-4], "ends before"),
        (lambda c: c[:-16] + struct.pack("<q", 9) + c[-8:], "has 9 values, expected 2"),
    ],
)
def test_hostile_streams_are_one_line(tmp_path, change, message):
    torch = pytest.importorskip("torch")
    path = tmp_path / "a.pth"
    save(OrderedDict(a=torch.tensor([1.0, 2.0])), path, is_zip=False)
    content = path.read_bytes()
    path.write_bytes(change(content))
    assert path.read_bytes() != content
    with pytest.raises(ValueError, match=message):
        read_tensors(path, prefix="")


def test_other_files(tmp_path):
    for content in (b"", b"PK", b"PK\x03\x04", b"\x80\x02}.", b"text"):
        (tmp_path / "a.pth").write_bytes(content)
        with pytest.raises(ValueError, match=r"a\.pth"):
            read_tensors(tmp_path / "a.pth", prefix="")
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / "nowhere.pth", prefix="")


def test_what_makes_a_reader_warn_is_damage_in_one_line(tmp_path):
    """Python's own reader of pickles warns of a text that ends in a backslash."""
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, 2) + b"S'\\q'\n.")
    with pytest.raises(ValueError, match=r"weights\.pth: expected weights saved by torch, and cannot read them"):
        read_tensors(path, prefix="")
