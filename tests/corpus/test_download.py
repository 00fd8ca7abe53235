"""Downloads from a server on this machine that misbehaves in every way that servers do, and hostile archives."""

import errno
import hashlib
import io
import stat
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from minser import data
from minser.corpus import download
from minser.corpus.download import Archive

CONTENT = np.random.default_rng(0).bytes(300_000)
ARCHIVE = Archive("clips.zip", len(CONTENT), hashlib.md5(CONTENT).hexdigest(), "speech")


class Server(ThreadingHTTPServer):
    """Answer the n-th request by the n-th of `manners`, and all further ones by the last."""

    def __init__(self, *manners):
        super().__init__(("127.0.0.1", 0), Handler)
        self.manners, self.requests, self.content = manners, [], CONTENT
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/files/"

    def handle_error(self, *_):
        pass  # clients that hang up are part of the play


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        server = self.server
        manner = server.manners[min(len(server.requests), len(server.manners) - 1)]
        server.requests.append(dict(self.headers))
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        manner(self, server.content, start)


def answer(handler, status, body=b"", **headers):
    """Send one answer; the length is true unless it is given."""
    handler.send_response(status)
    for name, value in {"Content_Length": len(body), **headers}.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()
    handler.wfile.write(body)


def good(handler, content, start):
    if start:
        rest = f"bytes {start}-{len(content) - 1}/{len(content)}"
        answer(handler, 206, content[start:], Content_Range=rest)
    else:
        answer(handler, 200, content)


def refuses(status, **headers):
    return lambda handler, content, start: answer(handler, status, b"<html>no</html>", **headers)


def cuts_after(n_bytes):
    def manner(handler, content, start):
        body = content[start:]
        status, extra = (206, {"Content_Range": f"bytes {start}-{len(content) - 1}/*"}) if start else (200, {})
        answer(handler, status, body[:n_bytes], Content_Length=len(body), **extra)

    return manner


def hangs_up(handler, content, start):
    handler.connection.close()


def ignores_range(handler, content, start):
    answer(handler, 200, content)


def sends_another_range(handler, content, start):
    answer(handler, 206, content, Content_Range=f"bytes 0-{len(content) - 1}/{len(content)}")


def understates_the_length(handler, content, start):
    answer(handler, 200, content, Content_Length=1000)


def overstates_the_length(handler, content, start):
    answer(handler, 200, content, Content_Length=len(content) + 500)


def sends_too_much(handler, content, start):
    answer(handler, 200, content + b"more")


def sends_a_web_page(handler, content, start):
    answer(handler, 200, b"<html>are you a robot?</html>", Content_Type="text/html")


def sends_other_bytes(handler, content, start):
    good(handler, bytes(len(content)), start)


def says_nothing_of_length(handler, content, start):
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(content)


@pytest.fixture
def pauses(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return []


@pytest.mark.parametrize(
    "manners",
    [
        [good],
        [refuses(403), refuses(429), refuses(500), refuses(503), good],
        [cuts_after(100_000), cuts_after(70_000), good],
        [cuts_after(100_000), refuses(503), good],
        [cuts_after(5_000)] * 20 + [good],
        [hangs_up, good],
        [cuts_after(100_000), ignores_range],
        [cuts_after(100_000), sends_another_range, good],
        [cuts_after(100_000), refuses(416), good],
        [understates_the_length, good],
        [overstates_the_length, good],
        [sends_too_much, good],
        [sends_a_web_page, good],
        [sends_a_web_page, ignores_range],
        [sends_other_bytes, good],
        [says_nothing_of_length],
    ],
)
def test_a_server_that_comes_to_its_senses_is_waited_for(tmp_path, pauses, manners):
    with Server(*manners) as server:
        file = download.fetch(ARCHIVE, tmp_path / "new", server=server.address, sleep=pauses.append)
    assert file.read_bytes() == CONTENT
    assert [path.name for path in file.parent.iterdir()] == ["clips.zip"]
    assert all(request["User-Agent"].startswith("minser/") for request in server.requests)


@pytest.mark.parametrize(
    ("manner", "error", "message"),
    [
        (refuses(404), OSError, "status 404"),
        (refuses(403), OSError, "gave up after 8 attempts at byte 0 of 300000: status 403"),
        (refuses(429), OSError, "status 429"),
        (hangs_up, OSError, "ConnectionError"),
        (understates_the_length, OSError, "at byte 1000 of 300000"),
        (sends_too_much, ValueError, "got another one"),
        (sends_a_web_page, OSError, "at byte 29 of 300000: the answer ended early"),
        (sends_other_bytes, ValueError, f"expected a file with the MD5 {ARCHIVE.md5}, got another one"),
    ],
)
def test_a_server_that_does_not_gets_one_line(tmp_path, pauses, manner, error, message):
    with Server(manner) as server, pytest.raises(error, match=message) as caught:
        download.fetch(ARCHIVE, tmp_path, server=server.address, sleep=pauses.append)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "clips.zip").exists()
    assert len(server.requests) <= 16


def test_nobody_there(tmp_path, pauses):
    with pytest.raises(OSError, match="gave up"):
        download.fetch(ARCHIVE, tmp_path, server="http://127.0.0.1:9", sleep=pauses.append)


def test_pauses_grow_and_the_server_may_ask_for_longer_ones(tmp_path, pauses):
    with Server(
        refuses(503), refuses(503), refuses(429, Retry_After=17), refuses(429, Retry_After=99999), good
    ) as server:
        download.fetch(ARCHIVE, tmp_path, server=server.address, sleep=pauses.append)
    assert pauses == [2, 4, 17, 120]


def test_another_call_goes_on_where_the_first_stopped(tmp_path, pauses):
    with Server(cuts_after(204_900), refuses(404)) as server, pytest.raises(OSError, match="404"):
        download.fetch(ARCHIVE, tmp_path, server=server.address, sleep=pauses.append)
    assert (tmp_path / "clips.zip.part").stat().st_size == 204_800
    with Server(good) as server:
        download.fetch(ARCHIVE, tmp_path, server=server.address)
    assert server.requests[0]["Range"] == "bytes=204800-"


def test_a_part_of_another_file_is_thrown_away(tmp_path, pauses):
    for wrong in (b"x" * 100_000, b"x" * len(CONTENT), b"x" * 400_000):
        (tmp_path / "clips.zip").unlink(missing_ok=True)
        (tmp_path / "clips.zip.part").write_bytes(wrong)
        with Server(good) as server:
            file = download.fetch(ARCHIVE, tmp_path, server=server.address, sleep=pauses.append)
        assert file.read_bytes() == CONTENT


def test_what_is_there_is_not_fetched_again_unless_it_is_damaged(tmp_path, pauses):
    (tmp_path / "clips.zip").write_bytes(CONTENT)
    with Server(good) as server:
        download.fetch(ARCHIVE, tmp_path, server=server.address)
        assert server.requests == []
        (tmp_path / "clips.zip").write_bytes(CONTENT[:-1] + b"?")
        assert download.fetch(ARCHIVE, tmp_path, server=server.address).read_bytes() == CONTENT


def zipped(members, **options):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members:
            archive.writestr(name, body, **options)
    return content.getvalue()


def as_link(name):
    member = zipfile.ZipInfo(name)
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


def lying_about_size(body):
    """Return an archive whose directory says that its member has ten bytes."""
    content = bytearray(zipped([("a", body)]))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped([("../outside", b"")]), "outside of its folder"),
        (zipped([("/outside", b"")]), "outside of its folder"),
        (zipped([("a/../../outside", b"")]), "outside of its folder"),
        (zipped([("C:outside", b"")]), "outside of its folder"),
        (zipped([("..\\outside", b"")]), "outside of its folder"),
        (zipped([(as_link("a"), b"/etc")]), "is a link"),
        (zipped([("a", b"1"), ("A", b"2")]), "there twice"),
        (zipped([("a", bytes(2_000_000))]), "more than 1000000 bytes"),
        (zipped([(str(n), bytes(100_000)) for n in range(11)]), "more than 1000000 bytes"),
        (lying_about_size(bytes(2_000_000)), "zip file that can be unpacked"),
        (zipped([("a", b"1")], compress_type=zipfile.ZIP_LZMA), "another method"),
        (zipped([("a", bytes(1000))])[:60], "not a zip file"),
        (zipped([("a", CONTENT)]).replace(CONTENT[5000:5010], bytes(10)), "Bad CRC"),
        (b"", "not a zip file"),
        (zipped([("a", b"1"), ("a/b", b"2")]), "a"),
    ],
    ids=lambda value: "archive" if isinstance(value, bytes) else None,  # an archive holds the time: no name to rely on
)
def test_a_hostile_archive_leaves_nothing(tmp_path, content, message):
    (tmp_path / "in").mkdir()
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises((ValueError, OSError), match=message) as caught:
        download.unpack(tmp_path / "a.zip", tmp_path / "in" / "speech", max_bytes=1_000_000)
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "in").iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "in"}


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    (tmp_path / "a.zip").write_bytes(zipped([("Actor_01/a.wav", b"1")]))

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "open", full)
    with pytest.raises(OSError, match="No space left"):
        download.unpack(tmp_path / "a.zip", tmp_path / "speech")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


@pytest.fixture
def small(monkeypatch, pauses):
    """Let RAVDESS be two small archives, and return the server that has them."""
    bodies = {}
    for name, text in (("SPEECH", b"spoken"), ("SONG", b"sung")):
        body = zipped([("Actor_01/03-01-01-01-01-01-01.wav", text)])
        archive = Archive(f"{name}.zip", len(body), hashlib.md5(body).hexdigest(), name.lower())
        monkeypatch.setattr(download, name, archive)
        bodies[archive.name] = body

    def by_name(handler, content, start):
        good(handler, bodies[handler.path.split("?")[0].rpartition("/")[2]], start)

    with Server(by_name) as server:
        yield server


def test_the_command_fetches_and_unpacks(workplace, small, capsys):
    assert data.main(["download", "--server", small.address]) == 0
    assert (workplace / "data/speech/Actor_01/03-01-01-01-01-01-01.wav").read_bytes() == b"spoken"
    assert data.main(["download", "--song", "--server", small.address]) == 0
    assert (workplace / "data/song/Actor_01/03-01-01-01-01-01-01.wav").read_bytes() == b"sung"
    out = capsys.readouterr().out
    assert "data/speech is there already" in out
    assert "python -m minser.data check data" in out
    assert sorted(path.name for path in (workplace / "data").iterdir()) == ["song", "speech"]


def test_the_command_unpacks_what_is_here_and_refuses_another_file(workplace, small, capsys):
    body = zipped([("Actor_01/03-01-01-01-01-01-01.wav", b"sung")])
    (workplace / "mine.zip").write_bytes(body)
    assert data.main(["download", "corpora", "--zip", "mine.zip"]) == 0
    assert (workplace / "corpora/song/Actor_01/03-01-01-01-01-01-01.wav").read_bytes() == b"sung"
    assert small.requests == []
    (workplace / "other.zip").write_bytes(body + b"x")
    for name, message in (
        ("other.zip", "expected SPEECH.zip or SONG.zip"),
        ("none.zip", "none.zip: no such file"),
    ):
        assert data.main(["download", "--zip", name]) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1
