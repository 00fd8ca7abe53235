"""What the tests of several kernels share."""

from collections.abc import Callable, Iterator

import numba
import numpy as np
import pytest


@pytest.fixture
def on_one_and_two_threads() -> Iterator[Callable[[Callable[[], list[np.ndarray]]], list[list[np.ndarray]]]]:
    """Return a function that runs another on one thread and on two, and returns both results."""
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one core: there is no second thread to compare with")
    before = numba.get_num_threads()

    def run(function: Callable[[], list[np.ndarray]]) -> list[list[np.ndarray]]:
        results = []
        for n_threads in (1, 2):
            numba.set_num_threads(n_threads)
            results.append(function())
        return results

    yield run
    numba.set_num_threads(before)
