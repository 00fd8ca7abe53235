"""The data command, called as a user calls it."""

import numpy as np
import pytest
import soundfile

from minser import audio, data
from minser.corpus.images import find_images, read_feature

SMALL = ["--sr", "8000", "--n-fft", "256", "--hop-length", "128", "--n-mels", "24", "--size", "16"]


def images(*arguments):
    return data.main(["images", *SMALL, *map(str, arguments)])


def test_images_of_a_corpus(tiny_corpus, workplace, capsys):
    assert images("pictures/gray", "--data", tiny_corpus) == 0
    printed = capsys.readouterr()
    assert "192 images of 16 x 16 pixels are in pictures" in printed.out
    assert "sr 8000, n_fft 256, hop_length 128, n_mels 24" in printed.out
    assert printed.err == ""  # the progress bar shows itself on a terminal only
    found = find_images(workplace / "pictures" / "gray")
    assert len(found) == 192
    assert read_feature(found[0].path).shape == (16, 16)


def test_images_in_colour_as_jpeg_from_minser_data(tiny_corpus, workplace, monkeypatch):
    monkeypatch.setenv("MINSER_DATA", str(tiny_corpus))
    assert images("out", "--format", "jpeg", "--colour-map", "magma") == 0
    found = find_images("out")
    assert {clip.path.suffix for clip in found} == {".jpg"}
    assert read_feature(found[0].path).shape == (16, 16, 3)


def test_images_without_ravdess_are_of_the_embedded_corpus(tiny_corpus, workplace, monkeypatch, capsys):
    monkeypatch.setattr(data, "find_corpus", lambda recipe, _: {"toy": tiny_corpus}[recipe.data.corpus])
    assert images("out") == 0
    assert "drawing the embedded synthetic voices" in capsys.readouterr().out
    assert len(find_images("out")) == 192


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--song"], "no song clips found there"),
        (["--no-speech"], "data.speech and data.song are both false"),
        (["--n-mels", "0"], "features.n_mels must be from 1 to 4096, got 0"),
        (["--size", "0"], "height: expected"),
        (["--data", "nowhere"], "nowhere"),
    ],
)
def test_bad_arguments_are_one_line(tiny_corpus, workplace, capsys, arguments, message):
    assert images("out", "--data", tiny_corpus, *arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("minser data: ")
    assert message in error
    assert error.count("\n") == 1
    assert list(workplace.iterdir()) == []


def test_info_of_a_file_that_is_no_sound_is_one_line(workplace, capsys):
    clip = workplace / "corpus" / "Actor_01" / "03-01-01-01-01-01-01.wav"
    clip.parent.mkdir(parents=True)
    clip.write_bytes(b"RIFF")
    assert data.main(["info", "corpus"]) == 2
    error = capsys.readouterr().err
    assert "03-01-01-01-01-01-01.wav': expected a sound file" in error
    assert error.count("\n") == 1


def test_a_folder_in_use_is_refused(tiny_corpus, workplace, capsys):
    (workplace / "out").mkdir()
    (workplace / "out" / "mine.txt").touch()
    assert images("out", "--data", tiny_corpus) == 2
    assert "out: expected a new or an empty folder" in capsys.readouterr().err
    assert [path.name for path in (workplace / "out").iterdir()] == ["mine.txt"]


def test_info_counts_what_is_there_and_not_what_the_file_announces(tmp_path, monkeypatch, capsys):
    """An MP3 from a stream announces a guess: 4 s of sound were 6 s."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "corpus" / "Actor_01"
    folder.mkdir(parents=True)
    waveform = np.random.default_rng(0).uniform(-0.5, 0.5, 4 * 16000) * np.linspace(-0.5, 1, 4 * 16000).clip(0)
    path = folder / "03-01-01-01-01-01-01.wav"  # the content decides what it is
    soundfile.write(path, waveform, 16000, format="MP3")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    announced, heard = soundfile.info(path).duration, len(audio.load(path)[0]) / 16000
    assert announced > 1.2 * heard
    assert data.main(["info", "corpus"]) == 0
    assert f"{heard:.2f} to {heard:.2f} s" in capsys.readouterr().out
