"""The data command, called as a user calls it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from minser import audio, data
from minser.corpus import download
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


def test_one_image_is_no_plural(tiny_corpus, workplace, capsys):
    Path("one", "Actor_07").mkdir(parents=True)
    shutil.copy(next(tiny_corpus.rglob("*-07.wav")), Path("one", "Actor_07"))
    assert images("out", "--data", "one") == 0
    assert capsys.readouterr().out.startswith("1 image of ")


def test_the_counts_fit_a_narrow_window(tiny_corpus, workplace, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert data.main(["info", str(tiny_corpus)]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines()[1:])) <= 60


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


def test_the_command_after_a_download_runs_as_printed(workplace, capsys):
    (workplace / "my data" / download.SPEECH.folder / "Actor_01").mkdir(parents=True)
    assert data.main(["download", "my data"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "see that all is well: python -m minser.data check 'my data'"


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
    content = path.read_bytes()
    path.write_bytes(content[content.index(b"\xff\xf3", content.index(b"Xing")) :])  # without what says how long it is
    announced, heard = soundfile.info(path).duration, len(audio.load(path)[0]) / 16000
    assert announced > 1.2 * heard
    assert data.main(["info", "corpus"]) == 0
    assert f"{heard:.2f} to {heard:.2f} s" in capsys.readouterr().out


@pytest.fixture
def own(workplace, tiny_corpus):
    """Make a folder of own recordings: two labels, four speakers, who stand before the underscore."""
    for emotion, label in (("01", "flat"), ("05", "loud/session2")):
        (workplace / "own" / label).mkdir(parents=True)
        for actor in "1234":
            clip = next(tiny_corpus.rglob(f"03-01-{emotion}-*-0{actor}.wav"))
            shutil.copy(clip, workplace / "own" / label / f"{actor}_a.wav")
    (workplace / "own" / "flat" / "Thumbs.db").touch()
    return workplace / "own"


@pytest.mark.parametrize("command", ["info", "check"])
def test_own_recordings_are_told_in_a_table(own, capsys, command):
    assert data.main([command, "own", "--set", "data.speaker_pattern=^[^_]+"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:6] == [
        "own: own recordings",
        "class  clips  minutes  speakers",
        "flat       4      0.0         4",
        "loud       4      0.0         4",
        "all        8      0.0         4",
        "left out: 1 file: 1 .db",
    ]
    assert lines[6] == {"info": "length 0.33 to 0.33 s", "check": "all can be read"}[command]


def test_a_check_of_own_recordings_names_what_cannot_be_read(own, capsys):
    (own / "flat" / "9_a.wav").write_bytes(b"no sound")
    soundfile.write(own / "flat" / "8_a.wav", np.full(800, np.nan, np.float32), 8000, subtype="FLOAT")
    assert data.main(["check", "own"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "flat       6      0.0         ?"
    assert lines[-3] == "2 of 10 cannot be read:"
    assert "own/flat/8_a.wav" in lines[-2]
    assert "own/flat/9_a.wav': expected a sound file" in lines[-1]
    assert data.main(["info", "own"]) == 2


@pytest.mark.parametrize("command", ["info", "check"])
def test_pictures_are_told_in_a_table_too(workplace, tiny_corpus, capsys, command):
    assert images("pictures", "--data", tiny_corpus) == 0
    capsys.readouterr()
    assert data.main([command, "pictures"]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == [
        "pictures: spectrogram images",
        "class      clips  speakers",
        "neutral       24        24",
    ]


@pytest.mark.parametrize("command", ["info", "check"])
@pytest.mark.parametrize(
    ("folder", "setting", "message"),
    [
        ("own", "data.speaker_pattern=(", "is no regular expression"),
        ("own", "training.epochs=1", "expected one of data.label_pattern, data.speaker_pattern, data.speakers_csv"),
        ("ravdess", "data.speaker_pattern=x", "data.speaker_pattern is for own recordings, and "),
    ],
)
def test_a_bad_setting_is_one_line(own, tiny_corpus, capsys, command, folder, setting, message):
    assert data.main([command, str(tiny_corpus) if folder == "ravdess" else folder, "--set", setting]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
