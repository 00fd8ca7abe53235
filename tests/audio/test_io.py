import os
import struct

import numpy as np
import pytest
import soundfile

from minser import audio
from minser.audio import io
from minser.audio.io import opposed_channel


def _pcm16(n: int = 500) -> np.ndarray:
    """Draw samples that 16 bits hold exactly, both ends of the scale among them."""
    integers = np.random.default_rng(1).integers(-32768, 32768, size=n)
    integers[:2] = -32768, 32767
    return (integers / 32768).astype(np.float32)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".FLAC"])
def test_16_bit_samples_survive_the_round_trip_exactly(tmp_path, suffix):
    path = tmp_path / f"clip{suffix}"
    audio.save(path, _pcm16(), sr=22050)
    waveform, sr = audio.load(path)
    np.testing.assert_array_equal(waveform, _pcm16())
    assert waveform.dtype == np.float32
    assert sr == 22050
    assert soundfile.info(path).subtype == "PCM_16"


def test_saving_rounds_to_the_nearest_step(tmp_path, tone):
    audio.save(tmp_path / "tone.wav", tone.astype(np.float64), sr=22050)
    waveform, _ = audio.load(tmp_path / "tone.wav")
    np.testing.assert_allclose(waveform, tone, rtol=0, atol=0.5 / 32768 + 1e-9)


@pytest.mark.parametrize(("name", "subtype"), [("a.wav", "PCM_24"), ("a.ogg", "VORBIS"), ("a.mp3", None)])
def test_other_formats_are_read(tmp_path, tone, name, subtype):
    if name[2:].upper() not in soundfile.available_formats():
        pytest.skip(f"this libsndfile does not know {name[2:]}")
    soundfile.write(tmp_path / name, tone, 22050, subtype=subtype)
    waveform, sr = audio.load(tmp_path / name)
    assert sr == 22050
    assert waveform.shape == tone.shape
    # Lossy codecs are no closer than a few percent, worst at the sudden start and end.
    np.testing.assert_allclose(waveform[2000:-2000], tone[2000:-2000], atol=0.03)


def test_channels_are_averaged(tmp_path, rng):
    channels = (rng.integers(-8000, 8000, size=(100, 3)) / 32768).astype(np.float32)
    soundfile.write(tmp_path / "three.wav", channels, 16000, subtype="FLOAT")
    waveform, _ = audio.load(tmp_path / "three.wav")
    np.testing.assert_allclose(waveform, channels.mean(axis=1), rtol=0, atol=1e-7)  # one float32 rounding


def test_float_files_keep_values_beyond_full_scale(tmp_path):
    soundfile.write(tmp_path / "loud.wav", np.array([3.0, -2.0]), 16000, subtype="FLOAT")
    np.testing.assert_array_equal(audio.load(tmp_path / "loud.wav")[0], [3.0, -2.0])


def test_chunks_that_are_not_sound_are_skipped(tmp_path):
    """RAVDESS's originals carry editor's notes and filler before their samples, and more behind them."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)

    integers = np.rint(_pcm16() * 32768).astype("<i2")
    body = b"".join(
        [
            chunk(b"bext", b"\0" * 603),
            chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 48000, 96000, 2, 16)),
            chunk(b"FLLR", b"\0" * 3000),
            chunk(b"data", integers.tobytes()),
            chunk(b"LIST", b"INFO" + chunk(b"ISFT", b"editor")),
            chunk(b"_PMX", b"<xml>notes</xml>"),
        ]
    )
    (tmp_path / "chunks.wav").write_bytes(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body)
    waveform, sr = audio.load(tmp_path / "chunks.wav")
    np.testing.assert_array_equal(waveform, _pcm16())
    assert sr == 48000


def test_loading_resamples_on_request(tmp_path, tone):
    audio.save(tmp_path / "tone.wav", tone, sr=22050)
    at_file_rate, _ = audio.load(tmp_path / "tone.wav")
    waveform, sr = audio.load(tmp_path / "tone.wav", sr=16000)
    assert sr == 16000
    np.testing.assert_array_equal(waveform, audio.resample(at_file_rate, orig_sr=22050, target_sr=16000))


@pytest.mark.parametrize("name", ["Größe 感情 🙂.wav", os.fsdecode(b"not-utf8-\xff.wav")])
def test_any_file_name_works(tmp_path, name):
    try:
        audio.save(tmp_path / name, _pcm16(), sr=8000)
    except OSError:
        pytest.skip("this file system does not take the name")
    np.testing.assert_array_equal(audio.load(tmp_path / name)[0], _pcm16())
    (tmp_path / name).write_text("no sound")
    with pytest.raises(ValueError, match="expected a sound file") as caught:
        audio.load(tmp_path / name)
    str(caught.value).encode()  # printable, whatever the name


def _write_bad(path, kind):
    """Put one kind of bad file at a path."""
    if kind == "text":
        path.write_text("I was renamed.\n" * 50)
    elif kind == "empty":
        path.touch()
    elif kind == "directory":
        path.mkdir()
    elif kind == "header only":
        soundfile.write(path, np.zeros(0), 16000)
    elif kind in ("nan", "infinity"):
        soundfile.write(path, np.array([0.0, float(kind)]), 16000, subtype="FLOAT")
    elif kind == "cut":
        soundfile.write(path, np.random.default_rng(0).uniform(-1, 1, 9000), 16000, format="FLAC")
        path.write_bytes(path.read_bytes()[:9000])


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("text", ValueError, "expected a sound file .* cannot be read: Format not recognised"),
        ("empty", ValueError, "expected a sound file, got an empty file"),
        ("directory", IsADirectoryError, "Is a directory"),
        ("missing", FileNotFoundError, "No such file"),
        ("header only", ValueError, "got one without samples"),
        ("nan", ValueError, "expected finite samples, got NaN or infinity"),
        ("infinity", ValueError, "expected finite samples, got NaN or infinity"),
        ("cut", ValueError, "expected a sound file"),
    ],
)
def test_bad_files_get_one_line_that_names_them(tmp_path, kind, error, message):
    path = tmp_path / "03-01-05-01-01-01-01.wav"
    _write_bad(path, kind)
    with pytest.raises(error, match=message) as caught:
        audio.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "waveform", "sr", "error", "message"),
    [
        ("a.mp3", np.zeros(9), 8000, ValueError, r"a\.mp3.*ends in \.wav or \.flac"),
        ("a.wav", np.array([0.0, -1.5]), 8000, ValueError, r"from -1 to 1, got a peak of 1\.5"),
        ("a.wav", np.zeros((2, 9)), 8000, ValueError, r"one clip .* got shape \(2, 9\)"),
        ("a.wav", np.zeros(9, dtype=np.int16), 8000, TypeError, "got int16"),
        ("a.wav", np.array([np.nan]), 8000, ValueError, "finite"),
        ("a.wav", np.zeros(9), 0, ValueError, "sr: expected 1 or more, got 0"),
        ("a.wav", np.zeros(9), 2**40, ValueError, "sr: expected a rate that WAV can hold"),
        ("a.flac", np.zeros(9), 10**6, ValueError, "sr: expected a rate that FLAC can hold, got 1000000"),
        ("no folder/a.wav", np.zeros(9), 8000, FileNotFoundError, "no folder"),
    ],
)
def test_what_cannot_be_saved_is_refused_and_leaves_no_file(tmp_path, name, waveform, sr, error, message):
    with pytest.raises(error, match=message):
        audio.save(tmp_path / name, waveform, sr=sr)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM"])
@pytest.mark.parametrize("n_channels", [1, 2, 8])
def test_every_kind_of_wav_is_read(tmp_path, tone, subtype, n_channels):
    if subtype == "IMA_ADPCM" and n_channels == 8:
        n_channels = 2  # its most
    soundfile.write(tmp_path / "a.wav", np.stack([tone] * n_channels, axis=1), 22050, subtype=subtype)
    waveform, _ = audio.load(tmp_path / "a.wav")
    # The coarsest are uLaw and ADPCM: steps of a few percent of the level; ADPCM has to find the level first.
    np.testing.assert_allclose(waveform[20 : len(tone)], tone[20:], atol=0.06)


@pytest.mark.parametrize("sr", [8000, 11025, 16000, 44100, 96000, 192000])
@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_every_usual_rate_is_brought_to_one(tmp_path, sr, suffix):
    t = np.arange(sr) / sr
    soundfile.write(tmp_path / f"a{suffix}", 0.5 * np.sin(2 * np.pi * 440 * t), sr)
    waveform, _ = audio.load(tmp_path / f"a{suffix}", sr=22050)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    np.testing.assert_allclose(waveform[1000:-1000], expected[1000:-1000], atol=1e-4)  # 16 bits, and a filter of 90 dB


@pytest.mark.parametrize(
    "samples", [[0.3], [0.0] * 9, [0.7] * 9, [1.0, -1.0] * 9], ids=["one", "silence", "dc", "clipped"]
)
def test_strange_sound_is_sound(tmp_path, samples):
    soundfile.write(tmp_path / "a.wav", np.array(samples), 16000, subtype="DOUBLE")
    np.testing.assert_allclose(audio.load(tmp_path / "a.wav")[0], samples, atol=1e-7)
    assert np.isfinite(audio.load(tmp_path / "a.wav", sr=22050)[0]).all()


@pytest.mark.parametrize("samples", [[[np.inf, -np.inf]], [[3e38, 3e38], [-3e38, -3e38]] * 50, [[np.nan, 0.0]]])
def test_numbers_beyond_all_bounds_are_an_error_and_no_warning(tmp_path, samples):
    soundfile.write(tmp_path / "a.wav", np.array(samples), 16000, subtype="FLOAT")
    with pytest.raises(ValueError, match="expected finite samples"):
        audio.load(tmp_path / "a.wav", sr=22050)


@pytest.mark.parametrize("promised", [0, 1, 7, 2**31, 2**32 - 1])
@pytest.mark.parametrize("field", [4, 40])
def test_a_wav_whose_header_lies_about_its_size(tmp_path, tone, field, promised):
    for name in ("a.wav", "true.wav"):
        audio.save(tmp_path / name, tone, sr=22050)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[field : field + 4] = promised.to_bytes(4, "little")
    (tmp_path / "a.wav").write_bytes(content)
    waveform, _ = audio.load(tmp_path / "a.wav")
    np.testing.assert_array_equal(waveform, audio.load(tmp_path / "true.wav")[0])


def test_a_flac_that_promises_more_than_it_has(tmp_path, tone):
    audio.save(tmp_path / "a.flac", tone, sr=22050)
    content = bytearray((tmp_path / "a.flac").read_bytes())
    n_samples = int.from_bytes(content[21:26], "big")  # 36 bits, the upper 4 of them bits per sample
    assert n_samples & 0xFFFFFFFFF == len(tone)
    content[21:26] = (n_samples + 1000).to_bytes(5, "big")
    (tmp_path / "a.flac").write_bytes(content)
    with pytest.raises(ValueError, match="got one that cannot be read"):
        audio.load(tmp_path / "a.flac")


def test_a_flac_bomb_and_a_rate_bomb_are_stopped_by_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(io, "MAX_SAMPLES", 100_000)
    soundfile.write(tmp_path / "a.flac", np.zeros(200_000), 48000)
    assert (tmp_path / "a.flac").stat().st_size < 2000
    with pytest.raises(ValueError, match=r"expected at most 100000 samples, 0\.0 hours at 48000 Hz, got 200000"):
        audio.load(tmp_path / "a.flac")
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 1)
    with pytest.raises(ValueError, match="got 2205000: cut it into pieces"):
        audio.load(tmp_path / "a.wav", sr=22050)
    with pytest.raises(ValueError, match="expected at most 100000 samples"):
        audio.load(tmp_path / "a.wav", sr=10**400)  # beyond any float


def test_ten_hours_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "day.wav"
    n_bytes = 10 * 3600 * 16000 * 2
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + n_bytes, b"WAVE", b"fmt ", 16, 1, 1, 16000, 32000, 2, 16, b"data", n_bytes
    )
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + n_bytes)  # a hole: no disk is used
    with pytest.raises(ValueError, match=r"4\.7 hours at 16000 Hz, got 576000000"):
        audio.load(path)


@pytest.mark.skipif(os.name != "posix", reason="pipes with names are POSIX's")
def test_a_pipe_and_a_device_are_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    for path in (tmp_path / "pipe.wav", "/dev/zero"):
        with pytest.raises(ValueError, match="expected a sound file, got a pipe or a device"):
            audio.load(path)


@pytest.mark.skipif(os.name != "posix", reason="so are permissions")
def test_a_file_that_may_not_be_read(tmp_path, tone):
    audio.save(tmp_path / "a.wav", tone, sr=22050)
    (tmp_path / "a.wav").chmod(0)
    user = os.geteuid()
    if user == 0:
        for folder in (tmp_path, *tmp_path.parents[:-2]):
            folder.chmod(0o755)
        os.seteuid(65534)  # root may read everything
    try:
        with pytest.raises(PermissionError, match="Permission denied"):
            audio.load(tmp_path / "a.wav")
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("name", ["a\nb.wav", "a\tb.wav", "-rf.wav", "a" * 251 + ".wav", "a.wav.raw"])
def test_strange_names(tmp_path, tone, name):
    soundfile.write(tmp_path / "a.wav", tone, 22050)
    (tmp_path / "a.wav").rename(tmp_path / name)
    assert len(audio.load(tmp_path / name)[0]) == len(tone)
    (tmp_path / name).write_bytes(b"RIFF")
    with pytest.raises(ValueError, match="expected a sound file") as caught:
        audio.load(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_real_clips_load(ravdess):
    clips = sorted((ravdess / "speech" / "Actor_01").iterdir())[:5]
    assert clips
    for path in clips:
        waveform, sr = audio.load(path)
        samples, file_sr = soundfile.read(path, dtype="float32", always_2d=True)
        assert sr == file_sr
        np.testing.assert_array_equal(waveform, samples.mean(axis=1))


@pytest.mark.parametrize(
    ("gains", "heard"), [((1, -1), 0), ((-0.8, 0.9), 0), ((0.5, -0.9), 1), ((1, -1, 1, -1), 0), ((0, 1, -1), 1)]
)
def test_channels_that_cancel_each_other_are_not_averaged(tmp_path, chirp, gains, heard):
    """One microphone was wired the wrong way round: one that is loud enough is heard."""
    noise = np.random.default_rng(0).standard_normal((len(chirp), len(gains)))
    channels = np.outer(chirp, gains) + 1e-3 * noise + 0.01  # constants of one sign
    soundfile.write(tmp_path / "a.wav", channels, 22050, subtype="FLOAT")
    assert opposed_channel(tmp_path / "a.wav") == heard
    waveform, _ = audio.load(tmp_path / "a.wav")
    np.testing.assert_array_equal(waveform, channels[:, heard].astype(np.float32))


@pytest.mark.parametrize(
    "gains", [(1,), (1, 1), (1, 0.2), (1, 0), (1, -0.2), (0, 0), (1, 1, -1), (0, 0, 1, 0, 0, 0), (1, 0, 0, 0)]
)
def test_other_channels_are_averaged(tmp_path, chirp, gains):
    channels = np.outer(chirp, gains)
    soundfile.write(tmp_path / "a.wav", channels, 22050, subtype="FLOAT")
    assert opposed_channel(tmp_path / "a.wav") is None
    expected = channels.astype(np.float32).mean(axis=1)
    np.testing.assert_array_equal(audio.load(tmp_path / "a.wav")[0], expected)


def test_the_voice_decides_and_not_the_silence_before_it(tmp_path, chirp):
    """Noise of its own in each channel for a minute, then a voice that cancels."""
    noise = 1e-3 * np.random.default_rng(0).standard_normal((60 * 22050, 2))
    voice = np.outer(np.tile(chirp, 5), (1, -1))
    soundfile.write(tmp_path / "a.flac", np.concatenate([noise, voice]), 22050)
    assert opposed_channel(tmp_path / "a.flac") == 0
