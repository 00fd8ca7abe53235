"""Build the notebooks: each tutorial's text and code with what it prints, draws and plays.

Comes in: the numbers of tutorials, or nothing for all. Goes out: ``tutorials/notebooks/NN_topic.ipynb``. Called by hand
after a tutorial was changed: ``python tutorials/build.py 02 05``.

The notebooks are built in an empty folder and without ``MINSER_DATA``, so that they show and play the embedded corpus
only: RAVDESS's licence is not a free one, and its sound stays out of the repository.
"""

import base64
import io
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).parent


def read_source(path: Path) -> nbformat.NotebookNode:
    """Return the notebook of a source in percent format, not run yet; equal sources give equal notebooks.

    A notebook lies one folder deeper than its source, and its links lead to notebooks.
    """
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = {}
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\]\((\d\d_\w+)\.py\)", r"](\1.ipynb)", cell.source.replace("](../", "](../../"))
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def build(path: Path, workplace: Path) -> Path:
    """Run a source's cells in a folder, write its notebook, and return where it is."""
    notebook = read_source(path)
    client = NotebookClient(
        notebook, timeout=600, record_timing=False, resources={"metadata": {"path": str(workplace)}}
    )
    client.execute()
    notebook.metadata = read_source(path).metadata  # the kernel adds its versions
    for cell in notebook.cells:
        if cell.cell_type == "code":  # stderr tells of the machine, such as loops that had to be compiled
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    output.data["image/png"] = shrunk(output.data["image/png"])
    target = FOLDER / "notebooks" / path.with_suffix(".ipynb").name
    target.parent.mkdir(exist_ok=True)
    target.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    return target


def shrunk(picture: str) -> str:
    """Return a PNG in base64 with the same pixels in fewer bytes: nothing in a figure is transparent."""
    small = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB").save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode("ascii")


def main(numbers: list[str]) -> None:
    """Build the notebooks of these tutorials."""
    os.environ.pop("MINSER_DATA", None)
    with tempfile.TemporaryDirectory() as workplace:
        for path in sorted(FOLDER.glob("[0-9][0-9]_*.py")):
            if not numbers or path.name[:2] in numbers:
                start = time.perf_counter()
                target = build(path, Path(workplace))
                print(f"{target.name}: {time.perf_counter() - start:.0f} s, {target.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
