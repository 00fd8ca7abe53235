"""The page in a real browser: what a visitor sees, hears and sends."""

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from minser import audio
from minser.corpus.clip import EMOTIONS

from ..trained import make_run, speak

pytestmark = pytest.mark.slow

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PORT = 7861 + 2 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))  # each worker serves its own


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


@contextlib.contextmanager
def serve(module: str, run: Path, port: int, place: Path) -> Iterator[str]:
    """Serve the page; its temporary folder in `place` has to be gone in the end."""
    pytest.importorskip("gradio")
    command = [sys.executable, "-m", module, "--run", str(run), "--port", str(port)]
    environment = {**os.environ, "TMPDIR": str(place)}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert server.stdout is not None
    try:
        assert server.stdout.readline() == f"listening at http://127.0.0.1:{port}, until Ctrl-C\n"
        assert len(list(place.glob("minser-web-*"))) == 1
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.communicate(timeout=30)
    assert server.returncode == 0
    assert list(place.iterdir()) == []


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """Return where the server keeps its files."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def address(run, place):
    with serve("minser.web", run, PORT, place) as address:
        yield address


@pytest.fixture(scope="module")
def hasty(run, tmp_path_factory):
    """Serve a page that deletes what is two seconds old; return its address and where it keeps its files."""
    place = tmp_path_factory.mktemp("hasty")
    with serve("tests.web.hasty", run, PORT + 1, place) as address:
        yield address, place


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
def page(chromium, address, place, request):
    """Open the page; it may ask nobody but its server for anything, and is told no place on the server's disk."""
    context = chromium.new_context(viewport=request.param, permissions=["microphone"])
    page = context.new_page()
    asked, answered = [], []
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("requestfinished", lambda sent: answered.append(sent.response()))
    page.goto(address)
    page.get_by_label("Upload file").first.wait_for()
    yield page
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    kinds = ("text/html", "text/event-stream", "application/json")
    texts = [one.text() for one in answered if one.headers.get("content-type", "").startswith(kinds)]
    assert len(texts) > 2
    assert [text[:300] for text in [page.content(), *asked, *texts] if names_a_place(text, place)] == []
    context.close()


def names_a_place(text: str, place: Path) -> bool:
    """Return whether a text names the server's folder, or where minser, Python or their caller lie."""
    return any(str(folder) in text for folder in (place, "minser-web", Path.cwd(), sys.prefix, Path.home()))


def post(address: str, path: str, content: bytes, kind: str = "application/json") -> str:
    """Return what the server answers, as text."""
    with contextlib.closing(http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)) as server:
        server.request("POST" if content else "GET", f"/gradio_api/{path}", content, {"Content-Type": kind})
        return server.getresponse().read().decode()


def upload(address: str, content: bytes) -> str:
    """Leave a recording, as the page does, and return where the server says that it is."""
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n'
    (path,) = json.loads(post(address, "upload", head + content + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"))
    return path


def click_example(address: str, number: int) -> str:
    """Choose an example, as the page does, and return where the server says that it is."""
    told = json.loads(post(address, "run/predict", json.dumps({"fn_index": 0, "data": [number]}).encode()))
    return told["data"][0]["value"]["path"]


def hear(address: str, path: str) -> str:
    """Hand a recording in, as the page does, and return all that the server says about it."""
    request = {"fn_index": 1, "session_hash": "visitor", "data": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}
    return post(address, "queue/join", json.dumps(request).encode()) + post(
        address, "queue/data?session_hash=visitor", b""
    )


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
    """The page has the command line's numbers and its pictures, and fits the window."""
    found = probabilities(page)
    assert list(found) == list(EMOTIONS)
    np.testing.assert_allclose(list(found.values()), list(expected.values()), atol=1e-6)
    assert page.locator(".minser img").count() >= 2
    assert page.evaluate("[...document.querySelectorAll('.minser img')].every(one => one.naturalWidth > 300)")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert "do not use it to decide anything about people" in page.inner_text("body")


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
        page.get_by_label("Clear").first.click()


def test_examples_outlive_what_visitors_leave(hasty, voice):
    address, place = hasty
    uploaded = upload(address, voice.read_bytes())
    assert "data-emotion" in hear(address, uploaded)
    assert "data-emotion" in hear(address, click_example(address, 4))
    for _ in range(50):
        time.sleep(0.2)
        if not list(place.rglob("a.wav")):
            break
    else:
        pytest.fail("the upload was not deleted")
    for number in (4, 5):  # one that was heard before, and one that was not
        assert "data-emotion" in hear(address, click_example(address, number))
    answer = hear(address, uploaded)
    assert "the recording was deleted: record it again, or upload it again" in answer
    assert not names_a_place(answer, place)


def test_no_answer_names_a_place(address, place):
    uploaded = upload(address, b"no sound")
    example = click_example(address, 0)
    answers = [uploaded, example, hear(address, uploaded), hear(address, "a.wav"), hear(address, "/a.wav")]
    answers += [post(address, f"file={path}", b"") for path in (example + "x", "a.wav", "../a.wav", ".")]
    assert "expected a sound file" in answers[2]
    assert [text for text in answers if names_a_place(text, place)] == []


def test_an_upload_too_large_is_refused(address):
    content = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n' + bytes(51 * 2**20)
    head = {"Content-Type": "multipart/form-data; boundary=x"}
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", PORT)) as server:
        server.request("POST", "/gradio_api/upload", content + b"\r\n--x--\r\n", head)
        assert server.getresponse().status == 413
