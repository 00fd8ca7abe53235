"""The cache: what it is keyed by, how it is written, and that nothing half-built or damaged is ever read."""

import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from minser.corpus import cache
from minser.corpus.cache import N_THREADS, TAG, checksum, default_root, open_or_build, write

KEY = {"n_mels": 64, "fmax": 8000.0}


@pytest.fixture
def items(tmp_path):
    """Return five files; file 3 has the content of file 1."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number, size in enumerate((3, 5, 2, 5, 4)):
        content = np.arange(size, dtype=np.float32) + size
        (folder / f"{number}.raw").write_bytes(content.tobytes())
    return sorted(folder.iterdir())


def double(path):
    """Stand for a feature: (2, size of the file)."""
    values = np.fromfile(path, dtype=np.float32)
    return np.stack([values, 2 * values])


class Counted:
    """Count the calls of a function."""

    def __init__(self):
        self.calls = 0

    def __call__(self, path):
        self.calls += 1
        return double(path)


def test_arrays_come_back_as_they_were_computed(tmp_path, items):
    built = open_or_build(tmp_path / "caches" / "double", key=KEY, items=items, compute=double)
    assert len(built) == 5
    for array, item in zip(built, items, strict=True):
        np.testing.assert_array_equal(array, double(item))
        assert array.dtype == np.float32
        assert not array.flags.writeable
    np.testing.assert_array_equal(built[-1], double(items[-1]))
    with pytest.raises(IndexError):
        built[5]
    assert built.folder.parent == tmp_path / "caches"
    assert built.folder.name.startswith("double-")


def test_equal_content_has_equal_digests(tmp_path, items):
    digests = open_or_build(tmp_path / "c", key=KEY, items=items, compute=double).digests
    assert digests[1] == digests[3]
    assert len(set(digests)) == 4


def test_equal_values_of_another_shape_have_other_digests(tmp_path, items):
    shapes = iter([(2, 3), (3, 2), (6,), (1, 6), (6, 1)])
    made = {item: np.ones(shape, dtype=np.float32) for item, shape in zip(items, shapes, strict=True)}
    built = open_or_build(tmp_path / "c", key=KEY, items=items, compute=made.__getitem__)
    assert len(set(built.digests)) == 5
    assert [array.shape for array in built] == [(2, 3), (3, 2), (6,), (1, 6), (6, 1)]


def test_a_cache_is_computed_once(tmp_path, items):
    compute = Counted()
    first = open_or_build(tmp_path / "c", key=KEY, items=items, compute=compute)
    second = open_or_build(tmp_path / "c", key=dict(reversed(KEY.items())), items=items, compute=compute)
    assert compute.calls == 5
    assert first.folder == second.folder


def test_a_moved_corpus_finds_its_cache(tmp_path, items):
    compute = Counted()
    open_or_build(tmp_path / "c", key=KEY, items=items, compute=compute)
    moved = Path(shutil.move(tmp_path / "corpus", tmp_path / "elsewhere"))
    open_or_build(tmp_path / "c", key=KEY, items=sorted(moved.iterdir()), compute=compute)
    assert compute.calls == 5


def test_whatever_a_cache_depends_on_leads_to_another_one(tmp_path, items, monkeypatch):
    def folder_of(key=KEY, items=items):
        return open_or_build(tmp_path / "c", key=key, items=items, compute=double).folder

    folders = [
        folder_of(),
        folder_of(key=KEY | {"n_mels": 65}),
        folder_of(items=items[::-1]),
        folder_of(items=items[:4]),
    ]
    items[2].write_bytes(np.float32([7, 8]).tobytes())
    folders.append(folder_of())
    renamed = items[2].rename(items[2].with_name("2b.raw"))
    folders.append(folder_of(items=[*items[:2], renamed, *items[3:]]))
    monkeypatch.setattr(cache, "FORMAT", 99)
    folders.append(folder_of(items=[*items[:2], renamed, *items[3:]]))
    assert len(set(folders)) == len(folders)


def test_a_changed_file_is_computed_again(tmp_path, items):
    open_or_build(tmp_path / "c", key=KEY, items=items, compute=double)
    items[2].write_bytes(np.float32([7, 8]).tobytes())
    built = open_or_build(tmp_path / "c", key=KEY, items=items, compute=double)
    np.testing.assert_array_equal(built[2], [[7, 8], [14, 16]])


def cut_values(folder):
    content = (folder / "values.bin").read_bytes()
    (folder / "values.bin").write_bytes(content[:-4])


def change_a_value(folder):
    content = bytearray((folder / "values.bin").read_bytes())
    content[9] ^= 1
    (folder / "values.bin").write_bytes(content)


def no_arrays(folder):
    payload = {"shapes": [], "digests": []}
    (folder / "index.json").write_text(json.dumps({"checksum": checksum(payload), "payload": payload}))


def too_deep(folder):
    (folder / "index.json").write_text("[" * 100_000)


def change_a_shape(folder):
    index = json.loads((folder / "index.json").read_text())
    index["payload"]["shapes"][0] = [3, 2]
    (folder / "index.json").write_text(json.dumps(index))


def cut_index(folder):
    content = (folder / "index.json").read_text()
    (folder / "index.json").write_text(content[: len(content) // 2])


def another_index(folder):
    (folder / "index.json").write_text("[]")


@pytest.mark.parametrize(
    "damage",
    [
        cut_values,
        change_a_value,
        no_arrays,
        too_deep,
        change_a_shape,
        cut_index,
        another_index,
        lambda folder: (folder / "index.json").unlink(),
        lambda folder: (folder / "values.bin").unlink(),
        lambda folder: (folder / "values.bin").write_bytes(b""),
    ],
    ids=[
        "values cut",
        "value changed",
        "no arrays",
        "too deep",
        "shape changed",
        "index cut",
        "foreign index",
        "no index",
        "no values",
        "empty values",
    ],
)
def test_a_damaged_cache_is_rebuilt_and_never_trusted(tmp_path, items, damage):
    folder = open_or_build(tmp_path / "caches" / "c", key=KEY, items=items, compute=double).folder
    damage(folder)
    compute = Counted()
    rebuilt = open_or_build(tmp_path / "caches" / "c", key=KEY, items=items, compute=compute)
    assert compute.calls == 5
    np.testing.assert_array_equal(rebuilt[4], double(items[4]))
    assert [entry.name for entry in (tmp_path / "caches").iterdir()] == [folder.name]


@pytest.mark.parametrize("error", [ValueError("no samples"), RuntimeError("no samples"), OSError("no samples")])
def test_a_bad_file_is_named_and_nothing_half_built_remains(tmp_path, items, error):
    def fails_on_the_third(path):
        if path.name == "2.raw":
            raise error
        return double(path)

    with pytest.raises(ValueError, match=r"2\.raw: nothing could be computed from this file: no samples"):
        open_or_build(tmp_path / "caches" / "c", key=KEY, items=items, compute=fails_on_the_third)
    assert list((tmp_path / "caches").iterdir()) == []


@pytest.mark.parametrize("wrong", [np.zeros(3), np.zeros(0, dtype=np.float32)], ids=["float64", "empty"])
def test_results_of_another_kind_are_refused(tmp_path, items, wrong):
    with pytest.raises(ValueError, match=r"0\.raw: compute must return float32 values"):
        open_or_build(tmp_path / "c", key=KEY, items=items, compute=lambda path: wrong)


def test_a_missing_file_is_named(tmp_path, items):
    items[1].unlink()
    with pytest.raises(FileNotFoundError, match=r"1\.raw"):
        open_or_build(tmp_path / "c", key=KEY, items=items, compute=double)


def test_no_items_are_refused(tmp_path):
    with pytest.raises(ValueError, match="items must not be empty"):
        open_or_build(tmp_path / "c", key=KEY, items=[], compute=double)


def test_a_key_that_is_no_json_is_refused(tmp_path, items):
    with pytest.raises(TypeError, match="not JSON serializable"):
        open_or_build(tmp_path / "c", key={"window": np.hanning}, items=items, compute=double)


# A process that builds the cache of all files in a folder. In its first call of compute it reports itself ("inside")
# and waits for the file "go"; so a test can hold two processes inside the same build, or kill one there.
BUILDER = """
import pathlib, sys, time
import numpy as np
from minser.corpus.cache import open_or_build

root, name = pathlib.Path(sys.argv[1]), sys.argv[2]

def compute(path):
    (root / f"inside-{name}").touch()
    while path.name == "4.raw" and not (root / "go").exists():
        time.sleep(0.005)
    values = np.fromfile(path, dtype=np.float32)
    return np.stack([values, 2 * values])

items = sorted((root / "corpus").iterdir())
cache = open_or_build(root / "caches" / "c", key={"n_mels": 64, "fmax": 8000.0}, items=items, compute=compute)
print(cache.folder.name, float(sum(array.sum() for array in cache)))
"""


def start_builder(root, name):
    """Start a process that builds, and return it when it is inside the build."""
    process = subprocess.Popen(
        [sys.executable, "-c", BUILDER, str(root), name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not (root / f"inside-{name}").exists():
        if process.poll() is not None:
            raise AssertionError(process.communicate()[1])
    return process


def test_two_processes_that_build_at_once_share_one_cache(tmp_path, items):
    processes = [start_builder(tmp_path, name) for name in "ab"]
    (tmp_path / "go").touch()
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert outputs[0][0] == outputs[1][0]
    (folder,) = (tmp_path / "caches").iterdir()
    compute = Counted()
    assert open_or_build(tmp_path / "caches" / "c", key=KEY, items=items, compute=compute).folder == folder
    assert compute.calls == 0


def test_a_killed_build_leaves_nothing_that_is_trusted(tmp_path, items):
    process = start_builder(tmp_path, "a")
    process.kill()
    process.communicate(timeout=60)
    left = {entry.name for entry in (tmp_path / "caches").iterdir()}
    assert all(name.startswith(".c-") for name in left)
    compute = Counted()
    built = open_or_build(tmp_path / "caches" / "c", key=KEY, items=items, compute=compute)
    assert compute.calls == 5
    np.testing.assert_array_equal(built[4], double(items[4]))


def test_a_cache_that_somebody_else_finished_first_is_used(tmp_path, items):
    """Another process publishes while ours still computes."""
    other = []

    def compute(path):
        if path.name == "4.raw" and not other:
            other.append(None)
            other.append(open_or_build(tmp_path / "caches" / "c", key=KEY, items=items, compute=double))
        return double(path)

    ours = open_or_build(tmp_path / "caches" / "c", key=KEY, items=items, compute=compute)
    assert ours.folder == other[1].folder
    assert [entry.name for entry in (tmp_path / "caches").iterdir()] == [ours.folder.name]


def test_the_root_is_in_data_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = default_root()
    assert root == tmp_path / "data" / "cache"
    assert [entry.name for entry in root.iterdir()] == [TAG]  # nothing of the attempt to write stays
    (root / TAG).write_text("Signature: another program's")
    assert default_root() == root
    assert (root / TAG).read_text() == "Signature: another program's"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other places")
def test_the_root_is_the_users_where_here_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "data").write_text("a file in the way stands for a folder that cannot be written")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_root() == tmp_path / "xdg" / "minser"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_root() == Path.home() / ".cache" / "minser"


def test_the_two_files_hold_what_they_promise(tmp_path):
    one, two, three = (np.full(size, value, dtype=np.float32) for value, size in enumerate([(2, 3), 4, (1, 2)], 1))
    arrays = {"a": one, "bb": [two, three]}
    write(tmp_path, list(arrays), compute=arrays.__getitem__, progress=None)
    values = np.fromfile(tmp_path / "values.bin", dtype="<f4")
    np.testing.assert_array_equal(values, [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3])
    index = json.loads((tmp_path / "index.json").read_text())
    assert index["payload"]["shapes"] == [[[2, 3]], [[4], [1, 2]]]
    assert index["checksum"] == checksum(index["payload"])


def test_an_item_may_have_several_arrays(tmp_path, items):
    def compute(path):
        values = double(path)
        return [values, *(values[:, i:] for i in range(values.shape[1] - 3))]

    built = open_or_build(tmp_path / "c", key=KEY, items=items, compute=compute)
    for i, item in enumerate(items):
        first, *rest = compute(item)
        np.testing.assert_array_equal(built[i], first)
        assert len(list(built.rest(i))) == len(rest)
        for array, expected in zip(built.rest(i), rest, strict=True):
            np.testing.assert_array_equal(array, expected)
    assert built.digests == open_or_build(tmp_path / "d", key=KEY, items=items, compute=double).digests
    assert len(list(built.rest(-1))) == 1
    values = built.folder / "values.bin"
    values.write_bytes(values.read_bytes()[:-1] + b"!")  # in the last of them
    np.testing.assert_array_equal(open_or_build(tmp_path / "c", key=KEY, items=items, compute=compute)[0], built[0])


def test_order_is_kept_and_memory_stays_flat(tmp_path):
    lock = threading.Lock()
    started, furthest_ahead = 0, 0
    values = tmp_path / "values.bin"

    def compute(number):
        nonlocal started, furthest_ahead
        with lock:
            started += 1
            # values.bin is buffered by 8 KiB, so each item is larger than that
            furthest_ahead = max(furthest_ahead, started - values.stat().st_size // item_bytes)
        time.sleep(0.002 if number % 3 == 0 else 0)  # so that items do not finish in order
        return np.full(item_bytes // 4, number, dtype=np.float32)

    item_bytes = 1 << 16
    write(tmp_path, list(range(100)), compute=compute, progress=None)
    written = np.fromfile(values, dtype="<f4").reshape(100, -1)
    np.testing.assert_array_equal(written[:, 0], np.arange(100))
    # waiting in the queue, and one more that has just been taken out of it or is being written
    assert furthest_ahead <= 2 * N_THREADS + 2


def test_an_error_stops_the_build_soon(tmp_path):
    calls = []

    def compute(number):
        calls.append(number)
        if number == 0:
            raise ValueError("broken")
        return np.zeros(1, dtype=np.float32)

    with pytest.raises(ValueError, match="0: nothing could be computed from this file: broken"):
        write(tmp_path, list(range(1000)), compute=compute, progress=None)
    assert len(calls) < 100


def test_no_progress_bar_where_there_is_no_terminal(tmp_path, capfd):
    write(tmp_path, [1, 2], compute=lambda number: np.zeros(number, dtype=np.float32), progress="features")
    assert capfd.readouterr() == ("", "")
