import io
import re
import time

import numpy as np
import pytest
import soundfile

from minser import audio
from minser.audio.io import read_blocks
from minser.audio.parts import find_parts

SR = 22050
ID3 = b"ID3\x04\0\0" + bytes([0, 0, 1, 0]) + bytes(128)  # a tag of 128 bytes


def voice(seed: int) -> np.ndarray:
    """Return two seconds of a gliding tone in noise."""
    t = np.arange(2 * SR) / SR
    noise = np.random.default_rng(seed).standard_normal(t.size)
    return 0.4 * np.sin(2 * np.pi * (200 + 50 * seed + 100 * t) * t) + 0.05 * noise


def encode(file_format: str, subtype: str, waveform: np.ndarray, sr: int = SR) -> bytes:
    content = io.BytesIO()
    soundfile.write(content, waveform, sr, format=file_format, subtype=subtype)
    return content.getvalue()


def heard(content: bytes) -> np.ndarray:
    return np.concatenate([block for block, _ in read_blocks(io.BytesIO(content))])


def mp3(seed: int) -> bytes:
    return encode("MP3", "MPEG_LAYER_III", voice(seed))


def stream(seed: int) -> bytes:
    """Return an MP3 without the first frame, which says how long it is."""
    content = mp3(seed)
    starts = [match.start() for match in re.finditer(rb"\xff\xf3", content)]
    assert b"Xing" in content[starts[0] : starts[1]]
    return content[starts[1] :]


JOINED = {
    "WAV": lambda seed: encode("WAV", "PCM_16", voice(seed)),
    "WAV of an odd size": lambda seed: encode("WAV", "PCM_U8", voice(seed)[1:]),
    "FLAC": lambda seed: encode("FLAC", "PCM_16", voice(seed)),
    "Vorbis": lambda seed: encode("OGG", "VORBIS", voice(seed)),
    "Opus": lambda seed: encode("OGG", "OPUS", voice(seed)[::-1], 24000),
    "MP3": mp3,
    "MP3 with tags": lambda seed: ID3 + mp3(seed),
    "MP3 streams with tags": lambda seed: ID3 + stream(seed),
}


@pytest.mark.parametrize("kind", JOINED)
@pytest.mark.parametrize("n_files", [2, 3])
def test_files_that_were_joined_as_bytes_are_read_one_behind_the_other(tmp_path, kind, n_files):
    """libsndfile reads the first, and says nothing of the others."""
    files = [JOINED[kind](seed) for seed in range(n_files)]
    expected = np.concatenate([heard(content) for content in files])
    assert len(expected) > 1.9 * SR * n_files
    np.testing.assert_array_equal(heard(b"".join(files)), expected)
    (tmp_path / "joined").write_bytes(b"".join(files))
    np.testing.assert_array_equal(audio.load(tmp_path / "joined")[0], expected)


def test_streams_of_mp3_that_were_joined():
    """Nothing shows where the second begins: the decoder goes through."""
    joined = heard(stream(0) + stream(1))
    first, second = heard(stream(0)), heard(stream(1))
    assert abs(len(joined) - len(first) - len(second)) <= 2 * 1152
    np.testing.assert_allclose(joined[: len(first) - 2000], first[:-2000], atol=1e-6)
    np.testing.assert_allclose(joined[2000 - len(second) :], second[2000:], atol=1e-6)


def test_joined_files_of_two_rates_are_refused():
    with pytest.raises(ValueError, match=r"expected one sample rate, got several in one file: \[16000, 22050\]"):
        heard(JOINED["FLAC"](0) + encode("FLAC", "PCM_16", voice(1), 16000))


@pytest.mark.parametrize("announced", [0, 5, 30])
def test_an_mp3_that_goes_on_behind_its_announced_end_is_read_to_its_end(announced):
    """Its encoder was killed, or a stream was appended: libsndfile stops at the announced end."""
    content = mp3(0)
    place = content.index(b"Xing") + 8
    short = content[:place] + announced.to_bytes(4, "big") + content[place + 4 :]
    np.testing.assert_array_equal(heard(short), heard(stream(0)))
    assert abs(len(heard(content + stream(1))) - len(heard(content)) - len(heard(stream(1)))) < 4 * 576


def with_sizes(wav: bytes, riff: int, data: int) -> bytes:
    place = wav.index(b"data") + 4
    riff_size, data_size = riff.to_bytes(4, "little"), data.to_bytes(4, "little")
    return wav[:4] + riff_size + wav[8:place] + data_size + wav[place + 4 :]


@pytest.mark.parametrize("between", [ID3, b"TAG" + bytes(125), b"noise" * 2000])
@pytest.mark.parametrize("name", ["Vorbis", "Opus", "FLAC", "MP3"])
def test_what_stands_between_joined_files_hides_none(name, between):
    first, second = JOINED[name](0), JOINED[name](1)
    if name == "MP3" and len(between) > 1000:
        return  # libsndfile gives up there
    whole = np.concatenate([heard(first), heard(second)])
    np.testing.assert_array_equal(heard(first + between + second), whole)


def test_channels_of_joined_files_may_differ():
    """They are averaged in each."""
    stereo = encode("WAV", "PCM_16", np.stack([voice(0), voice(0)], axis=1))
    three = encode("WAV", "PCM_16", np.stack([voice(0), -voice(0), voice(1)], axis=1))
    for files in ((JOINED["WAV"](0), stereo), (stereo, JOINED["WAV"](0)), (stereo, three), (three, stereo)):
        waveform, _ = audio.load(io.BytesIO(b"".join(files)))
        np.testing.assert_array_equal(waveform, np.concatenate([heard(content) for content in files]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "content", [b"RIFF\x04\0\0\0WAVE", with_sizes(JOINED["WAV"](0)[:44], 36, 0), JOINED["FLAC"](0)[:42]]
)
def test_a_file_of_nothing_but_heads_is_refused_soon(content):
    with pytest.raises(ValueError, match=r"the input: .*(joined in one file|cannot be read)"):
        heard(content * 100_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    "content", [b"ID3\4\0\0\0\0\0\0" * 100_000, mp3(0) + b"ID3" * 500_000, mp3(0) + b"\xff\xfb\x90\0" * 250_000]
)
def test_what_only_looks_like_sound_is_passed_over_soon(content):
    start = time.process_time()
    list(find_parts(io.BytesIO(content)))
    assert time.process_time() - start < 5  # half a second


@pytest.mark.parametrize("share", [0.1, 0.5, 0.7])
def test_a_cut_mp3_is_refused_if_it_says_how_long_it_was_and_else_read_to_its_last_whole_frame(share):
    whole, live = mp3(0), stream(0)
    with pytest.raises(ValueError, match=r"expected a sound file of \d+ samples.*cut off"):
        heard(whole[: int(share * len(whole))])
    for n_bytes in range(int(share * len(live)), int(share * len(live)) + 300, 7):
        left = heard(live[:n_bytes])
        assert abs(len(left) - share * len(heard(live))) < 0.03 * len(heard(live)) + 2 * 576
        np.testing.assert_allclose(left[:-1152], heard(live)[: len(left) - 1152], atol=1e-6)


def test_a_damaged_file_behind_a_whole_one_is_refused():
    with pytest.raises(ValueError, match="sound 2 in one joined file cannot be read"):
        heard(JOINED["WAV"](0) + b"RIFF\xff\0\0\0WAVEnothing")


@pytest.mark.parametrize("name", ["WAV", "FLAC", "Vorbis", "MP3"])
@pytest.mark.parametrize("tags", [ID3, ID3 + ID3, ID3[:5] + b"\x10" + ID3[6:] + b"3DI" + ID3[3:10]])
def test_tags_before_a_sound_are_passed_over(name, tags):
    content = JOINED[name](0)
    np.testing.assert_array_equal(heard(tags + content), heard(content))


def test_zeros_before_an_mp3_are_passed_over():
    for content in (mp3(0), stream(0), ID3 + mp3(0)):
        np.testing.assert_array_equal(heard(bytes(5000) + content), heard(content))


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT", "ULAW"])
@pytest.mark.parametrize(("riff", "data"), [(0, 0), (36, 0), (4096, 4096), (2**32 - 1, 2**32 - 1), (2**31, 2**31 - 1)])
def test_a_wav_whose_recorder_was_killed_is_read_to_its_end(subtype, riff, data):
    """The sizes in its head are of its beginning, or of any length."""
    wav = encode("WAV", subtype, voice(0))
    np.testing.assert_array_equal(heard(with_sizes(wav, riff, data)), heard(wav))


@pytest.mark.parametrize("subtype", ["PCM_16", "ULAW", "FLOAT"])
def test_an_au_whose_recorder_was_killed_is_read_to_its_end(subtype):
    au = encode("AU", subtype, voice(0))
    assert au[:4] == b".snd"
    np.testing.assert_array_equal(heard(au[:8] + bytes(4) + au[12:]), heard(au))
    with pytest.raises(ValueError, match="got one without samples"):
        heard(au[:8] + bytes(4) + au[12 : int.from_bytes(au[4:8], "big")])


def test_chunks_behind_the_samples_are_no_samples():
    wav = encode("WAV", "PCM_16", voice(0)[:100])
    info = b"LIST" + (2000).to_bytes(4, "little") + b"INFO" + bytes(1996)
    tag = b"id3 " + (500).to_bytes(4, "little") + bytes(500)
    assert len(heard(wav + info + tag)) == 100
    text = b"_PMX" + (2000).to_bytes(4, "little") + bytes(2000)  # what Adobe's programs leave
    for tail in (text, ID3 + bytes(2000), b"APETAGEX" + bytes(2000), b"TAG" + bytes(1000)):
        assert len(heard(wav + tail)) == 100
    odd = encode("WAV", "PCM_U8", voice(0)[:101])
    assert len(odd) % 2 == 0
    assert len(heard(odd + info)) == len(heard(odd[:-1] + info)) == 101
    with pytest.raises(ValueError, match="got one without samples"):
        heard(with_sizes(wav, 2044, 0)[:44] + info)


@pytest.mark.parametrize("make", [mp3, stream])
def test_of_a_damaged_mp3_no_part_is_left_out_in_silence(make):
    """libsndfile gives up where more than a kilobyte is no MP3, and calls it the end."""
    content, whole = make(0), len(heard(make(0)))
    middle, noise = len(content) // 2, np.random.default_rng(0).bytes(3000)
    scratched = heard(content[:middle] + noise[:20] + content[middle + 20 :])
    assert abs(len(scratched) - whole) < 4 * 1152
    for damaged in (content[:middle] + noise + content[middle:], content[:middle] + bytes(3000) + content[middle:]):
        with pytest.raises(ValueError, match="the input: expected a sound file"):
            heard(damaged)


def test_an_mp3_with_what_is_no_sound_behind_it():
    for content in (mp3(0), stream(0)):
        for tail in (b"TAG" + bytes(125), b"APETAGEX" + bytes(3000), bytes(500)):
            np.testing.assert_array_equal(heard(content + tail)[: len(heard(content))], heard(content))
