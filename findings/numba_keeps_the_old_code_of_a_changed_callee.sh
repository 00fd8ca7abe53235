#!/usr/bin/env bash
# numba runs machine code of a function that is no longer in the source: its cache looks at the caller's file alone.
#
# Seen on 2026-12-01 with numba 0.68.1 (llvmlite 0.50.0) and NumPy 2.4.6, Python 3.11.
#
# `cache=True` keeps a loop's machine code on disk, with a hash of the file in which the loop stands. A compiled
# function that it calls is built into that code. If this function lies in another file and changes, the caller's file
# does not: numba loads the old code, which computes as before, while the callee by itself, called in the same process,
# computes as its source says. Constants that are imported are built in too. It holds for a callee with `cache=True` and
# without. numba's documentation has a sentence on it, and people know the way out: touch the caller's file. That helped
# as long as numba looked at the time of the last change (up to 0.67). Now it hashes the content, and only an edit
# helps, be it a comment. What it looks like: a mended loop passes its own test and its callers still fail, or a broken
# one fails and its callers still pass, until someone compiles in a new clone.
#
# Output seen:
#   before: callee 2.0, caller 2.0, constant 10.0
#   after both have changed: callee 3.0, caller 2.0, constant 10.0
#   after the caller's file was touched: callee 3.0, caller 2.0, constant 10.0
#   after it got a comment: callee 3.0, caller 3.0, constant 20.0
#   numba 0.60.0, after both have changed: callee 3.0, caller 2.0, constant 10.0
#   numba 0.60.0, after the caller's file was touched: callee 3.0, caller 3.0, constant 20.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "numba==0.68.1" "llvmlite==0.50.0" "numpy==2.4.6"
python3 -m venv "$folder/old"
"$folder/old/bin/python" -m pip install --quiet "numba==0.60.0" "llvmlite==0.43.0" "numpy==2.0.2"
cd "$folder"
unset NUMBA_CACHE_DIR NUMBA_DISABLE_JIT
export PYTHONDONTWRITEBYTECODE=1  # Python's own cache has no part in it
cat > caller.py <<'PYTHON'
from callee import SIZE, scale
from numba import njit


@njit(cache=True)
def caller(x):
    return scale(x)


@njit(cache=True)
def constant(x):
    return SIZE * x


print(f"callee {scale(1.0)}, caller {caller(1.0)}, constant {constant(1.0)}")
PYTHON
callee() {
  cat > callee.py <<PYTHON
from numba import njit

SIZE = $2


@njit(cache=True)
def scale(x):
    return $1 * x
PYTHON
}
status=0
check() {
  output=$("$folder/${3:-venv}/bin/python" caller.py)
  echo "$1: $output"
  [ "$output" = "$2" ] || status=1
}
callee 2 10
check "before" "callee 2.0, caller 2.0, constant 10.0"
callee 3 20
check "after both have changed" "callee 3.0, caller 2.0, constant 10.0"
touch -d "+1 hour" caller.py
check "after the caller's file was touched" "callee 3.0, caller 2.0, constant 10.0"
echo "# a comment" >> caller.py
check "after it got a comment" "callee 3.0, caller 3.0, constant 20.0"

mkdir by_time && cp caller.py by_time && cd by_time
callee 2 10
"$folder/old/bin/python" caller.py > "$folder/log"
callee 3 20
check "numba 0.60.0, after both have changed" "callee 3.0, caller 2.0, constant 10.0" old
touch -d "+2 hours" caller.py
check "numba 0.60.0, after the caller's file was touched" "callee 3.0, caller 3.0, constant 20.0" old
[ $status = 0 ] || { echo "the behaviour has changed" >&2; exit 1; }
