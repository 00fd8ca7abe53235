"""Thread and BLAS settings that have to stand before NumPy and numba load.

minser's loops run on numba's threads, and each of those threads calls the matrix product (OpenBLAS) on its own
tile of data. Three things go wrong if nobody interferes. First, OpenMP threads spin after a parallel loop, and
OpenBLAS keeps a second pool of its own: the two pools fight for the same cores, and every switch from one to
the other costs milliseconds. So OpenMP is told to sleep instead of spin (``OMP_WAIT_POLICY=PASSIVE``; GNU's
spins for a fraction of a millisecond first, ``GOMP_SPINCOUNT``, since the next loop often follows at once), and
OpenBLAS is held to one thread (``OPENBLAS_NUM_THREADS=1``): one pool, numba's. This also makes results
independent of the number of threads. Second, OpenBLAS does not recognise the AVX-512 units of AMD processors and
runs kernels of half their width; ``OPENBLAS_CORETYPE=SkylakeX`` selects the wide ones. Third, in a virtual machine
it often fails to find the size of the second-level cache and cuts its blocks for a wrong one;
``OPENBLAS_L2_SIZE`` tells it. A variable that is already set is the user's word and stays. Where NumPy was loaded
before minser its BLAS is held to one thread through threadpoolctl, and the other two come too late for it, but not
for SciPy's BLAS, which the loops call.

Comes in: the environment. Goes out: the environment.
"""

import ctypes
import os
import sys
from collections.abc import Mapping
from pathlib import Path

_BLAS_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "MKL_NUM_THREADS")
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h


def settings(environ: Mapping[str, str], *, cpuinfo: str, l2_size: str) -> dict[str, str]:
    """Return the variables that minser would add to an environment.

    Parameters
    ----------
    environ : mapping of str to str
        The environment as the user has set it; not changed.
    cpuinfo : str
        Text of Linux's ``/proc/cpuinfo``; empty on other systems.
    l2_size : str
        Size of the second-level cache as Linux writes it, ``"1024K"``; empty where it is not known.

    Returns
    -------
    dict of str to str
        Only variables that `environ` does not hold.
    """
    wanted = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "10000"}
    if not any(name in environ for name in _BLAS_THREAD_VARIABLES):
        wanted["OPENBLAS_NUM_THREADS"] = "1"
    if "AuthenticAMD" in cpuinfo and "avx512f" in cpuinfo and "avx512vl" in cpuinfo:
        wanted["OPENBLAS_CORETYPE"] = "SkylakeX"
    if l2_size.strip().endswith("K"):
        wanted["OPENBLAS_L2_SIZE"] = l2_size.strip().removesuffix("K")
    return {name: value for name, value in wanted.items() if name not in environ}


def configure() -> None:
    """Set the process's environment, and hold a BLAS that is already loaded to one thread."""
    added = settings(
        os.environ,
        cpuinfo=_text("/proc/cpuinfo"),
        l2_size=_text("/sys/devices/system/cpu/cpu0/cache/index2/size"),
    )
    os.environ.update(added)
    if "numpy" in sys.modules and "OPENBLAS_NUM_THREADS" in added:
        from threadpoolctl import threadpool_limits

        threadpool_limits(limits=1, user_api="blas")
    if os.environ.get("MINSER_KEEP_MEMORY", "1") != "0":
        _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Tell GNU's C library to serve large arrays from memory that it keeps; elsewhere do nothing."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_MMAP_MAX, 0)  # no array of its own mapping, which free would return
        mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)  # and the heap is not cut at its end


def _text(path: str) -> str:
    """Return a file's text, or nothing where the system has no such file."""
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
