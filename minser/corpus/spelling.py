"""When two spellings are one name: of a speaker, a label, a file.

A split takes a speaker under two names for two speakers, and puts one into training and the other into the test. Two
spellings that differ in Unicode's form only are one name: an accented letter is one character, or a letter and its
accent, and they look the same. Spellings that differ in case, spaces, punctuation or leading zeros may be one name or
two. minser cannot tell, and refuses them.

Comes in: names. Goes out: one form of each, or an error.
"""

import re
import unicodedata
from collections.abc import Mapping


def composed(name: str) -> str:
    """Return a name in the form that minser compares and keeps: Unicode's NFC, an accented letter in one character."""
    return unicodedata.normalize("NFC", name)


def likeness(name: str) -> str:
    """Return a key that is equal for names that may be two spellings of one.

    It leaves out case, Unicode's form and width (NFKD), the script of digits, invisible characters, leading zeros of a
    number, spaces at the ends, and the difference between spaces, dots, dashes and underscores. A minus sign before a
    number at the start counts: -1 and 1 are two.

    Examples
    --------
    >>> likeness("Anna_07 ") == likeness("anna 7")
    True
    """
    text = "".join(letter for letter in name if unicodedata.category(letter) != "Cf")
    for _ in range(2):  # folding case leaves what is to be decomposed again (Unicode's definition D146)
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    text = "".join(_plain(letter) for letter in text)
    sign = "-" if re.match(r"\s*-\d", text) else ""
    text = sign + re.sub(r"[\s._-]+", " ", text).strip()
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)


def _plain(letter: str) -> str:
    """Return a dash as a hyphen, a digit of any script as ours, any other character as it is."""
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    return "-" if unicodedata.category(letter) == "Pd" or letter == "\N{MINUS SIGN}" else letter


def refuse_twins(places: Mapping[str, object], *, what: str) -> None:
    """Refuse names of which two may be one.

    Parameters
    ----------
    places : mapping of str to object
        For each name where it occurs, a file or folder.
    what : str
        What they are names of.

    Raises
    ------
    ValueError
        If two have the same `likeness`; it names both, and where each occurs.
    """
    seen: dict[str, str] = {}
    for name, place in places.items():
        twin = seen.setdefault(likeness(name), name)
        if twin != name:
            raise ValueError(
                f"{what} {twin!r:.200} ({places[twin]}) and {name!r:.200} ({place}) may be one, spelled in two ways: "
                "use one spelling, or, if they are two, names that differ by more than case, spaces, punctuation, "
                "leading zeros and Unicode form"
            )
