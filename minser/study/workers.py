"""Many folds at once: in processes of this machine, or on a Dask cluster.

Each fold writes its own run folder, so nothing has to be sent back, and whatever dies, what was trained stays. Local
processes are spawned, one a fold, never forked: numba's threads do not survive a fork. A cluster's workers must see the
same folders as the caller, under the same names.

Comes in: a list of `Fold`. Goes out: each as it ends, with what went wrong.
"""

import importlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

import numba
from tqdm import tqdm

from minser.study.one_fold import Fold, train_fold
from minser.system.cli import BAD_INPUT, one_line

_TICK_S = 0.5  # how often the bar looks at the folders

_one_at_a_time = threading.Lock()  # a worker may have several threads; numba's loops take one caller


def run_folds(
    folds: Sequence[Fold],
    *,
    jobs: int,
    scheduler: str | None,
    command: str,
    name: Callable[[Fold], str],
    tell: Callable[[Fold], str],
) -> list[Fold]:
    """Train all folds that are not done, a line for each, under a bar that counts epochs; return those that failed.

    Parameters
    ----------
    folds : sequence of Fold
        Those that are done are passed over.
    jobs : int
        Processes at a time, each with its share of the cores. A cluster does not look at it.
    scheduler : str or None
        Address of a Dask scheduler, such as ``tcp://127.0.0.1:8786``; None: processes of this machine.
    command, name : str, callable
        What the line says of a fold that failed: of which command, and which fold it is.
    tell : callable
        Returns the line of a fold that went well.

    Raises
    ------
    OSError
        If there is no scheduler at that address.
    ValueError
        If `jobs` is below 1, or Dask is not installed.
    """
    if jobs < 1:
        raise ValueError(f"jobs must be 1 or more, got {jobs}")
    left = [fold for fold in folds if not fold.is_done]
    failed = []
    with tqdm(total=sum(fold.recipe.training.epochs for fold in left), unit="epoch", leave=False, disable=None) as bar:

        def tick() -> None:
            done = (fold.recipe.training.epochs if fold.is_done else fold.n_epochs_done for fold in left)
            bar.update(sum(done) - bar.n)

        ended = _on_cluster(left, scheduler, tick) if scheduler else _in_processes(left, jobs, tick)
        for fold, error in ended:
            if error:
                failed.append(fold)
            with bar.external_write_mode(file=sys.stdout):
                if error:
                    print(f"minser {command}: {name(fold)}: {error}", file=sys.stderr, flush=True)
                else:
                    print(tell(fold), flush=True)
            tick()
    return failed


def _in_processes(folds: Sequence[Fold], jobs: int, tick: Callable[[], None]) -> Iterator[tuple[Fold, str]]:
    """Yield folds as they end in processes of their own; the processes end with the caller, however that ends."""
    spawn = multiprocessing.get_context("spawn")
    queue, running = list(reversed(folds)), list[tuple[BaseProcess, Connection, Fold]]()
    try:
        while queue or running:
            while queue and len(running) < jobs:
                fold = queue.pop()
                receiver, sender = spawn.Pipe(duplex=False)
                process: BaseProcess = spawn.Process(target=_child, args=(fold, jobs, sender), name=fold.title)
                heard = signal.signal(signal.SIGINT, signal.SIG_IGN)  # what a child inherits: Ctrl-C is ours to hear
                process.start()
                signal.signal(signal.SIGINT, heard)
                sender.close()
                running.append((process, receiver, fold))
            wait([process.sentinel for process, _, _ in running], timeout=_TICK_S)
            ended = [entry for entry in running if entry[0].exitcode is not None]
            running = [entry for entry in running if entry not in ended]
            for process, receiver, fold in ended:
                yield fold, _error_of(process, receiver)
            tick()
    finally:
        for process, _, _ in running:
            process.terminate()
        for process, _, _ in running:
            process.join()


def _child(fold: Fold, jobs: int, sender: Connection) -> None:
    """Train a fold in a spawned process, on its share of the threads; bad input is told in one line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Windows lets a child inherit nothing
    threading.Thread(target=_die_with_the_parent, daemon=True).start()
    numba.set_num_threads(max(1, numba.get_num_threads() // jobs))
    try:
        train_fold(fold)
    except BAD_INPUT as error:
        sender.send(one_line(error))
        sys.exit(2)


def _die_with_the_parent() -> None:
    """Wait for the parent's end, whatever its cause, and end this process."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _error_of(process: BaseProcess, receiver: Connection) -> str:
    """Return what went wrong in a process that has ended; nothing if it went well."""
    if process.exitcode == 0:
        return ""
    try:
        return str(receiver.recv())
    except EOFError:
        code = process.exitcode or 0
        return f"its process was killed by signal {-code}" if code < 0 else f"its process ended with exit code {code}"


def _on_cluster(folds: Sequence[Fold], address: str, tick: Callable[[], None]) -> Iterator[tuple[Fold, str]]:
    """Yield folds as they end on a Dask cluster; a worker that dies loses nothing, another one goes on."""
    try:
        distributed: Any = importlib.import_module("distributed")  # loaded only where it is asked for
    except ImportError:
        raise ValueError("a scheduler needs Dask: python -m pip install 'minser[cluster]'") from None
    with distributed.Client(address, timeout="10s") as client:
        waiting = {client.submit(_on_worker, fold, pure=False): fold for fold in folds}
        while waiting:
            tick()
            time.sleep(_TICK_S)
            for future in [each for each in waiting if each.done()]:
                lost = "the scheduler was lost" * (future.status == "cancelled")
                yield waiting.pop(future), one_line(future.exception()) if future.status == "error" else lost


def _on_worker(fold: Fold) -> None:
    """Train a fold in a worker; where another worker is thought dead and still at work, wait for it."""
    while True:
        try:
            with _one_at_a_time:
                return train_fold(fold)
        except BlockingIOError:
            time.sleep(_TICK_S)
