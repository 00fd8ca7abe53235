"""The page in a real browser: what a visitor sees, hears and sends."""

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minser import audio
from minser.corpus.clip import EMOTIONS

from ..trained import make_run, speak

pytestmark = pytest.mark.slow

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PORT = 7861


@pytest.fixture(scope="module")
def voice(tmp_path_factory, request) -> Path:
    """Return a clip of RAVDESS as a WAV file, or where it is not here something like a voice."""
    path = tmp_path_factory.mktemp("voice") / "voice.wav"
    try:
        root = request.getfixturevalue("ravdess")
    except pytest.skip.Exception:
        audio.save(path, speak(3, sr=48000), sr=48000)
    else:
        waveform, sr = audio.load(next(root.rglob("03-01-05-02-01-01-12.*")))
        audio.save(path, waveform, sr=sr)
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def address(run, tmp_path_factory):
    """Serve the page; in the end its temporary folder has to be gone."""
    pytest.importorskip("gradio")
    place = tmp_path_factory.mktemp("temporary")
    command = [sys.executable, "-m", "minser.web", "--run", str(run), "--port", str(PORT)]
    environment = {**os.environ, "TMPDIR": str(place)}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert server.stdout is not None
    try:
        assert server.stdout.readline() == f"listening at http://127.0.0.1:{PORT}, until Ctrl-C\n"
        assert len(list(place.glob("minser-web-*"))) == 1
        yield f"http://127.0.0.1:{PORT}"
    finally:
        server.terminate()
        server.communicate(timeout=30)
    assert server.returncode == 0
    assert list(place.iterdir()) == []


@pytest.fixture(scope="module")
def chromium(voice):
    """Start Chromium with a microphone that plays the clip over and over."""
    playwright = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium here")
    microphone = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    microphone.append(f"--use-file-for-fake-audio-capture={voice}")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", *microphone])
        yield browser
        browser.close()


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(chromium, address, request):
    """Open the page; it may ask nobody but its server for anything."""
    context = chromium.new_context(viewport=request.param, permissions=["microphone"])
    page = context.new_page()
    asked = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.goto(address)
    page.get_by_label("Upload file").first.wait_for()
    yield page
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    context.close()


def probabilities(page) -> dict[str, float]:
    """Return the numbers behind the bars, once they are there."""
    page.wait_for_selector("tr[data-emotion]")
    rows = page.locator("tr[data-emotion]").all()
    return {row.get_attribute("data-emotion"): float(row.get_attribute("data-probability")) for row in rows}


def predicted(run, file) -> dict[str, float]:
    """Return what the command line says about a file."""
    command = [sys.executable, "-m", "minser.predict", "--run", str(run), "--json", str(file)]
    (answer,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return answer["probabilities"]


def assert_answered(page, expected: dict[str, float]) -> None:
    """The page has the command line's numbers and its pictures, fits the window, and names no place on the disk."""
    found = probabilities(page)
    assert list(found) == list(EMOTIONS)
    np.testing.assert_allclose(list(found.values()), list(expected.values()), atol=1e-6)
    assert page.locator(".minser img").count() >= 2
    assert page.evaluate("[...document.querySelectorAll('.minser img')].every(one => one.naturalWidth > 300)")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    text = page.inner_text("body")
    assert "do not use it to decide anything about people" in text
    assert "/tmp" not in text
    assert "minser-web" not in text


def test_an_upload_is_answered_as_on_the_command_line(page, run, voice):
    page.get_by_label("Upload file").first.click()
    page.locator("input[type=file]").first.set_input_files(voice)
    assert_answered(page, predicted(run, voice))


def test_the_microphone_is_answered_as_its_recording_is(page, run, tmp_path):
    page.get_by_label("Record audio").first.click()
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(4000)
    page.get_by_role("button", name="Stop", exact=True).click()
    probabilities(page)
    source = page.evaluate(
        "performance.getEntriesByType('resource').map(one => one.name).filter(name => name.endsWith('.wav')).at(-1)"
    )
    (tmp_path / "recorded.wav").write_bytes(page.request.get(source).body())
    waveform, sr = audio.load(tmp_path / "recorded.wav")
    assert 2 < len(waveform) / sr < 6
    assert np.abs(waveform).max() > 0.01
    assert_answered(page, predicted(run, tmp_path / "recorded.wav"))


def test_an_example_is_a_click_away(page):
    page.get_by_text("angry", exact=True).first.click()
    assert sum(probabilities(page).values()) == pytest.approx(1, abs=1e-6)


def test_bad_uploads_get_a_sentence_and_no_path(page, tmp_path):
    audio.save(tmp_path / "long.wav", np.tile(speak(11), 11), sr=16000)
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    for name, text in (("long.wav", "the recording is longer than 120 s"), ("broken.wav", "expected a sound file")):
        page.get_by_label("Upload file").first.click()
        page.locator("input[type=file]").first.set_input_files(tmp_path / name)
        page.get_by_text(text).first.wait_for()
        assert "/tmp" not in page.inner_text("body")
        page.get_by_label("Clear").first.click()


def test_an_upload_too_large_is_refused(address):
    content = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n' + bytes(51 * 2**20)
    head = {"Content-Type": "multipart/form-data; boundary=x"}
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", PORT)) as server:
        server.request("POST", "/gradio_api/upload", content + b"\r\n--x--\r\n", head)
        assert server.getresponse().status == 413
