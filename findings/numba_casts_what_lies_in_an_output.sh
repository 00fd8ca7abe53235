#!/usr/bin/env bash
# A ufunc made by numba.vectorize reads the array that it is told to write: left-over memory raises a warning.
#
# Seen on 2026-12-01 with numba 0.68.1 (llvmlite 0.50.0), NumPy 2.5.5 and librosa 1.0.0, Python 3.13.
#
# A ufunc without a list of types compiles for what it is called with. Once it has a loop for float64, float32 is
# brought to that loop, and what it computes back to float32. If an output array of float32 is handed in, its content is
# converted too, before it is overwritten. NumPy's own ufuncs do not do so. np.empty hands out memory that was used
# before: where that happens to hold signalling NaNs, as samples and counters do now and then, the conversion raises
# "invalid value encountered in cast". The numbers are right.
# librosa 1.0's abs2 is such a call, and yin makes it: in a process that has measured a clip in float64, yin of float32
# warns at one clip in thousands; with warnings as errors it fails, and never twice at the same place.
#
# Output seen:
#   a ufunc of numba: float64 first ['d->d'], warnings 20 of 20; float32 first ['f->f'], warnings 0 of 20
#   a ufunc of NumPy: warnings 0 of 20
#   librosa.util.abs2: float64 first, warnings 20 of 20; float32 first, warnings 0 of 20
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in python3.13 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13.*/bin/python; do  # librosa 1.0 needs 3.12
  "$python" -c "" 2> /dev/null && break
done
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "librosa==1.0.0" "numba==0.68.1" "llvmlite==0.50.0" "numpy==2.5.5"
export NUMBA_CACHE_DIR="$folder/cache"
cat > "$folder/surprise.py" <<'PYTHON'
import warnings

import numba
import numpy as np

warnings.simplefilter("error")
VALUES = np.linspace(1, 2, 300_000)


def count(call):
    """Return how many of 20 calls warn, each with an output that holds signalling NaNs."""
    n = 0
    for _ in range(20):
        out = np.full(VALUES.shape, 0x7FA00000, np.uint32).view(np.float32)
        try:
            call(out)
        except RuntimeWarning:
            n += 1
        else:
            assert np.allclose(out, 2 * VALUES)
    return n


def doubled(first):
    """Make a ufunc that is compiled for one type first."""
    ufunc = numba.vectorize(nopython=True)(lambda x: x + x)
    ufunc(VALUES.astype(first))
    return ufunc


wide, narrow = doubled(np.float64), doubled(np.float32)
n_wide, n_narrow = (count(lambda out: ufunc(VALUES.astype(np.float32), out)) for ufunc in (wide, narrow))
print(f"a ufunc of numba: float64 first {wide.types}, warnings {n_wide} of 20; "
      f"float32 first {narrow.types}, warnings {n_narrow} of 20")
n_numpy = count(lambda out: np.multiply(VALUES, 2, out=out, casting="same_kind"))
print(f"a ufunc of NumPy: warnings {n_numpy} of 20")
assert (n_wide, n_narrow, n_numpy) == (20, 0, 0)
PYTHON
cat > "$folder/librosa_too.py" <<'PYTHON'
import sys
import warnings

import librosa
import numpy as np

spectrum = np.exp(1j * np.linspace(0, 9, 300_000)).astype(np.complex64)
librosa.util.abs2(spectrum.astype(sys.argv[1]))
warnings.simplefilter("error")
n = 0
for _ in range(20):
    left_over = np.full(spectrum.shape, 0x7FA00000, np.uint32)
    del left_over  # abs2's np.empty gets this memory
    try:
        librosa.util.abs2(spectrum)
    except RuntimeWarning:
        n += 1
print(n)
PYTHON
"$folder/venv/bin/python" "$folder/surprise.py"
wide=$("$folder/venv/bin/python" "$folder/librosa_too.py" complex128)
narrow=$("$folder/venv/bin/python" "$folder/librosa_too.py" complex64)
echo "librosa.util.abs2: float64 first, warnings $wide of 20; float32 first, warnings $narrow of 20"
[ "$wide" -gt 0 ] && [ "$narrow" -eq 0 ]
