import numpy as np
import pytest

from minser import audio, explain

from .trained import make_run, speak


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "run")


@pytest.mark.slow
def test_writes_a_picture_and_says_what_it_is_of(run, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    audio.save("voice.wav", speak(2), sr=16000)
    assert explain.main(["--run", str(run), "voice.wav"]) == 0
    out = capsys.readouterr().out
    assert "the picture is voice-explained.png" in out
    assert (tmp_path / "voice-explained.png").read_bytes().startswith(b"\x89PNG")
    assert explain.main(["--run", str(run), "voice.wav", "--emotion", "sad", "--out", "sad.png"]) == 0
    assert capsys.readouterr().out.startswith("voice.wav: sad ")
    assert (tmp_path / "sad.png").exists()


@pytest.mark.slow
@pytest.mark.parametrize("stored", ["w\u00fctend", "wu\u0308tend"])
@pytest.mark.parametrize("asked", ["w\u00fctend", "wu\u0308tend"])
def test_an_emotion_is_known_in_either_form_of_its_name(tmp_path, capsys, stored, asked):
    run = make_run(tmp_path / "run", classes=[stored, *"bcdefgh"])
    audio.save(tmp_path / "voice.wav", speak(1), sr=16000)
    arguments = ["--run", str(run), str(tmp_path / "voice.wav"), "--emotion", asked, "--out", str(tmp_path / "a.png")]
    assert explain.main(arguments) == 0
    assert ": w\u00fctend " in capsys.readouterr().out


def test_bad_input_gets_one_line(run, tmp_path, capsys):
    audio.save(tmp_path / "voice.wav", np.full(8000, 0.1), sr=16000)
    for arguments, line in (
        ([f"{tmp_path}/gone.wav"], "gone.wav"),
        ([f"{tmp_path}/voice.wav", "--emotion", "bored"], "emotion: expected one of neutral"),
        ([f"{tmp_path}/voice.wav", "--out", f"{tmp_path}/gone/x.png"], "gone"),
        ([f"{tmp_path}/voice.wav", "--out", "x.jpg"], "--out: expected a name that ends in .png, got 'x.jpg'"),
    ):
        assert explain.main(["--run", str(run), *arguments]) == 2
        err = capsys.readouterr().err
        assert line in err
        assert len(err.splitlines()) == 1
