"""A wish to stop, heard between two steps: Ctrl-C, or the signal with which clusters end a job.

Comes in: signals. Goes out: a function that tells whether one came.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Collect SIGINT and SIGTERM instead of dying of them; a second one stops at once, by KeyboardInterrupt.

    Only a process's first thread may do so; in others nothing is collected.

    Yields
    ------
    callable
        Returns whether a signal came.
    """
    requests: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        requests.append(number)
        if len(requests) > 1:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(requests)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
