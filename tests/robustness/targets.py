"""What the fuzzers feed: for each kind of file its reader, and whole files to start from.

A reader may return, or raise ValueError or OSError with one line. Anything else is a fault.
"""

import importlib.util
import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from minser import audio, recipes
from minser.corpus import cache, download, images, integrity
from minser.corpus.cache import checksum
from minser.corpus.folders import find_recordings
from minser.evaluation.predictions import Pooled, Predictions, pool
from minser.features.image_file import save_image
from minser.models import imagenet, keras_file, torch_file
from minser.recipes import search_space
from minser.study import one_fold, results
from minser.training import checkpoint, history
from tests.audio.test_media import FILES, write

ALLOWED = (ValueError, OSError)


CLIP = "03-01-05-01-01-01-07"
"""A name of RAVDESS's: angry."""


@dataclass(frozen=True)
class Target:
    """A kind of file, and all that minser reads such files for."""

    readers: tuple[Callable[[Path], object], ...]
    seeds: tuple[bytes, ...]
    ending: str


def check(target: Target, path: Path) -> None:
    """Read a file; raise AssertionError, or what the reader raised, where it did what it must not."""
    for read in target.readers:
        try:
            read(path)
        except ALLOWED as error:
            line = " ".join(str(error).split())  # as the commands print it
            assert 0 < len(line) < 2000, f"an unreadable message of {len(line)} characters"


def make_targets(folder: Path) -> dict[str, Target]:
    """Return the targets by name; `folder` takes what they write."""
    checkpoints = _checkpoint(folder / "seed"), _checkpoint(folder / "seed", n=0)
    targets = {
        "audio": Target((_read_audio,), tuple(_sounds()), ".wav"),
        "corpus": Target((_read_corpus,), tuple(_sounds()[:4]), ".wav"),
        "checkpoint": Target((checkpoint.load,), checkpoints, ".bin"),
        "safetensors": Target((imagenet.read_vgg16,), (_safetensors(), checkpoints[0]), ".safetensors"),
        "torch": Target((_read_torch, imagenet.read_vgg16), tuple(_torch_files()), ".pth"),
        "recipe": Target((lambda path: recipes.read(str(path)),), tuple(_recipes()), ".toml"),
        "space": Target((lambda path: search_space.read_space(path, recipes.read("toy")),), _SPACES, ".toml"),
        "index": Target((_read_index,), (_index(),), ".json"),
        "result": Target((_read_summary, _read_result), _RESULTS, ".json"),
        "zip": Target((_read_zip,), tuple(_archives()), ".zip"),
        "image": Target((_read_images,), tuple(_images(folder)), ".png"),
        "table": Target((_read_speakers, Predictions.read, Pooled.read, _read_history), tuple(_tables()), ".csv"),
    }
    if importlib.util.find_spec("av"):
        targets["media"] = Target((_read_audio,), tuple(_media(folder)), ".m4a")
    if importlib.util.find_spec("h5py"):
        targets["keras"] = Target((_read_keras,), tuple(_keras_files()), ".h5")
    return targets


def _read_audio(path: Path) -> None:
    """Read sound, and hold what is promised of it."""
    waveform, sr = audio.load(path, sr=22050)
    assert waveform.dtype == np.float32
    assert waveform.ndim == 1
    assert np.isfinite(waveform).all()
    assert sr == 22050


def _read_corpus(path: Path) -> None:
    """Compare a corpus with the published one; its one clip has the right length if it is a seed."""
    place = path.with_suffix(".ravdess") / "Actor_07" / f"{CLIP}.wav"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(path.read_bytes())
    report = integrity.check(place.parents[1], index={CLIP: integrity.Original("0", 4800, 1)})
    assert report.n_speech == 1


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
    tagged = b"ID3\x04\0\0" + bytes([0, 0, 0, 20]) + bytes(20) + files[-1]
    return [*files, *(files[i] + files[i] for i in range(1, 13, 2)), tagged + tagged]


def _media(folder: Path) -> list[bytes]:
    """Return a tenth of a second in formats of telephones and browsers."""
    files = []
    for name in ("a.m4a", "a.webm", "a.aac", "a.amr", "a.3gp", "a.wma", "flac.oga", "g722.wav"):
        write(folder / name, *FILES[name], seconds=0.1)
        files.append((folder / name).read_bytes())
    return files


def _checkpoint(path: Path, n: int = 3) -> bytes:
    """Return a small checkpoint."""
    arrays = {f"layer{i}.weight": np.random.default_rng(i).standard_normal((4, i + 1)).astype("f4") for i in range(n)}
    checkpoint.save(path, {**arrays, "step": np.array(7)}, {"history": [{"epoch": 1, "loss": 0.5}], "step": 3})
    return path.read_bytes()


def _recipes() -> list[bytes]:
    """Return the shipped recipes, and hard TOML."""
    hard = b'a = [[[[1]]]]\nb = {c = 1e400, d = -inf, e = nan}\nf = 1979-05-27T07:32:00Z\ng = """\n\\u00e4"""\n'
    return [file.read_bytes() for file in sorted(recipes.RECIPE_FOLDER.glob("*.toml"))] + [hard]


def _read_index(path: Path) -> None:
    """Open a cache with this index, beside values that fit the seed."""
    folder = path.with_suffix(".cache")
    folder.mkdir(exist_ok=True)
    (folder / "index.json").write_bytes(path.read_bytes())
    (folder / "values.bin").write_bytes(bytes(4 * 6))
    for array in cache._open(folder):
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


def _read_images(path: Path) -> None:
    """Read a folder of images in which this is one of two."""
    place = path.with_suffix(".images") / "angry"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{CLIP}.png").write_bytes(path.read_bytes())
    if not (place / f"{CLIP[:-1]}8.png").exists():
        save_image(place / f"{CLIP[:-1]}8.png", np.zeros((16, 16), np.uint8))
    clips = images.find_images(place.parent)
    images.common_shape(clips, [images.read_feature(clip.path) for clip in clips])


def _images(folder: Path) -> list[bytes]:
    """Return a gray and a colour picture in both formats."""
    rng = np.random.default_rng(0)
    files = []
    for ending in (".png", ".jpg"):
        for shape in ((16, 16), (16, 16, 3)):
            save_image(folder / f"seed{ending}", rng.integers(0, 256, shape).astype(np.uint8))
            files.append((folder / f"seed{ending}").read_bytes())
    return files


def _read_speakers(path: Path) -> None:
    """Read a table of speakers."""
    root = path.with_suffix(".corpus")
    for name in ("one/a.wav", "two/b.wav"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    find_recordings(root, speakers_csv=path)


def _read_history(path: Path) -> None:
    """Read a run's history."""
    history.from_csv(path.read_text(encoding="utf-8"))


def _tables() -> list[bytes]:
    """Return a table of speakers, a history, a fold's predictions and pooled ones."""
    said = Predictions(
        files=("a", "b"), actors=np.array([1, 2]), y_true=np.array([0, 1]), y_pred=np.array([0, 0]),
        probs=np.array([[0.75, 0.25], [0.5, 0.5]], np.float32), names=("calm", "sad"),
    )  # fmt: skip
    texts = [
        "file,speaker\na.wav,anna\nb.wav,ben\n",
        history.to_csv([dict.fromkeys(history.COLUMNS, 0.5)]),
        said.to_text(),
        pool([(0, 0, said), (1, 0, said)]).to_text(),
    ]
    return [text.encode() for text in texts]


_SPACES = (
    b"[training]\nlr = { low = 1e-4, high = 1e-2, log = true }\n[model]\nhead_dropout = [0.0, 0.5]\n",
    b'[training]\nepochs = { low = 1, high = 3 }\nschedule = ["constant", "cosine"]\n',
)

_RESULTS = (
    b'{"recipe": "toy", "protocol": "luna", "source": "toy", "scores": {"uar": {"mean": 0.5, "interval": [0.4, 0.6]}}}',
    b'{"val_uar": 0.5, "train_accuracy": 0.6, "epochs": 3, "corpus": "ab", "minutes": null}',
)


def _read_summary(path: Path) -> None:
    """Read it as the results of a cross-validation."""
    results.read_summary(_alone(path, "summary.json"))


def _read_result(path: Path) -> None:
    """Read it as the result of a fold."""
    one_fold.read_result(_alone(path, one_fold.RESULT))


def _alone(path: Path, name: str) -> Path:
    """Return a folder that holds a copy of a file, of the name that is expected there."""
    folder = path.with_suffix(".folder")
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(path.read_bytes())
    return folder


def _safetensors() -> bytes:
    """Return weights of half of a network's first layer, and of a type that NumPy lacks."""
    header = json.dumps({
        "features.0.weight": {"dtype": "F32", "shape": [2, 3, 1, 1], "data_offsets": [0, 24]},
        "features.0.bias": {"dtype": "BF16", "shape": [2], "data_offsets": [24, 28]},
    }).encode()  # fmt: skip
    return struct.pack("<Q", len(header)) + header + bytes(28)


def _read_torch(path: Path) -> None:
    """Read all tensors of a file of torch.save."""
    for array in torch_file.read_tensors(path, prefix="")[1].values():
        assert array.dtype == np.float32


def _torch_files() -> list[bytes]:
    """Return a state_dict of one tensor in both of torch's formats."""
    # Pickled by hand, as torch does: storage, offset, shape, strides, whether it needs a gradient, hooks.
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000"
    tensor += b"X\x03\x00\x00\x00cpuK\x04tQK\x00(K\x02K\x02t(K\x02K\x01t\x89ccollections\nOrderedDict\n)RtR"
    state = b"\x80\x02}q\x00(X\x11\x00\x00\x00features.0.weightq\x01" + tensor + b"u."
    machine = pickle.dumps({"protocol_version": 1001, "little_endian": True}, 2)
    stream = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + machine
    files = [
        stream
        + state.replace(b"cpuK\x04tQ", b"cpuK\x04NtQ")
        + pickle.dumps(["0"], 2)
        + struct.pack("<q4f", 4, *range(4))
    ]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("archive/data.pkl", state)
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/data/0", struct.pack("<4f", *range(4)))
    return [*files, content.getvalue()]


def _read_keras(path: Path) -> None:
    """Read a layer of a file of Keras."""
    keras_file.read_layers(path, ["block1_conv1"])


def _keras_files() -> list[bytes]:
    """Return a layer in three of Keras's ways, one of them packed."""
    import h5py

    files = []
    for place, names, packing in (
        ("block1_conv1/block1_conv1", ("kernel:0", "bias:0"), None),
        ("model_weights/block1_conv1/block1_conv1", ("kernel:0", "bias:0"), "gzip"),
        ("layers/functional/layers/conv2d/vars", ("0", "1"), None),
    ):
        content = io.BytesIO()
        with h5py.File(content, "w") as file:
            group = file.create_group(place)
            group.create_dataset(names[0], data=np.ones((3, 3, 2, 4), np.float32), compression=packing)
            group.create_dataset(names[1], data=np.ones(4, np.float32))
        files.append(content.getvalue())
    return files
