"""What the fuzzers feed: for each kind of file its reader, and whole files to start from.

A reader may return, or raise ValueError or OSError with one line. Anything else is a fault.
"""

import contextlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from minser import audio, config
from minser.corpus import cache, download
from minser.corpus.cache_writer import checksum
from minser.corpus.folders import find_recordings
from minser.evaluation import predictions
from minser.features.image_file import load_image, save_image
from minser.training import checkpoint, history

ALLOWED = (ValueError, OSError)


@dataclass(frozen=True)
class Target:
    """A kind of file."""

    read: Callable[[Path], object]
    seeds: tuple[bytes, ...]
    ending: str


def check(target: Target, path: Path) -> None:
    """Read a file; raise AssertionError, or what the reader raised, where it did what it must not."""
    try:
        target.read(path)
    except ALLOWED as error:
        line = " ".join(str(error).split())  # as the commands print it
        assert 0 < len(line) < 2000, f"an unreadable message of {len(line)} characters"


def make_targets(folder: Path) -> dict[str, Target]:
    """Return the targets by name; `folder` takes what they write."""
    return {
        "audio": Target(_read_audio, tuple(_sounds()), ".wav"),
        "checkpoint": Target(
            _read_checkpoint, (_checkpoint(folder / "seed"), _checkpoint(folder / "seed", n=0)), ".bin"
        ),
        "recipe": Target(lambda path: config.read(str(path)), tuple(_recipes()), ".toml"),
        "index": Target(_read_index, (_index(),), ".json"),
        "zip": Target(_read_zip, tuple(_archives()), ".zip"),
        "image": Target(load_image, tuple(_images(folder)), ".png"),
        "table": Target(_read_table, (b"file,speaker\na.wav,anna\nb.wav,ben\n", _history()), ".csv"),
    }


def _read_audio(path: Path) -> None:
    """Read sound, and hold what is promised of it."""
    waveform, sr = audio.load(path, sr=22050)
    assert waveform.dtype == np.float32
    assert waveform.ndim == 1
    assert np.isfinite(waveform).all()
    assert sr == 22050


def _sounds() -> list[bytes]:
    """Return a tenth of a second in many formats."""
    rng = np.random.default_rng(0)
    kinds = [("WAV", kind) for kind in ("PCM_U8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM", "GSM610")]
    kinds += [("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")]
    kinds += [("AIFF", "PCM_16"), ("W64", "PCM_16"), ("RF64", "PCM_16"), ("CAF", "PCM_16"), ("AU", "PCM_16")]
    files = []
    for file_format, subtype in kinds:
        if subtype in soundfile.available_subtypes(file_format):
            n_channels = 1 if subtype == "GSM610" else int(rng.integers(1, 3))
            content = io.BytesIO()
            samples = rng.uniform(-0.9, 0.9, (800, n_channels))
            soundfile.write(content, samples, 8000, format=file_format, subtype=subtype)
            files.append(content.getvalue())
    return files


def _read_checkpoint(path: Path) -> None:
    """Read a checkpoint."""
    checkpoint.load(path)


def _checkpoint(path: Path, n: int = 3) -> bytes:
    """Return a small checkpoint."""
    arrays = {f"layer{i}.weight": np.random.default_rng(i).standard_normal((4, i + 1)).astype("f4") for i in range(n)}
    checkpoint.save(path, {**arrays, "step": np.array(7)}, {"history": [{"epoch": 1, "loss": 0.5}], "step": 3})
    return path.read_bytes()


def _recipes() -> list[bytes]:
    """Return the shipped recipes, and hard TOML."""
    hard = b'a = [[[[1]]]]\nb = {c = 1e400, d = -inf, e = nan}\nf = 1979-05-27T07:32:00Z\ng = """\n\\u00e4"""\n'
    return [file.read_bytes() for file in sorted(config.RECIPE_FOLDER.glob("*.toml"))] + [hard]


def _read_index(path: Path) -> None:
    """Open a cache with this index, beside values that fit the seed."""
    folder = path.with_suffix(".cache")
    folder.mkdir(exist_ok=True)
    (folder / "index.json").write_bytes(path.read_bytes())
    (folder / "values.bin").write_bytes(bytes(4 * 6))
    opened = cache._open(folder)
    for array in opened or ():
        assert array.dtype == np.float32


def _index() -> bytes:
    """Return an index of two arrays."""
    payload = {"shapes": [[2, 2], [2]], "digests": ["a", "b"]}
    return json.dumps({"checksum": checksum(payload), "payload": payload}).encode()


def _read_zip(path: Path) -> None:
    """Unpack, and see that nothing lies outside and nothing is left over."""
    place = path.with_suffix(".unpacked")
    place.mkdir(exist_ok=True)
    try:
        download.unpack(path, place / "out", max_bytes=100_000)
        assert sum(file.stat().st_size for file in place.rglob("*") if file.is_file()) <= 100_000
    except ALLOWED:
        assert list(place.iterdir()) == []
        raise
    finally:
        for file in sorted(place.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()


def _archives() -> list[bytes]:
    """Return stored, deflated, nested and harmful archives."""
    files = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        for names in (["Actor_01/a.wav", "Actor_02/b.wav"], ["../a"], ["a" * 300]):
            content = io.BytesIO()
            with zipfile.ZipFile(content, "w", method) as archive:
                for name in names:
                    archive.writestr(name, bytes(500))
            files.append(content.getvalue())
    return files


def _images(folder: Path) -> list[bytes]:
    """Return a gray and a colour picture in both formats."""
    rng = np.random.default_rng(0)
    files = []
    for ending in (".png", ".jpg"):
        for shape in ((16, 16), (16, 16, 3)):
            save_image(folder / f"seed{ending}", rng.integers(0, 256, shape).astype(np.uint8))
            files.append((folder / f"seed{ending}").read_bytes())
    return files


def _read_table(path: Path) -> None:
    """Read a table as each of those that minser knows."""
    root = path.with_suffix(".corpus")
    for name in ("one/a.wav", "two/b.wav"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    readers = (
        lambda: find_recordings(root, speakers_csv=path),
        lambda: predictions.read(path),
        lambda: history.from_csv(path.read_text(encoding="utf-8")),
    )
    for reader in readers:
        with contextlib.suppress(*ALLOWED):
            reader()


def _history() -> bytes:
    """Return a history of one epoch."""
    return history.to_csv([dict.fromkeys(history.COLUMNS, 0.5)]).encode()
