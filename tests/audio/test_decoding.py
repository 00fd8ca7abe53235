import contextlib
import io
import os
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from minser import audio
from minser.audio.io import read_blocks

SR = 16000


def read(source):
    blocks, rates = zip(*read_blocks(source), strict=True)
    return np.concatenate(blocks), set(rates), len(blocks)


def fading_tone(seconds: int = 3) -> np.ndarray:
    """Return silence, and a tone in noise that fades in: an MP3 of it needs few bits first, and many later."""
    t = np.arange(seconds * SR) / SR
    noise = np.random.default_rng(0).standard_normal(t.size)
    return (0.5 * np.sin(2 * np.pi * 220 * t) + 0.1 * noise) * np.linspace(-0.5, 1, t.size).clip(0)


def encode(file_format: str, subtype: str, waveform: np.ndarray) -> bytes | None:
    """Return a file in memory, or None where libsndfile cannot write it."""
    content = io.BytesIO()
    try:
        soundfile.write(content, waveform, SR, format=file_format, subtype=subtype)
    except soundfile.LibsndfileError:
        return None
    return content.getvalue()


def encode_into_pipe(file_format: str, subtype: str, waveform: np.ndarray) -> bytes | None:
    """Return what arrives when libsndfile writes into a pipe and cannot go back to its header, or None."""
    out, into = os.pipe()
    arrived: list[bytes] = []
    with os.fdopen(out, "rb") as pipe:
        reader = threading.Thread(target=lambda: arrived.append(pipe.read()))
        reader.start()
        try:
            with soundfile.SoundFile(into, "w", SR, 1, format=file_format, subtype=subtype, closefd=False) as sound:
                sound.write(waveform)
        except soundfile.LibsndfileError:
            return None
        finally:
            with contextlib.suppress(OSError):  # soundfile 0.12 has closed it
                os.close(into)
            reader.join()
    return arrived[0]


def without_length(mp3: bytes) -> bytes:
    """Return an MP3 without its first frame, whose Xing header says how long it is: as streams and recorders write."""
    start = mp3.index(b"\xff\xf3")  # MPEG-2, layer III: the rate is 16 kHz
    assert b"Xing" in mp3[start : start + 200]
    return mp3[mp3.index(b"\xff\xf3", start + 2) :]


def heard(reader) -> np.ndarray | str:
    """Return a waveform, or the line that refuses it, after the heap was filled with large values."""
    dirt = [np.full(n, 1e9, np.float32) for n in (2**12, 2**15, 2**17, 2**17, 2**20)]
    del dirt
    try:
        return reader()
    except ValueError as error:
        return str(error)


def subtypes() -> list[tuple[str, str]]:
    """Return all formats with their subtypes, but those whose rate stands in another file, or nowhere."""
    formats = sorted(soundfile.available_formats().keys() - {"RAW", "SD2"})
    return [(name, subtype) for name in formats for subtype in sorted(soundfile.available_subtypes(name))]


@pytest.mark.parametrize(
    ("change", "least"),
    [
        pytest.param("whole", 100, marks=pytest.mark.slow),
        pytest.param("cut at 50 %", 100, marks=pytest.mark.slow),
        pytest.param("cut at 90 %", 100, marks=pytest.mark.slow),
        ("from a pipe", 20),
    ],
)
def test_blocks_are_what_load_returns_and_nothing_from_old_memory(tmp_path, change, least):
    waveform, path, n_formats = fading_tone(), tmp_path / "voice", 0
    for kind in subtypes():
        content = (encode_into_pipe if change == "from a pipe" else encode)(*kind, waveform)
        if content is None:
            continue
        n_formats += 1
        share = int(change.split()[2]) / 100 if change.startswith("cut") else 1.0
        path.write_bytes(content[: int(share * len(content))])
        loaded, *others = (
            heard(lambda: audio.load(path)[0]),
            heard(lambda: read(path)[0]),
            heard(lambda: read(path)[0]),
            heard(lambda: read(io.BytesIO(path.read_bytes()))[0]),
        )
        if isinstance(loaded, str):  # DWVW: libsndfile writes it, and cannot seek in it
            assert change != "whole" or "DWVW" in kind[1], (kind, loaded)
            assert others == [loaded, loaded, loaded.replace(repr(str(path)), "the input")], kind
            continue
        for joined in others:
            np.testing.assert_array_equal(joined, loaded, err_msg=str(kind))
        assert np.abs(loaded).max() < 1.6, kind
        assert len(loaded) <= len(waveform) + 2000, kind  # a codec has whole frames
        assert change != "whole" or len(loaded) >= len(waveform), kind
    assert n_formats >= least


def test_an_mp3_that_announces_more_than_it_has():
    """libsndfile's guess from the quiet start; soundfile's own blocks would fill what is missing with old memory."""
    waveform = fading_tone(10)
    content = without_length(encode("MP3", "MPEG_LAYER_III", waveform))
    n_samples = len(waveform)
    with soundfile.SoundFile(io.BytesIO(content)) as sound:
        assert sound.frames > 1.5 * n_samples
    waveforms = [heard(lambda: read(io.BytesIO(content))[0]) for _ in range(2)]
    assert abs(len(waveforms[0]) - n_samples) < 3000
    np.testing.assert_array_equal(*waveforms)
    assert np.corrcoef(waveforms[0][1105 : 1105 + n_samples - 3000], waveform[: n_samples - 3000])[0, 1] > 0.9


def test_an_mp3_that_announces_less_than_it_has(tmp_path):
    """The other way round: libsndfile would stop at its guess from the loud start, in the middle."""
    waveform = fading_tone(10)[::-1]
    content = without_length(encode("MP3", "MPEG_LAYER_III", waveform))
    with soundfile.SoundFile(io.BytesIO(content)) as sound:
        assert sound.frames < 0.6 * len(waveform)
    (tmp_path / "loud.mp3").write_bytes(content)
    loaded, _ = audio.load(tmp_path / "loud.mp3")
    assert abs(len(loaded) - len(waveform)) < 3000
    tagged = b"ID3\x04\0\0" + bytes([0, 1, 0, 0]) + bytes(2**14) + content  # a tag of 16 KiB, as with a picture
    np.testing.assert_array_equal(read(io.BytesIO(tagged))[0], loaded)


def test_a_flac_that_does_not_say_how_long_it_is_is_read_to_its_end():
    """An encoder that writes into a pipe leaves 0 where the number of samples stands."""
    whole = bytearray(encode("FLAC", "PCM_16", fading_tone(10)))
    expected, _, _ = read(io.BytesIO(whole))
    bits_and_count = int.from_bytes(whole[21:26], "big")  # the lower 36 bits are the number of samples
    whole[21:26] = (bits_and_count >> 36 << 36).to_bytes(5, "big")
    np.testing.assert_array_equal(read(io.BytesIO(whole))[0], expected)


def test_nobody_else_decodes():
    """Guards stand in one file; what decodes beside it is without them."""
    package = Path(audio.__file__).parents[1]
    users = {file.name for file in package.rglob("*.py") if "soundfile" in file.read_text(encoding="utf-8")}
    assert users == {"io.py", "provenance.py"}  # provenance.py asks for the version


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg"])
@pytest.mark.parametrize("channels", [1, 2])
def test_blocks_together_are_the_file(tmp_path, rng, ending, channels):
    path = tmp_path / f"noise.{ending}"
    soundfile.write(path, 0.1 * rng.standard_normal((18 * 8000 + 5, channels)), 8000)
    waveform, rates, n_blocks = read(path)
    expected, sr = audio.load(path)
    np.testing.assert_array_equal(waveform, expected)
    assert rates == {sr}
    assert n_blocks == 2 if channels == 1 else 3
    with path.open("rb") as file:
        np.testing.assert_array_equal(read(file)[0], expected)


def test_a_stream_that_does_not_know_its_length(rng):
    """Programs that write WAV into a pipe leave the largest number in the head."""
    content = io.BytesIO()
    soundfile.write(content, 0.1 * rng.standard_normal(1000), 8000, format="WAV", subtype="PCM_16")
    head, samples = content.getvalue()[:44], content.getvalue()[44:]
    unknown = b"\xff\xff\xff\xff"
    waveform, _, _ = read(io.BytesIO(head[:4] + unknown + head[8:40] + unknown + samples))
    assert waveform.size == 1000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"RIFF and then nothing", "that cannot be read"),
        (b"text " * 1000, "that cannot be read"),
    ],
)
def test_what_is_no_sound_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"broken\.wav': expected a sound file.*{message}"):
        list(read_blocks(path))
    with pytest.raises(ValueError, match=f"the input: expected a sound file.*{message}"):
        list(read_blocks(io.BytesIO(content)))


def test_files_without_samples_or_with_nan_are_refused(tmp_path):
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 8000)
    with pytest.raises(ValueError, match="without samples"):
        list(read_blocks(tmp_path / "empty.wav"))
    soundfile.write(tmp_path / "nan.wav", np.array([0, np.nan]), 8000, subtype="FLOAT")
    with pytest.raises(ValueError, match=r"nan\.wav'.*NaN or infinity"):
        list(read_blocks(tmp_path / "nan.wav"))


def test_a_file_that_was_cut_off_is_refused(tmp_path, rng):
    soundfile.write(tmp_path / "whole.flac", 0.1 * rng.standard_normal(80000), 8000)
    content = (tmp_path / "whole.flac").read_bytes()
    (tmp_path / "part.flac").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"part\.flac': expected a sound file"):
        list(read_blocks(tmp_path / "part.flac"))


def test_missing_files_and_folders_and_pipes_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(read_blocks(tmp_path / "gone.wav"))
    with pytest.raises(IsADirectoryError):
        list(read_blocks(tmp_path))
    (tmp_path / "samples.raw").write_bytes(bytes(100))  # what has no header is no sound, whatever its name says
    with pytest.raises(ValueError, match="got one that cannot be read"):
        list(read_blocks(tmp_path / "samples.raw"))
    if os.name == "posix":
        with pytest.raises(ValueError, match="got a pipe or a device"):
            list(read_blocks("/dev/null"))
