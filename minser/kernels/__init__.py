"""All loops that numba compiles, each beside a slow NumPy twin in ``reference.py``.

An operation has up to three names: ``conv2d`` checks and allocates, ``_conv2d_kernel`` only loops and writes into its
last arguments, ``conv2d_reference`` says the same in NumPy by another algorithm. Arrays come in and go out; nothing
here knows of layers.

numba compiles a kernel when it is first called with a new dtype, and keeps the machine code in ``__pycache__`` (or in
the user's cache folder, or for this process in a temporary one where neither can be written); one line on stderr says
so, once in a process.
"""

import atexit
import shutil
import sys
import tempfile

import numba
from numba.core import event


class _CompileNotice(event.Listener):
    """Say once that a wait is compilation; numba emits this event only when its cache has no machine code yet."""

    def on_start(self, event: event.Event) -> None:
        dispatcher = (event.data or {}).get("dispatcher")
        module = getattr(getattr(dispatcher, "py_func", None), "__module__", "")
        if module.startswith("minser.") and not self.said:
            self.said = True
            print("minser: compiling its loops, once; later runs start at once", file=sys.stderr, flush=True)

    def on_end(self, event: event.Event) -> None:
        """Nothing to say."""

    said = False


def _nothing() -> None:
    """Do nothing; a function of which numba can be asked where it would keep its machine code."""


try:
    numba.njit(cache=True)(_nothing)
except RuntimeError:  # nowhere: package and home are read-only, as in a container
    _folder = tempfile.mkdtemp(prefix="minser-")
    numba.config.CACHE_DIR = _folder  # type: ignore[attr-defined] # made when it is imported
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)

event.register("numba:compile", _CompileNotice())  # type: ignore[no-untyped-call] # numba has no types
