"""Hostile submissions cost their own question, and harm neither the grader, nor the machine, nor another question."""

import os
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from minser.grade import child, sandbox

LIMITS = sandbox.Limits(seconds=4)
OBSTACLE = sandbox.obstacle()
needs_sandbox = pytest.mark.skipif(OBSTACLE is not None, reason=f"no sandbox can be built here: {OBSTACLE}")
SOUND = "def right(x):\n    return x + 1\n"
HOSTILE = {
    "loop without end": ("while True:\n        pass", "no answer after 1 s"),
    "a loop in C that no signal ends": ("return sum(range(10**15))", "no answer after 1 s"),
    "sleep": ("import time\n    time.sleep(1000)", "no answer after 1 s"),
    "os._exit": ("import os\n    os._exit(0)", "ended without an answer"),
    "sys.exit": ("import sys\n    sys.exit(0)", "SystemExit"),
    "kill its parent": ("import os, signal\n    os.kill(os.getppid(), 9)\n    os.kill(-1, 9)", "No such process"),
    "100 GB at once": ("import numpy\n    return numpy.ones(10**11)", "MemoryError"),
    "100 GB bit by bit": ("a = []\n    while True:\n        a.append(bytearray(10**8))", "MemoryError"),
    "a million lines": (
        "for _ in range(10**6):\n        print('x' * 80)",
        "nothing",
    ),
    "bytes without end into the pipe": (
        "import os\n    while True:\n        [os.write(fd, bytes(10**6)) for fd in range(3, 9) if fd_open(fd)]",
        "larger than 16 MiB",
    ),
    "an answer that is too large": ("import numpy\n    return numpy.ones(2 * 10**6)", "larger than 16 MiB"),
    "delete files": ("import shutil\n    shutil.rmtree('/', ignore_errors=True)", "nothing|no answer"),
    "delete what is mine": ("import os\n    os.remove(OWNED)", "No such file"),
    "write anywhere": ("open('/library/numpy/__init__.py', 'w')", "Read-only file system"),
    "fill the disk": (
        "with open('big', 'wb') as f:\n        while True:\n            f.write(bytes(10**6))",
        "File too large|No space left|ended without an answer",
    ),
    "fork without end": ("import os\n    while True:\n        os.fork()", "Resource temporarily unavailable"),
    "threads without end": (
        "import threading\n    for _ in range(10**4):\n        threading.Thread(target=lambda: None).start()",
        "can't start new thread",
    ),
    "import the answer": ("from minser.grade import catalogue\n    return catalogue.source('01_stft')", "only NumPy"),
    "import the answer round the lock": (
        f"import sys\n    sys.meta_path.pop(0)\n    sys.path.append({str(Path(child.__file__).parents[2])!r})\n"
        "    import minser",
        "No module named 'minser'",
    ),
    "import torch": ("import torch", "only NumPy"),
    "read the solutions' file": (f"return open({child.__file__!r}).read()", "No such file"),
    "read a secret": ("return open('/etc/passwd').read()", "No such file"),
    "call the network": (
        "import socket\n    socket.create_connection(('127.0.0.1', PORT), 2)",
        "Network is unreachable|Connection refused|Cannot assign|Errno 101|Errno 111",
    ),
    "new namespaces": (
        "import ctypes\n    if ctypes.CDLL(None).unshare(0x10000000): raise OSError('refused')",
        "refused",
    ),
    "mount": (
        "import ctypes\n    if ctypes.CDLL(None).umount2(b'/library/numpy', 2): raise OSError('refused')",
        "refused",
    ),
    "raise the limits": (
        "import resource\n    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
        "ValueError|Permission",
    ),
    "recursion": ("return f(x)", "RecursionError"),
    "crash": ("import ctypes\n    ctypes.string_at(0)", "ended without an answer"),
    "an error that cannot be printed": (
        "class E(Exception):\n        def __str__(self):\n            raise self\n    raise E",
        "cannot be printed",
    ),
    "escapes for the terminal": ("raise ValueError('\\x1b[2J\\x07wiped')", "wiped"),
    "a pickled bomb": (
        "import numpy\n    class B:\n        def __reduce__(self):\n            return (exit, ())\n"
        "    return numpy.array([B()], object)",
        "the answer holds a B",
    ),
    "an answer that never ends": ("a = []\n    a.append(a)\n    return a", "RecursionError"),
    "a false answer in the pipe": (
        "import os\n    [os.write(fd, b'{\"answer\": 1}\\n') for fd in range(3, 9) if fd_open(fd)]\n    os._exit(0)",
        "no answer",
    ),
    "half an answer": (
        "import os\n    [os.write(fd, b'[\"value\", 1]') for fd in range(3, 9) if fd_open(fd)]\n    os._exit(0)",
        "without an answer",
    ),
    "arguments changed": ("x += 1\n    return x", "changes its arguments"),
    "a syntax error": ("return (x +", "never closed"),
    "a null byte": ("return '\x00'", "null bytes"),
    "deep brackets": ("return " + "(" * 5000 + ")" * 5000, "SyntaxError|MemoryError|too many nested"),
}
HELPER = """
def fd_open(fd):
    import os
    try:
        return bool(os.fstat(fd))
    except OSError:
        return False
"""
QUICK = {"os._exit", "100 GB at once", "import the answer", "fork without end", "a syntax error"}


def ask(source, name="f", *, limits=LIMITS, n=1):
    return sandbox.ask(source.encode(), ".py", name, [{"x": np.arange(3.0) + i} for i in range(n)], limits)


def hostile(body, **words):
    text = f"{HELPER}{SOUND}def f(x):\n    {body}\n"
    for word, value in words.items():
        text = text.replace(word, repr(value))
    return text


def outcome(reply):
    return reply.get("error") or ("nothing" if reply["answer"] is None else repr(reply["answer"]))


@needs_sandbox
@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=() if kind in QUICK else pytest.mark.slow) for kind in HOSTILE]
)
def test_hostile_code_costs_its_own_question(kind, tmp_path, free_tcp_server):
    body, expected = HOSTILE[kind]
    owned = tmp_path / "mine.txt"
    owned.write_text("still here")
    before = set(psutil.pids())
    source = hostile(body, OWNED=str(owned), PORT=free_tcp_server)
    limits = sandbox.Limits(seconds=1) if "no answer after 1 s" in expected else LIMITS
    found = outcome(ask(source, limits=limits)[0])
    assert any(word in found for word in expected.split("|")), found
    assert found.isprintable()
    assert outcome(ask(source, "right")[0]) == repr(np.arange(3.0) + 1)
    assert owned.read_text() == "still here"
    deadline = time.monotonic() + 3
    while (left := [p for p in set(psutil.pids()) - before if is_ours(p)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def is_ours(pid):
    """Return whether a process was started by the sandbox: its command names one of its two programs."""
    try:
        words = " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return False
    return "/child.py" in words or "jail.py" in words


@pytest.fixture
def free_tcp_server():
    """Return the port of a server on this machine that would answer."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@needs_sandbox
def test_what_the_sandbox_holds():
    source = (
        "import os\ndef f(x):\n    open('a', 'w').write('x')\n"
        "    return [os.getcwd(), sorted(os.listdir('/')), os.getuid(), os.environ.get('HOME'), os.getpid()]\n"
    )
    os.environ.setdefault("HOME", "/root")
    folder, top, user, home, pid = ask(source)[0]["answer"]
    assert (folder, user, home, pid) == ("/scratch", 1000, None, 1)
    assert not {"proc", "sys", "home", "tmp", "work", "var"} & set(top)


@pytest.mark.slow
@needs_sandbox
def test_all_of_numpy_and_of_python_can_be_imported():
    source = (
        "from numpy import *\ndef f(x):\n    import numpy.testing, numpy.matlib, zoneinfo, sysconfig, unittest.mock\n"
        "    numpy.testing.assert_equal(x, 1 * x)\n    return cumsum(x) * int(pi)\n"
    )
    for sandboxed in (True, False):
        replies = ask(source, limits=sandbox.Limits(seconds=10, sandboxed=sandboxed))
        assert outcome(replies[0]) == repr(np.array([0.0, 3, 9]))


@needs_sandbox
def test_answers_before_a_loop_count():
    replies = ask("def f(x):\n    while x[0] > 0:\n        pass\n    return x\n", limits=sandbox.Limits(seconds=1), n=2)
    assert np.array_equal(replies[0]["answer"], [0, 1, 2])
    assert "no answer after 1 s" in replies[1]["error"]


@pytest.mark.slow
def test_unsandboxed_runs_anywhere():
    limits = sandbox.Limits(seconds=4, sandboxed=False)
    assert outcome(ask(SOUND, "right", limits=limits)[0]) == repr(np.arange(3.0) + 1)
    assert "only NumPy" in outcome(ask("def f(x):\n    import minser\n", limits=limits)[0])
    assert "no answer after 1 s" in outcome(
        ask("def f(x):\n    while 1:\n        pass\n", limits=sandbox.Limits(seconds=1, sandboxed=False))[0]
    )


def test_without_namespaces_it_says_why(monkeypatch):
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    assert sandbox.obstacle() == "darwin has no namespaces"


def test_a_sandbox_that_fails_names_the_call(monkeypatch):
    real = sandbox._command

    def broken(limits):
        command = real(limits)
        return [*command[:-1], command[-1].replace("/child.py", "/nowhere.py")]

    monkeypatch.setattr(sandbox, "_command", broken)
    assert sandbox.obstacle()
