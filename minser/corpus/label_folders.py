"""Folders that can hardly be labels: of a speaker, of a speaker's emotion, of a part of a corpus.

minser takes a folder for a label. A corpus in another order would train a recogniser of speakers, in silence. Words for
emotions in its paths tell that it is in another order.

Comes in: the paths of a corpus. Goes out: nothing, or an error that names a pattern of labels.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

_EMOTION = re.compile(
    r"neutral|calm|happ(y|iness)|joy(ful)?|sad(ness)?|ang(ry|er)|fear(ful)?|disgust(ed)?|surprised?|bore(d|dom)"
    r"|amused|amusement|excite(d|ment)|frustrat(ed|ion)|contempt|sleep(y|iness)",
    re.IGNORECASE,
)
_PART = re.compile(
    r"train(ing)?|test(ing)?|val(id|idation)?|dev|eval(uation)?|fold|session|actor|actress|speaker|subject|participant"
    r"|(fe)?males?|(wo)?m[ae]n",
    re.IGNORECASE,
)
_SHOWN = 4  # names in an error


def check_folders(paths: Mapping[str, str]) -> None:
    """Refuse folders that can hardly be labels.

    Parameters
    ----------
    paths : mapping of str to str
        For the path of each sound below the corpus, without its ending, the first folder in it.

    Raises
    ------
    ValueError
        If a folder that names no emotion holds mostly sounds that do, and not all the same (``0001/Angry/1``); if each
        folder names an emotion and more, and both occur again (``bea_angry``, ``bea_sad``, ``sam_sad``); or if all are
        parts of a corpus (``train``, ``test``) or its speakers (``male``, ``female``).
    """
    folders = sorted(set(paths.values()))
    told = {path: _emotions(path) for path in paths}
    advice = _advice({word for found in told.values() for word in found}, is_one=len(folders) == 1)
    inside: dict[str, list[str]] = defaultdict(list)
    for path, folder in paths.items():
        inside[folder] += [] if _emotions(folder) else told[path]
    for folder, found in inside.items():
        if len(set(map(str.lower, found))) > 1 and len(found) > list(paths.values()).count(folder) / 2:
            raise ValueError(f"the folder {folder!r} holds sounds that name {_listed(found)}: {advice}")
    if len(folders) < 2:
        return
    emotions = ["".join(_emotions(folder)) for folder in folders]
    others = [
        " ".join(word for word in re.findall(r"[^\W_]+", folder) if not _EMOTION.fullmatch(word)) for folder in folders
    ]
    if all(emotions + others) and max(len(set(emotions)), len(set(others))) < len(folders):
        raise ValueError(f"the folders {_listed(folders)} name an emotion and more: {advice}")
    if all(any(map(_PART.fullmatch, _words(folder))) for folder in folders):
        raise ValueError(f"the folders {_listed(folders)} are parts or speakers of a corpus: {advice}")


def _words(text: str) -> list[str]:
    """Return the words of a path, which anything but letters divides."""
    return re.findall(r"[^\W\d_]+", text)


def _emotions(text: str) -> list[str]:
    """Return the emotion that a text names, as it spells it first; nothing where it names none, or several."""
    found = [word for word in _words(text) if _EMOTION.fullmatch(word)]
    return found[:1] if len({word.lower() for word in found}) == 1 else []


def _listed(names: Iterable[str]) -> str:
    """Return some names, each once."""
    each = sorted(set(names))
    return ", ".join(each[:_SHOWN]) + f" and {len(each) - _SHOWN} more" * (len(each) > _SHOWN)


def _advice(words: Iterable[str], *, is_one: bool) -> str:
    """Return what to do."""
    example = f", such as '(?P<label>{'|'.join(sorted(words))})'" if words else ""
    folders = "" if is_one else "; '^(?P<label>[^/]+)/' takes the folders"
    return f"say by data.label_pattern what the labels are{example}{folders}"
