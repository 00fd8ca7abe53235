import csv
import io
import json
import os
import shutil
import subprocess
import sys
import types

import numpy as np
import pytest

from minser import audio, predict
from minser.corpus.clip import EMOTIONS
from minser.recognizer import Answer, Recognizer
from minser.system.columns import width

from .trained import make_run, speak


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with a run, a voice, a tone and a broken file."""
    folder = tmp_path_factory.mktemp("place")
    make_run(folder / "run")
    audio.save(folder / "voice.wav", speak(2), sr=16000)
    (folder / "more").mkdir()
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(32000) / 16000)
    audio.save(folder / "more" / "tone.flac", tone.astype(np.float32), sr=16000)
    (folder / "more" / "broken.wav").write_bytes(b"RIFF, said the file")
    (folder / "more" / "notes.txt").write_text("no sound")
    (folder / "more" / ".hidden.wav").write_bytes(b"")
    for name in (".trash", "__MACOSX"):
        (folder / "more" / name).mkdir()
        (folder / "more" / name / "old.wav").write_bytes(b"")
    return folder


@pytest.fixture(autouse=True)
def here(place, monkeypatch):
    monkeypatch.chdir(place)


def test_the_table_has_a_line_a_file_and_notes_below(capsys):
    assert predict.main(["--run", "run", "voice.wav", "more/tone.flac"]) == 0
    head, voice, *rest = capsys.readouterr().out.splitlines()
    assert head.split() == ["file", "emotion", *EMOTIONS]
    assert voice.split()[0] == "voice.wav"
    assert sum(map(float, voice.split()[2:])) == pytest.approx(1, abs=0.04)  # two digits each
    tone = next(line for line in rest if line.startswith("more/tone.flac"))
    assert rest[rest.index(tone) + 1] == "  no speech: its pitch is as steady as an instrument's"


def test_a_narrow_window_has_the_probabilities_below(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    assert predict.main(["--run", "run", "voice.wav"]) == 0
    head, voice, first, second, *_ = capsys.readouterr().out.splitlines()
    assert head == "file       emotion"
    assert voice.split()[0] == "voice.wav"
    assert first.split()[::2] + second.split()[::2] == list(EMOTIONS)
    assert sum(map(float, first.split()[1::2] + second.split()[1::2])) == pytest.approx(1, abs=0.04)
    assert max(map(len, (head, voice, first, second))) <= 60


def test_columns_stand_straight_under_wide_letters():
    names = ("愤怒", "a", "surprised")
    probs = np.array([0.5, 0.25, 0.25], np.float32)
    answer = Answer(names, probs, (), np.empty((0, 2)), probs[np.newaxis], np.array([True]))
    files = ["声音.wav", "voice.wav", "录音" * 20 + ".wav"]
    lines = [predict.header(None, names, files), *(predict.row(None, file, answer, files) for file in files)]
    assert {width(line) for line in lines} == {40 + 2 + 9 + 2 + 4 + 2 + 4 + 2 + 9}
    assert {width(line[: line.index("0.50")]) for line in lines[1:]} == {53}


def test_json_and_csv_say_what_python_says(capsys):
    expected = Recognizer.load("run").answer_file("voice.wav")
    assert predict.main(["--run", "run", "--json", "voice.wav"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert (answer["file"], answer["emotion"], answer["notes"]) == ("voice.wav", expected.emotion, [*expected.notes])
    np.testing.assert_allclose(list(answer["probabilities"].values()), expected.probs, atol=1e-6)
    assert predict.main(["--run", "run", "--csv", "voice.wav"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    np.testing.assert_allclose([float(row[name]) for name in expected.emotions], expected.probs, atol=1e-6)
    assert row["notes"] == "; ".join(expected.notes)


def test_folders_and_patterns_and_bad_files(capsys):
    assert predict.main(["--run", "run", "--csv", "more", "*.wav", "voice.wav", "gone.wav", "x*.wav"]) == 2
    out, err = capsys.readouterr()
    assert [line.split(",")[0] for line in out.splitlines()[1:]] == ["more/tone.flac", "voice.wav"]  # each once
    assert "'more/broken.wav': expected a sound file" in err
    assert "gone.wav" in err
    assert "'x*.wav': expected sound files, found none" in err
    assert err.splitlines()[-1] == "minser predict: 3 of 5 gave no answer"
    assert "Traceback" not in err


@pytest.mark.parametrize("name", ["a,b [1].wav", "größe\n2.wav", b"not utf-8 \xff.wav"], ids=["comma", "line", "bytes"])
@pytest.mark.parametrize("style", [[], ["--csv"], ["--json"]])
def test_names_may_be_anything(place, tmp_path, capsys, name, style):
    file = tmp_path / os.fsdecode(name)
    shutil.copy(place / "voice.wav", file)
    assert predict.main(["--run", "run", *style, str(file)]) == 0
    out = capsys.readouterr().out
    out.encode()  # can be printed
    if style == ["--json"]:
        assert json.loads(out)[0]["file"] == str(file)
    elif style == ["--csv"] and isinstance(name, str):
        assert next(csv.DictReader(io.StringIO(out, newline="")))["file"] == str(file)


def test_stdin(place, capsys, monkeypatch):
    content = io.BytesIO((place / "voice.wav").read_bytes())
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=content))
    assert predict.main(["--run", "run", "--json", "-"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    np.testing.assert_allclose(
        list(answer["probabilities"].values()), Recognizer.load("run").answer_file("voice.wav").probs, atol=1e-6
    )
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=io.BytesIO(b"")))
    assert predict.main(["--run", "run", "-"]) == 2
    assert "the input: expected a sound file" in capsys.readouterr().err


def test_emotion_over_time_is_written_as_csv_and_picture(tmp_path, capsys):
    (tmp_path / "other").mkdir()
    files = [tmp_path / "long.wav", tmp_path / "other" / "Long.WAV"]  # the second may be the first's name on some disks
    audio.save(files[0], speak(9), sr=16000)
    shutil.copy(*files)
    arguments = ["--window", "3", "--hop", "2", "--over-time", str(tmp_path / "out")]
    assert predict.main(["--run", "run", *arguments, *map(str, files)]) == 0
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert names == {"long.wav.csv", "long.wav.png", "Long.WAV-2.csv", "Long.WAV-2.png"}
    rows = list(csv.DictReader((tmp_path / "out" / "long.wav.csv").read_text().splitlines()))
    expected = Recognizer.load("run").answer_file(tmp_path / "long.wav", window_s=3, hop_s=2)
    assert [float(row["start_s"]) for row in rows] == [0, 2, 4, 5.75]  # the last ends with the last sound
    assert [float(row["end_s"]) for row in rows] == [3, 5, 7, 8.75]
    np.testing.assert_allclose([float(row["angry"]) for row in rows], expected.course[:, 4], atol=1e-6)
    assert (tmp_path / "out" / "long.wav.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--run", "nowhere", "voice.wav"], "nowhere: no run folder of minser"),
        (["--run", "run", "--window", "9", "voice.wav"], "expected 0 < hop_s <= window_s <= 7"),
        (["--run", "run", "--over-time", "voice.wav", "voice.wav"], "File exists"),
    ],
)
def test_bad_arguments_get_one_line(capsys, arguments, line):
    assert predict.main(arguments) == 2
    err = capsys.readouterr().err
    assert line in err
    assert len(err.splitlines()) == 1


def test_nothing_heavy_is_imported_for_an_answer(place):
    """Matplotlib takes a second to load, torch more."""
    code = (
        "import sys; from minser import predict; "
        "predict.main(['--run', 'run', 'voice.wav']); "
        "heavy = {'matplotlib', 'torch', 'librosa', 'sklearn', 'pandas', 'gradio'} & sys.modules.keys(); "
        "sys.exit(' '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=place, capture_output=True, text=True, check=False)
    assert (
        done.returncode,
        done.stderr.replace("minser: compiling its loops, once; later runs start at once\n", ""),
    ) == (0, "")


def test_a_table_without_an_answer_has_no_head(capsys):
    assert predict.main(["nowhere.wav", "nothing.wav"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "minser predict: nowhere.wav: no such file or folder",
        "minser predict: nothing.wav: no such file or folder",
        "minser predict: 2 of 2 gave no answer",
    ]
