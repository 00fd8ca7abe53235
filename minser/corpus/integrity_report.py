"""What the check of a corpus found, and how to say it.

Comes in: lists of clip names, from `minser.corpus.integrity.check`. Goes out: lines of text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_LONGEST_LIST = 10


@dataclass(frozen=True)
class Report:
    """What `check` found, by clip name; every list is sorted.

    A clip with several faults stands in the first of corrupt, wrong_length and changed that fits.

    Attributes
    ----------
    root : Path
        The folder.
    n_speech, n_song : int
        Clips found.
    n_converted : int
        Clips that are not the published WAV files but copies at another rate or in another format.
    missing : tuple of str
        Not there. Only parts of which something is there count: a corpus without any song lacks no song.
    extra : tuple of str
        Clips that RAVDESS does not have.
    twice : tuple of str
        There in two files, for instance as WAV and as FLAC; the first file was examined.
    foreign : tuple of str
        Files in the actor folders that are no clips, relative to `root`.
    corrupt : tuple of str
        Cannot be decoded, or end before their header says.
    wrong_length : tuple of str
        Shorter or longer than the published file, by more than one sample.
    changed : tuple of str
        WAV files at 48 kHz of the right length, but with other bytes.
    duplicates : tuple of tuple of str
        Clips with identical audio.
    stereo : tuple of str
        Clips with more than one channel.
    published : frozenset of str
        The clips that have identical audio or two channels in the published corpus too.
    """

    root: Path
    n_speech: int
    n_song: int
    n_converted: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    twice: tuple[str, ...]
    foreign: tuple[str, ...]
    corrupt: tuple[str, ...]
    wrong_length: tuple[str, ...]
    changed: tuple[str, ...]
    duplicates: tuple[tuple[str, ...], ...]
    stereo: tuple[str, ...]
    published: frozenset[str]

    @property
    def ok(self) -> bool:
        """Whether each clip is there once, whole and right; whatever else is there does no harm."""
        return not (self.missing or self.twice or self.corrupt or self.wrong_length or self.changed)

    def lines(self) -> list[str]:
        """Return the report as lines of text; of long lists the first names."""
        marked = [name + "*" * (name in self.published) for name in self.stereo]
        groups = [" = ".join(name + "*" * (name in self.published) for name in group) for group in self.duplicates]
        findings = {
            "missing": self.missing,
            "there twice": self.twice,
            "corrupt": self.corrupt,
            "wrong length": self.wrong_length,
            "changed": self.changed,
            "not in RAVDESS": self.extra,
            "other files, passed over": self.foreign,
            "identical audio": groups,
            "stereo": marked,
        }
        lines = [f"{self.root}: {self.n_speech} speech and {self.n_song} song clips"]
        if self.n_converted:
            lines.append(f"converted: {self.n_converted} (not the published 48 kHz WAV files; durations compared)")
        lines += [f"{title}: {len(names)}: {_shortened(names)}" for title, names in findings.items() if names]
        if any("*" in name for name in (*marked, *groups)):
            lines.append("* so in the published corpus too")
        lines.append("complete and intact" if self.ok else "NOT complete and intact")
        return lines

    def __str__(self) -> str:
        return "\n".join(self.lines())


def _shortened(names: Sequence[str]) -> str:
    """Join names, and count those beyond the longest list that is read."""
    more = len(names) - _LONGEST_LIST
    return ", ".join(names[:_LONGEST_LIST]) + (f" and {more} more" if more > 0 else "")
