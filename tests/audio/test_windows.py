import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from minser import audio
from minser.audio.windows import cut_windows, read_blocks


def read(source):
    blocks, rates = zip(*read_blocks(source), strict=True)
    return np.concatenate(blocks), set(rates), len(blocks)


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg"])
@pytest.mark.parametrize("channels", [1, 2])
def test_blocks_together_are_the_file(tmp_path, rng, ending, channels):
    path = tmp_path / f"noise.{ending}"
    soundfile.write(path, 0.1 * rng.standard_normal((9 * 8000 + 5, channels)), 8000)
    waveform, rates, n_blocks = read(path)
    expected, sr = audio.load(path)
    np.testing.assert_array_equal(waveform, expected)
    assert (rates, n_blocks) == ({sr}, 3)
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
        (b"RIFF and then nothing", "one that cannot be read"),
        (b"text " * 1000, "one that cannot be read"),
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
    (tmp_path / "samples.raw").write_bytes(bytes(100))
    with pytest.raises(ValueError, match="got one without a header"):
        list(read_blocks(tmp_path / "samples.raw"))
    with pytest.raises(ValueError, match="got a pipe or a device"):
        list(read_blocks("/dev/null"))


@given(
    lengths=st.lists(st.integers(0, 40), min_size=1, max_size=8),
    hop=st.integers(1, 12),
    window=st.integers(1, 20),
    more=st.integers(0, 20),
)
def test_windows_cover_the_waveform_however_it_comes(lengths, hop, window, more):
    total, whole = sum(lengths), window + more
    waveform = np.arange(total, dtype=np.float32)
    blocks = np.split(waveform, np.cumsum(lengths)[:-1])
    found = list(cut_windows(blocks, window=window, hop=hop, whole=whole))
    if total <= whole:
        expected = [0]
        window = total
    else:
        expected = list(range(0, total - window + 1, hop))
        if expected[-1] + window < total:
            expected.append(total - window)
    assert [start for start, _ in found] == expected
    for start, cut in found:
        np.testing.assert_array_equal(cut, waveform[start : start + window])


def test_a_window_longer_than_what_stays_whole_is_refused():
    with pytest.raises(ValueError, match="window: expected at most 4 samples, got 5"):
        list(cut_windows([np.zeros(9)], window=5, hop=1, whole=4))
    with pytest.raises(ValueError, match="hop: expected 1 or more, got 0"):
        list(cut_windows([np.zeros(9)], window=3, hop=0, whole=4))
