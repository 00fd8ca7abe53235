"""Sounds of telephones and browsers against the ffmpeg command; PyAV writes them."""

import io
import shutil
import struct
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from minser import audio
from minser.audio.io import ENDINGS, read_blocks, read_channels
from minser.audio.media import find_format

FILES = {  # codec, container, rate, channels
    "a.m4a": ("aac", "ipod", 44100, 2),
    "a.mp4": ("aac", "mp4", 22050, 1),
    "lossless.m4a": ("alac", "ipod", 48000, 1),
    "a.aac": ("aac", "adts", 16000, 1),
    "a.webm": ("libopus", "webm", 48000, 1),
    "a.3gp": ("amrnb", "3gp", 8000, 1),
    "a.amr": ("amrnb", "amr", 8000, 1),
    "a.wma": ("wmav2", "asf", 44100, 2),
    "a.mka": ("flac", "matroska", 44100, 1),
    "a.opus": ("libopus", "opus", 48000, 1),
    "flac.oga": ("flac", "oga", 16000, 1),
    "a.ac3": ("ac3", "ac3", 48000, 1),
    "a.wv": ("wavpack", "wv", 44100, 1),
    "a.tta": ("tta", "tta", 44100, 1),
    "g722.wav": ("g722", "wav", 16000, 1),
    "a.ts": ("aac", "mpegts", 48000, 1),
    "a.flv": ("aac", "flv", 44100, 1),
    "a.avi": ("pcm_s16le", "avi", 16000, 1),
}
AMR_FRAME = bytes.fromhex("04b551332dbb5d47255a864f9c")  # 20 ms of a tone; PyAV 19 reads AMR and cannot write it


def write(path, codec, container, sr, n_channels, *, seconds=2.0):
    """Write a tone in noise; the second channel is quieter. AMR has the same frame again and again."""
    av = pytest.importorskip("av")
    if codec == "amrnb":
        frames = io.BytesIO(b"#!AMR\n" + AMR_FRAME * int(50 * seconds))
        with av.open(frames, format="amr") as source, av.open(path, "w", format=container) as out:
            stream = out.add_stream_from_template(source.streams.audio[0])
            for packet in source.demux():
                if packet.size:
                    packet.stream = stream
                    out.mux(packet)
        return
    t = np.arange(int(seconds * sr)) / sr
    tone = 0.4 * np.sin(2 * np.pi * 220 * t) + 0.02 * np.random.default_rng(0).standard_normal(t.size)
    samples = np.outer([1, 0.5][:n_channels], tone).astype(np.float32)
    layout = "mono" if n_channels == 1 else "stereo"
    with av.open(path, "w", format=container) as out:
        stream = out.add_stream(codec, rate=sr, layout=layout)
        stream.time_base = Fraction(1, sr)
        if codec == "wmav2":
            stream.bit_rate = 96000
        for start in range(0, samples.shape[1], 1024):
            piece = np.ascontiguousarray(samples[:, start : start + 1024])
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = sr, start, Fraction(1, sr)
            for converted in av.AudioResampler(stream.format, layout, sr).resample(frame):
                out.mux(stream.encode(converted))
        out.mux(stream.encode(None))


def by_ffmpeg(path):
    """Return what the ffmpeg command decodes, (n_samples,): the mean of the channels."""
    if not shutil.which("ffmpeg"):
        pytest.skip("the ffmpeg command is not installed")
    channels = FILES[path.name][3]
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "f32le", "-"]
    samples = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32)
    return samples.reshape(-1, channels).mean(axis=1)


@pytest.mark.parametrize("name", FILES)
def test_what_ffmpeg_reads_is_read_with_the_same_samples(tmp_path, name):
    path = tmp_path / name
    write(path, *FILES[name])
    expected = by_ffmpeg(path)
    waveform, sr = audio.load(path)
    assert sr == FILES[name][2]
    np.testing.assert_array_equal(np.concatenate([b for b, _ in read_blocks(io.BytesIO(path.read_bytes()))]), waveform)
    if name in ("a.m4a", "a.mp4") and len(waveform) != len(expected):
        # FFmpeg 9, which PyAV 19 has, drops what fills up the last frame of AAC; older ones return it.
        assert min(len(waveform), len(expected)) == 2 * sr
        waveform, expected = waveform[: 2 * sr], expected[: 2 * sr]
    assert len(waveform) == len(expected) > 1.9 * sr
    np.testing.assert_allclose(waveform, expected, atol=1e-5)  # of full scale


def test_eight_channels_are_read(tmp_path):
    """As many as FFmpeg's frames have pointers to planes, behind which PyAV reads on."""
    av = pytest.importorskip("av")
    noise = (3000 * np.random.default_rng(0).standard_normal((48000, 8))).astype(np.int16)
    with av.open(tmp_path / "a.mka", "w") as out:
        stream = out.add_stream("flac", rate=48000, layout="7.1")
        frame = av.AudioFrame.from_ndarray(noise.reshape(1, -1), format="s16", layout="7.1")
        frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    blocks = [block for block, _ in read_channels(tmp_path / "a.mka")]
    np.testing.assert_array_equal(np.concatenate(blocks), noise / np.float32(32768))


def test_a_bw64_is_read():
    """The large WAV of broadcasters (ITU-R BS.2088): libsndfile knows it as RF64 alone."""
    pytest.importorskip("av")
    samples = np.arange(-4000, 4000, dtype="<i2")
    sizes = struct.pack("<4sIQQQI", b"ds64", 28, samples.nbytes + 72, samples.nbytes, samples.size, 0)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16000, 32000, 2, 16)
    content = b"BW64\xff\xff\xff\xffWAVE" + sizes + form + b"data\xff\xff\xff\xff" + samples.tobytes()
    blocks, rates = zip(*read_blocks(io.BytesIO(content)), strict=True)
    assert set(rates) == {16000}
    np.testing.assert_array_equal(np.concatenate(blocks), samples / np.float32(32768))


def test_a_film_is_heard(tmp_path):
    """Of a file with pictures the sound counts; one without sound is refused."""
    av = pytest.importorskip("av")
    for name, has_sound in (("film.mp4", True), ("silent.mp4", False)):
        with av.open(tmp_path / name, "w") as out:
            pictures = out.add_stream("mpeg4", rate=5)
            pictures.width, pictures.height = 64, 64
            sound = out.add_stream("aac", rate=16000, layout="mono") if has_sound else None
            for i in range(5):
                out.mux(pictures.encode(av.VideoFrame.from_ndarray(np.full((64, 64, 3), 50 * i, np.uint8))))
            if sound:
                tone = np.sin(2 * np.pi * 220 * np.arange(16384) / 16000).astype(np.float32)[np.newaxis]
                frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
                frame.sample_rate = 16000
                out.mux(sound.encode(frame))
                out.mux(sound.encode(None))
            out.mux(pictures.encode(None))
    waveform, sr = audio.load(tmp_path / "film.mp4")
    assert sr == 16000
    assert len(waveform) > 16000
    with pytest.raises(
        ValueError, match=r"silent\.mp4'.*got an M4A, MP4 or 3GP that cannot be read: there is no sound"
    ):
        audio.load(tmp_path / "silent.mp4")


@pytest.mark.parametrize("name", ["a.m4a", "a.webm", "a.amr", "a.wma", "flac.oga"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_cut_files_are_one_line_or_what_is_left(tmp_path, name, share):
    path = tmp_path / name
    write(path, *FILES[name])
    whole = len(audio.load(path)[0])
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    try:
        left, message = len(audio.load(path)[0]), ""
    except ValueError as error:
        left, message = 0, str(error)
    assert left < whole
    assert left or message.startswith(f"{str(path)!r}: expected a sound file")
    assert "\n" not in message


def test_a_cut_webm_that_says_how_long_it_was_is_refused(tmp_path):
    path = tmp_path / "a.webm"
    write(path, *FILES["a.webm"], seconds=12)
    content = path.read_bytes()
    path.write_bytes(content[: int(0.6 * len(content))])
    with pytest.raises(
        ValueError, match=r"a\.webm'.*a WebM or Matroska that .*: it was cut off after \d\.\d of 12\.0 s"
    ):
        audio.load(path)


def test_without_pyav_one_line_names_the_extra(tmp_path, monkeypatch):
    path = tmp_path / "a.m4a"
    path.write_bytes(b"\0\0\0\x1cftypM4A " + bytes(100))
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(
        ValueError, match=r"a\.m4a'.*got an M4A, MP4 or 3GP that.*pip install 'minser\[media\]', or conv"
    ):
        audio.load(path)


def test_no_reader_is_guessed(tmp_path):
    """A list of files or addresses is no sound: FFmpeg would follow it."""
    (tmp_path / "list.m4a").write_bytes(b"#EXTM3U\n#EXTINF:1,\nother.wav\n")
    with pytest.raises(ValueError, match="got one that cannot be read: Format not recognised"):
        audio.load(tmp_path / "list.m4a")


def test_signatures_name_readers_that_ffmpeg_has():
    av = pytest.importorskip("av")
    for head in (
        b"\0\0\0\x1cftyp",
        b"\x1a\x45\xdf\xa3",
        b"#!AMR\n",
        b"\xff\xf1",
        b"RIFF\0\0\0\0AVI ",
        b"MAC ",
        b".SoX",
    ):
        name, what = find_format(head)
        assert name in av.formats_available
        assert what
    assert find_format(b"hello") == ("", "")


def test_endings_of_what_is_read():
    assert {".wav", ".flac", ".opus", ".oga", ".m4a", ".webm", ".amr"} <= set(ENDINGS)
