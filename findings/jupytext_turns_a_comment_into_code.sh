#!/usr/bin/env bash
# jupytext makes code of a comment that begins with "echo", "cat", "ls" or "copy", and a comment of such a variable.
#
# Seen on 2026-12-01 with jupytext 1.19.6, Python 3.11.
#
# In scripts jupytext comments out what only IPython knows, and removes the "# " again when it makes the notebook.
# IPython knows some words of a shell without any sign before them, so jupytext takes each line that begins with one of
# thirteen for such a command, on every system: cat, cd, cp, mv, rm, rmdir, mkdir, copy, ddir, echo, ls, ldir, ren. So
# the comment "# echo of the room" in a lesson on sound is code in the notebook, which stops there with a syntax error;
# alone in its cell, a comment that begins with "rm" runs the shell's `rm`. And a cell that ends with the variable
# `echo`, to show it, ends with a comment in the script, which shows nothing and raises nothing. Indented, inside a
# function, both stay as they are, and "# an echo of the room" is a comment everywhere.
#
# Output seen:
#   to a notebook: '# an echo of the room\necho of the room\ncopy each clip'
#   to a script: 'echo = 3\n# echo'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "jupytext==1.19.6"
cd "$folder"
venv/bin/python - <<'PYTHON'
import jupytext

script = "# %%\n# an echo of the room\n# echo of the room\n# copy each clip\n"
cell = jupytext.reads(script, "py:percent").cells[0].source
print("to a notebook:", repr(cell))
notebook = jupytext.reads("# %%\necho = 3\necho\n", "py:percent")
assert notebook.cells[0].source == "echo = 3\necho"
lines = jupytext.writes(notebook, "py:percent").split("# %%\n")[1].rstrip("\n")
print("to a script:", repr(lines))
assert cell == "# an echo of the room\necho of the room\ncopy each clip", "jupytext reads such comments otherwise now"
assert lines == "echo = 3\n# echo", "jupytext writes such variables otherwise now"
PYTHON
