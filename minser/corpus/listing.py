"""All files below a folder of recordings: which of them are heard, and why the others are left out.

Comes in: a folder. Goes out: its files; and one line that counts those that are left out.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from minser.audio import media
from minser.audio.io import ENDINGS
from minser.corpus import cache, toy
from minser.corpus.spelling import composed
from minser.system.words import counted

_SYSTEM_FOLDERS = ("__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found")
_LONGEST_LIST = 8


def walk(folder: Path, *, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield all files below a folder; links are followed, but not back to a folder that they lie in.

    Caches and synthetic voices are passed over: minser makes them, also in a folder of recordings.
    """
    above |= {folder.resolve()}
    for entry in folder.iterdir():
        if not entry.is_dir():
            yield entry
        elif entry.resolve() not in above and not _is_made(entry):
            yield from walk(entry, above=above)


def find_labels(root: Path) -> list[Path]:
    """Return the folders in a folder that may stand for labels, sorted by name."""
    folders = (entry for entry in root.iterdir() if entry.is_dir() and not is_hidden(entry, root))
    return sorted((folder for folder in folders if not _is_made(folder)), key=lambda folder: composed(folder.name))


def _is_made(folder: Path) -> bool:
    """Return whether minser made a folder by itself."""
    return (folder / cache.TAG).is_file() or toy.is_corpus(folder)


def place(file: Path, root: Path) -> str:
    """Return the path of a file below a folder, with slashes, `composed`."""
    return composed(file.relative_to(root).as_posix())


def is_hidden(path: Path, root: Path) -> bool:
    """Return whether a file or folder, or a folder that it lies in, is hidden or a system's own."""
    parts = path.relative_to(root).parts
    return any(part.startswith(".") or part.casefold() in _SYSTEM_FOLDERS for part in parts)


def is_sound(file: Path) -> bool:
    """Return whether a file of a folder is meant: by its ending, and not hidden; no folder or pipe of such a name."""
    return file.suffix.lower() in ENDINGS and not file.name.startswith(".") and file.is_file()


def is_heard(file: Path, root: Path) -> bool:
    """Return whether a file below a folder is a visible sound that can be read here."""
    return is_sound(file) and not is_hidden(file, root) and not _lacks_media(file)


def holds_sound(root: Path) -> bool:
    """Return whether there is a visible sound below a folder, whether or not it can be read here."""
    return any(is_sound(file) and not is_hidden(file, root) for file in walk(root))


def left_out(root: Path, taken: Collection[Path]) -> str:
    """Return how many files below a folder are not among those that are taken, and why, as one line; else nothing."""
    return count_reasons([file for file in walk(root) if file not in taken], root)


def count_reasons(files: Collection[Path], root: Path) -> str:
    """Return how many files these are, and for what reasons they are left out; nothing of no file.

    Examples
    --------
    >>> count_reasons([Path("own/sad/.a.wav"), Path("own/sad/b.txt"), Path("own/sad/c.txt")], Path("own"))
    '3 files: 2 .txt, 1 hidden'
    """
    if not files:
        return ""
    counts = sorted(Counter(_reason(file, root) for file in files).items(), key=lambda item: (-item[1], item[0]))
    n_others = sum(n_files for _, n_files in counts[_LONGEST_LIST:])
    told = ", ".join(f"{n_files} {reason}" for reason, n_files in counts[:_LONGEST_LIST])
    return f"{counted(len(files), 'file')}: {told}" + f" and {counted(n_others, 'other')}" * (n_others > 0)


def _reason(file: Path, root: Path) -> str:
    """Return why a file is left out."""
    if is_hidden(file, root):
        return "hidden"
    ending = file.suffix.lower() or "without an ending"
    if _lacks_media(file):
        return f"{ending} (pip install 'minser[media]')"
    return f"{ending} without a label" if is_sound(file) else ending


def _lacks_media(file: Path) -> bool:
    """Return whether a file's ending needs PyAV, which is not here."""
    return file.suffix.lower() in media.ENDINGS and not media.is_installed()
