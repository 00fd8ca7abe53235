"""Writing a cache: in order, a few items at a time, with a progress bar on terminals only."""

import json
import threading
import time

import numpy as np
import pytest

from minser.corpus.cache_writer import N_THREADS, checksum, write


def test_the_two_files_hold_what_they_promise(tmp_path):
    arrays = {name: np.full(shape, len(name), dtype=np.float32) for name, shape in (("a", (2, 3)), ("bb", (4,)))}
    write(tmp_path, list(arrays), compute=arrays.__getitem__, progress=None)
    values = np.fromfile(tmp_path / "values.bin", dtype="<f4")
    np.testing.assert_array_equal(values, [1, 1, 1, 1, 1, 1, 2, 2, 2, 2])
    index = json.loads((tmp_path / "index.json").read_text())
    assert index["payload"]["shapes"] == [[2, 3], [4]]
    assert index["checksum"] == checksum(index["payload"])


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
