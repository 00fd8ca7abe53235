import re
import sys
from unittest import mock

import numpy as np
import pytest

from minser import audio, web
from minser.recognizer import Answer, Recognizer

from ..trained import make_run, speak


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory):
    return Recognizer.load(make_run(tmp_path_factory.mktemp("runs") / "run"))


@pytest.mark.parametrize(("seconds", "n_pictures"), [(2, 2), (9, 3)])
def test_a_recording_gets_its_answer_and_pictures(recognizer, tmp_path, seconds, n_pictures):
    audio.save(tmp_path / "voice.wav", speak(seconds), sr=16000)
    answer, pictures = web.listen(recognizer, tmp_path / "voice.wav")
    expected = recognizer.answer_file(tmp_path / "voice.wav")
    found = re.findall(r'data-emotion="(\w+)" data-probability="([^"]+)"', answer)
    assert [name for name, _ in found] == list(expected.emotions)
    np.testing.assert_allclose([float(p) for _, p in found], expected.probs, rtol=1e-7)
    assert pictures.count('src="data:image/png;base64,iVBOR') == n_pictures
    assert str(tmp_path) not in answer + pictures


def test_what_cannot_be_heard_is_said_without_a_path(recognizer, tmp_path, monkeypatch):
    (tmp_path / "broken.wav").write_bytes(b"no sound at all")
    with pytest.raises(ValueError, match=r"^the input: expected a sound file"):
        web.listen(recognizer, tmp_path / "broken.wav")
    monkeypatch.setattr(web, "MAX_S", 5)
    audio.save(tmp_path / "long.wav", speak(6), sr=16000)
    with pytest.raises(ValueError, match=r"^the recording is longer than 5 s"):
        web.listen(recognizer, tmp_path / "long.wav")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (FileNotFoundError(2, "No such file or directory", "/srv/a.wav"), "the recording was deleted: record it again"),
        (OSError(28, "No space left on device", "/srv/a.wav"), "No space left on device"),
        (OSError("/srv/a.wav"), "the recording cannot be read"),
        (ValueError("the input: expected\na sound file"), "the input: expected a sound file"),
    ],
)
def test_an_error_is_one_line_without_a_path(error, line):
    told = web.line_without_path(error)
    assert told.startswith(line)
    assert "/" not in told


def test_names_and_notes_are_text_and_not_html():
    probs = np.array([0.25, 0.75], np.float32)
    answer = Answer(("<b>", "a&b"), probs, ("<script>",), np.zeros((1, 2)), probs[None], np.array([True]))
    page = web.answer_html(answer)
    assert "&lt;b&gt;" in page
    assert "a&amp;b, 75&nbsp;%" in page
    assert "<script>" not in page
    assert "<b>" not in page


def test_the_limits_are_said():
    assert "2 minutes" in web.ABOUT.format(minutes=web.MAX_S / 60, keep=web.KEEP_S / 60 + 1)


def test_without_gradio_one_line_says_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "gradio", None)
    for name in ("GRADIO_TEMP_DIR", "GRADIO_ANALYTICS_ENABLED", "HF_HUB_OFFLINE"):
        monkeypatch.setenv(name, "")  # what the command sets is taken back
    assert web.main(["--run", str(make_run(tmp_path / "run"))]) == 2
    assert capsys.readouterr().err == 'minser web: the page needs Gradio: python -m pip install "minser[web]"\n'


@pytest.mark.parametrize("port", ["-1", "0", "65536", "99999999999"])
def test_a_port_that_is_none_is_told_as_such(port, capsys):
    assert web.main(["--port", port]) == 2
    assert capsys.readouterr().err == f"minser web: --port must be from 1 to 65535, got {port}\n"


def test_a_port_that_is_taken_is_told_in_one_line(monkeypatch, tmp_path, capsys):
    page = mock.Mock()
    page.launch.side_effect = OSError("Cannot find empty port in range: 7860-7860.")
    monkeypatch.setattr(web, "import_gradio", mock.Mock())
    monkeypatch.setattr(web, "build_page", mock.Mock(return_value=page))
    monkeypatch.setattr(web.signal, "signal", mock.Mock())
    assert web.main([]) == 2
    told = "minser web: the page cannot listen at 127.0.0.1:7860, which may be taken: name another --port\n"
    assert capsys.readouterr().err == told
