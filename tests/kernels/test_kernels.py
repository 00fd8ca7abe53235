import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import numpy as np
from minser.kernels import conv, elementwise
x = np.ones((1, 4, 4, 1), np.float32)
elementwise.relu_grad_input(x, x)
conv.conv2d(x, np.ones((2, 2, 1, 1), np.float32), np.zeros(1, np.float32), stride=(1, 1), padding=(0, 0))
"""


@pytest.mark.slow
def test_first_run_says_once_that_it_compiles_and_later_runs_say_nothing(tmp_path: Path) -> None:
    environ = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    said = [
        subprocess.run([sys.executable, "-c", CODE], env=environ, capture_output=True, text=True, timeout=120)
        for _ in range(2)
    ]
    assert [run.returncode for run in said] == [0, 0]
    assert said[0].stderr == "minser: compiling its loops, once; later runs start at once\n"
    assert said[1].stderr == ""
    assert said[0].stdout == said[1].stdout == ""
