import json
import os
import platform
import subprocess
import sys

import pytest

from minser import runtime

ZEN5 = "vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx2 avx512f avx512vl\n"
VARIABLES = ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]


def settings(environ: dict[str, str] | None = None, *, cpuinfo: str = "", l2_size: str = "") -> dict[str, str]:
    return runtime.settings(environ or {}, cpuinfo=cpuinfo, l2_size=l2_size)


def test_one_blas_thread_and_no_spinning_everywhere() -> None:
    assert settings() == {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "10000", "OPENBLAS_NUM_THREADS": "1"}


@pytest.mark.parametrize(
    ("cpuinfo", "wide"),
    [
        (ZEN5, True),
        (ZEN5.replace("AuthenticAMD", "GenuineIntel"), False),  # OpenBLAS recognises these itself
        (ZEN5.replace("avx512f", ""), False),
        (ZEN5.replace("avx512vl", ""), False),
    ],
)
def test_wide_kernels_on_amd_with_avx512_only(cpuinfo: str, wide: bool) -> None:
    assert settings(cpuinfo=cpuinfo).get("OPENBLAS_CORETYPE") == ("SkylakeX" if wide else None)


@pytest.mark.parametrize(("text", "size"), [("1024K\n", "1024"), ("512K", "512"), ("", None), ("unknown", None)])
def test_cache_size_is_passed_on_where_it_is_known(text: str, size: str | None) -> None:
    assert settings(l2_size=text).get("OPENBLAS_L2_SIZE") == size


@pytest.mark.parametrize("name", VARIABLES)
def test_what_the_user_has_set_is_not_touched(name: str) -> None:
    everything = settings(cpuinfo=ZEN5, l2_size="1024K")
    assert sorted(everything) == sorted(VARIABLES)
    environ = {name: "mine"}
    assert settings(environ, cpuinfo=ZEN5, l2_size="1024K") == {
        key: value for key, value in everything.items() if key != name
    }
    assert environ == {name: "mine"}


@pytest.mark.parametrize("name", ["GOTO_NUM_THREADS", "MKL_NUM_THREADS"])
def test_other_names_for_blas_threads_count_too(name: str) -> None:
    assert "OPENBLAS_NUM_THREADS" not in settings({name: "4"})


def in_new_process(code: str, **environ: str) -> dict[str, object]:
    """Run code in a Python whose environment has none of the variables but those given; it prints JSON."""
    inherited = {key: value for key, value in os.environ.items() if key not in VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", code], env=inherited | environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


BLAS_THREADS = """
import json
{imports}
import numpy, scipy.linalg, threadpoolctl
pools = [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
print(json.dumps({{"most": max(pools, default=1)}}))
"""


@pytest.mark.parametrize("imports", ["import minser", "import numpy, minser", "import scipy.linalg, minser"])
def test_blas_is_held_to_one_thread_whatever_came_first(imports: str) -> None:
    assert in_new_process(BLAS_THREADS.format(imports=imports)) == {"most": 1}


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core: OpenBLAS has one thread anyway")
@pytest.mark.parametrize("imports", ["import minser", "import numpy, minser"])
def test_the_users_own_number_of_blas_threads_stays(imports: str) -> None:
    assert in_new_process(BLAS_THREADS.format(imports=imports), OPENBLAS_NUM_THREADS="2") == {"most": 2}


def test_importing_minser_loads_nothing_heavy_and_sets_the_environment() -> None:
    code = """
import json, os, sys
import minser
heavy = sorted({"numpy", "numba", "matplotlib", "scipy"} & sys.modules.keys())
print(json.dumps({"heavy": heavy, "policy": os.environ["OMP_WAIT_POLICY"]}))
"""
    assert in_new_process(code) == {"heavy": [], "policy": "PASSIVE"}


FREED = """
import json
import minser
import numpy as np
def resident_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6
array = np.ones(25_000_000)
full = resident_mb()
del array
print(json.dumps(full - resident_mb()))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only GNU's C library is told to keep freed memory")
def test_freed_memory_is_kept_unless_the_user_says_no() -> None:
    assert in_new_process(FREED) < 20
    assert in_new_process(FREED, MINSER_KEEP_MEMORY="0") > 180
