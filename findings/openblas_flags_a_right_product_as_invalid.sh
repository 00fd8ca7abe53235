#!/usr/bin/env bash
# A product of finite numbers is right, and NumPy warns of an invalid value: OpenBLAS adds memory that it never wrote.
#
# Seen on 2026-12-01 with NumPy 2.4.6 (OpenBLAS 0.3.31 in its wheel) on an AMD EPYC (Zen 5), Python 3.11. With NumPy
# 2.5.5 (OpenBLAS 0.3.34) nothing is flagged.
#
# OpenBLAS has a matrix-vector product for processors with AVX-512 and float32 matrices of up to eight columns. For five
# columns and the last two or three rows (4k + 2 or 4k + 3 of them) it keeps five products in an array of eight on the
# stack. The compiler adds such arrays as whole vectors, with the three cells that nothing wrote, and drops their sums.
# So the result is right whatever lies there. But if a signalling NaN lies there, the processor sets its flag for
# invalid operations, and NumPy, which looks at the flag alone, warns "invalid value encountered in matmul". Where
# warnings are errors, as in many test suites, a network with five classes fails now and then, depending on what ran
# before, and no operand has a NaN. Here a call that does nothing leaves such bit patterns on the stack, so that it
# happens each time.
#
# On a processor without AVX-512 only the second line can be seen; the script says so and tests that one.
#
# Output seen:
#   SkylakeX: flagged [(2, 5), (3, 5), (6, 5), (7, 5), (10, 5), (11, 5), (14, 5), (15, 5)], wrong 0
#   Haswell: flagged [], wrong 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "numpy==2.4.6" "threadpoolctl==3.6.0"
cd "$folder"
cat > product.py <<'PYTHON'
import ctypes
import warnings

import numpy as np
import threadpoolctl


class Words(ctypes.Structure):
    _fields_ = [("words", ctypes.c_uint32 * 8192)]


signalling = Words()
signalling.words[:] = [0x7FA00000] * 8192
libc = ctypes.CDLL(None)
libc.getpid.argtypes = [Words]  # a structure is passed on the stack, and stays there behind the call

rng = np.random.default_rng(0)
flagged, n_wrong = [], 0
for shape in np.ndindex(17, 17):
    if 0 in shape:
        continue
    matrix, vector = rng.standard_normal(shape, np.float32), rng.standard_normal(shape[1], np.float32)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        libc.getpid(signalling)
        product = matrix @ vector
    flagged += [shape] * ("invalid value encountered in matmul" in [str(warning.message) for warning in caught])
    n_wrong += not np.allclose(product, matrix.astype(float) @ vector, atol=1e-5)
kernels = threadpoolctl.threadpool_info()[0]["architecture"]
print(f"{kernels}: flagged {flagged}, wrong {n_wrong}")
expected = [(rows, 5) for rows in range(1, 17) if rows % 4 >= 2] if kernels == "SkylakeX" else []
assert flagged == expected and n_wrong == 0, "OpenBLAS computes such products otherwise now"
PYTHON
if grep -qs avx512f /proc/cpuinfo; then
  OPENBLAS_CORETYPE=SkylakeX venv/bin/python product.py
else
  echo "NOT SHOWN: this processor has no AVX-512, for which alone OpenBLAS has this loop" >&2
fi
OPENBLAS_CORETYPE=Haswell venv/bin/python product.py
