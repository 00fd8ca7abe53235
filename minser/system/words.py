"""Words in messages: things with their number.

Comes in: a number and a noun. Goes out: text.
"""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural but for one.

    Examples
    --------
    >>> counted(1, "speaker"), counted(24, "speaker")
    ('1 speaker', '24 speakers')
    """
    return f"{number} {noun}{'s' * (number != 1)}"
