"""The two archives of RAVDESS: fetched, checked, unpacked.

Comes in: an archive's name, size and MD5, and the address of a server that has it. Goes out: a folder of sound files,
there whole or not at all.

Servers refuse (Zenodo answers scripts with 403 and 429), break off and lie. So each request is polite and repeated
after a growing pause, what has arrived stays in a ``.part`` file from which the next attempt, or the next call, goes
on, and nothing counts before size and MD5 are right.
"""

import stat
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import requests
from tqdm import tqdm

from minser import __version__
from minser.corpus.integrity import md5_of
from minser.system.atomic import move, whole_folder


@dataclass(frozen=True)
class Archive:
    """A published zip file.

    Attributes
    ----------
    name : str
        Of the file.
    size : int
        In bytes.
    md5 : str
        In hexadecimal digits.
    folder : str
        Name of the folder that it is unpacked to.
    """

    name: str
    size: int
    md5: str
    folder: str


SPEECH = Archive("Audio_Speech_Actors_01-24.zip", 208_468_073, "bc696df654c87fed845eb13823edef8a", "speech")
SONG = Archive("Audio_Song_Actors_01-24.zip", 225_505_317, "5411230427d67a21e18aa4d466e6d1b9", "song")
SERVER = "https://zenodo.org/records/1188976/files"

_MAX_UNPACKED = 2**31
"""Most bytes that an archive may unpack to: more than three times what either holds."""

_HEADERS = {
    "User-Agent": f"minser/{__version__} (speech emotion recognition, for teaching)",
    "Accept-Encoding": "identity",  # what arrives is counted in the file's own bytes
}
_ATTEMPTS = 8  # in a row without a new byte
_LONGEST_PAUSE_S = 120.0
_TIMEOUT_S = (10.0, 60.0)  # until connected, and between two pieces
_PIECE = 1 << 10  # small: of a piece that is cut off nothing arrives


def fetch(archive: Archive, folder: Path, *, server: str = SERVER, sleep: Callable[[float], None] = time.sleep) -> Path:
    """Download an archive, unless it is there already; go on where an earlier attempt stopped.

    Parameters
    ----------
    archive : Archive
        What to fetch.
    folder : Path
        Where to; made if it is not there.
    server : str
        Address that the archive's name is added to.
    sleep : callable
        Waits so many seconds.

    Returns
    -------
    Path
        The file, of the right size and MD5.

    Raises
    ------
    OSError
        If the server does not have it, or gave up too often, or the disk is full. What has arrived stays.
    ValueError
        If what arrives, twice, is another file; nothing of it stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file, part = folder / archive.name, folder / f"{archive.name}.part"
    if file.exists() and md5_of(file) == archive.md5:
        return file
    url = f"{server.rstrip('/')}/{archive.name}?download=1"
    for _ in range(2):  # a part that another server left may be of another file: once more, from the start
        _complete(url, part, archive.size, sleep)
        if md5_of(part) == archive.md5:
            move(part, file)
            return file
        part.unlink()
    raise ValueError(f"{url}: expected a file with the MD5 {archive.md5}, got another one")


def _complete(url: str, part: Path, size: int, sleep: Callable[[float], None]) -> None:
    """Bring a part to its full size, with pauses that grow until something arrives."""
    failures = 0
    while (have := _size(part)) < size:
        try:
            problem, pause = _continue(url, part, size)
        except requests.RequestException as error:  # no connection, cut off, too slow
            problem, pause = type(error).__name__, 0.0
        if _size(part) >= size:
            return
        failures = 0 if _size(part) > have else failures + 1
        if failures == _ATTEMPTS:
            raise OSError(f"{url}: gave up after {_ATTEMPTS} attempts at byte {_size(part)} of {size}: {problem}")
        seconds = min(max(pause, 2.0**failures), _LONGEST_PAUSE_S)
        print(f"{url}: {problem}; again in {seconds:.0f} s", file=sys.stderr)
        sleep(seconds)


def _continue(url: str, part: Path, size: int) -> tuple[str, float]:
    """Make one request for what is missing; return what was wrong, and for how many seconds the server wants peace."""
    have = _size(part)
    headers = _HEADERS | {"Range": f"bytes={have}-"}
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT_S) as answer:
        status = answer.status_code
        if status in (206, 416) and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            part.unlink(missing_ok=True)  # if the server knows of no such range, it is none of this file
            return "another range than the one that was asked for", 0.0
        if status in (403, 408, 425, 429) or status >= 500:
            after = answer.headers.get("Retry-After", "")
            return f"status {status} {answer.reason}", float(after) if after.isdecimal() else 0.0
        if status not in (200, 206):
            raise OSError(f"{url}: the server answers with status {status} {answer.reason}")
        with (
            part.open("ab" if status == 206 else "wb") as file,
            tqdm(total=size, initial=file.tell(), desc=part.stem, unit="B", unit_scale=True, disable=None) as bar,
        ):
            for piece in answer.iter_content(_PIECE):
                file.write(piece)
                bar.update(len(piece))
                if file.tell() > size:  # another file, perhaps without an end
                    break
    return "the answer ended early", 0.0


def _size(path: Path) -> int:
    """Return a file's size; 0 where there is none."""
    return path.stat().st_size if path.exists() else 0


def identify(file: Path) -> Archive:
    """Return which of the two archives a file is.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is neither.
    """
    md5 = md5_of(file)
    for archive in (SPEECH, SONG):
        if archive.md5 == md5:
            return archive
    raise ValueError(f"{file}: expected {SPEECH.name} or {SONG.name}, got a file with the MD5 {md5}")


def unpack(file: Path, folder: Path, *, max_bytes: int = _MAX_UNPACKED) -> None:
    """Unpack a zip file: the whole folder is there afterwards, or nothing of it.

    Parameters
    ----------
    file : Path
        The archive.
    folder : Path
        Not there yet, or empty.
    max_bytes : int
        Most that may come out.

    Raises
    ------
    FileExistsError
        If the folder has something in it.
    OSError
        If something cannot be read or written.
    ValueError
        If the archive is damaged or locked, has a member that would lie outside of the folder, is a link or is there
        twice, or would unpack to more than `max_bytes`.
    """
    with whole_folder(folder) as new:
        try:
            with zipfile.ZipFile(file) as archive:
                _extract(archive, new, max_bytes)
        # What zipfile raises: damaged, an unknown version or locked, cut off, wrong numbers, a member without a name.
        except (zipfile.BadZipFile, RuntimeError, EOFError, zlib.error, ValueError, IndexError) as error:
            raise ValueError(f"{file}: expected a zip file that can be unpacked: {str(error)[:500]}") from None


def _extract(archive: zipfile.ZipFile, folder: Path, max_bytes: int) -> None:
    """Write an archive's members after a look at all of them; zipfile reads no more of one than it announces."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    for member in members:
        path = PurePosixPath(member.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in member.filename:
            raise ValueError(f"the member {member.filename!r} would lie outside of its folder")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise ValueError(f"the member {member.filename!r} is a link")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others may ask for gigabytes
            raise ValueError(f"the member {member.filename!r} is packed by another method than deflate")
    if len({member.filename.lower() for member in members}) < len(members):
        raise ValueError("a member is there twice")
    if sum(member.file_size for member in members) > max_bytes:
        raise ValueError(f"it unpacks to more than {max_bytes} bytes")
    for member in tqdm(members, desc=folder.name, unit="file", disable=None):
        archive.extract(member, folder)
