"""Build a sandbox out of Linux namespaces, then become the program that runs in it.

Comes in, by the command line: a JSON plan. Run by ``sandbox``, as a file of its own. The program sees a root of its
own: the plan's folders, read-only, and a small ``/scratch`` in memory; no network, no other process, no privileges.
Needs Linux 5.12 and the right to make user namespaces (namespaces(7), mount_setattr(2), pivot_root(2)).
"""

import ctypes
import json
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

NEW_USER, NEW_OTHERS = 0x10000000, 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000  # mnt pid net ipc uts
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 4096, 16384, 1 << 18
MNT_DETACH, AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID = 2, -100, 0x8000, 1, 2
SYS_MOUNT_SETATTR = 442  # the same number on every architecture
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
NOBODY, INSIDE = 65534, 1000  # users: outside if the grader is root, and inside

libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> None:
    """Call a function of the C library; OSError with its name if it fails."""
    words = [a.encode() if isinstance(a, str) else a for a in arguments]
    plain = [ctypes.c_ulong(a) if isinstance(a, int) and a >= 0 else a for a in words]
    if getattr(libc, name)(*plain) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def enter_user_namespace(proc: int, uid: int, gid: int) -> None:
    """Become a user of a namespace in which, where /proc may be written, no other one can be made."""
    lines = {"setgroups": "deny", "uid_map": f"{INSIDE} {uid} 1", "gid_map": f"{INSIDE} {gid} 1"}
    for name, line in lines.items():
        write(proc, f"self/{name}", line)
    with suppress(OSError):  # containers have a read-only /proc/sys; the mounts are locked in any case
        write(proc, "sys/user/max_user_namespaces", "0")


def write(proc: int, name: str, line: str) -> None:
    """Write a file of /proc, which may be out of sight."""
    with open(name, "w", encoding="ascii", opener=partial(os.open, dir_fd=proc)) as file:
        file.write(line)


def build_root(binds: dict[str, str], masks: list[str], program: bytes) -> None:
    """Build a root of read-only folders, and move into it."""
    call("mount", "none", "/", None, MS_REC | MS_PRIVATE, None)
    sources = {inside: os.open(path, os.O_PATH) for inside, path in binds.items()}  # /tmp may hide them
    root = Path("/tmp")
    call("mount", "root", str(root), "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    for inside, source in sources.items():
        place = root / inside.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if Path(f"/proc/self/fd/{source}").is_dir():
            place.mkdir(exist_ok=True)
        else:
            place.touch()
        call("mount", f"/proc/self/fd/{source}", str(place), None, MS_BIND | MS_REC, None)
        os.close(source)
    for path in masks:
        if (root / path.lstrip("/")).is_dir():
            call("mount", "empty", str(root / path.lstrip("/")), "tmpfs", MS_NOSUID | MS_NODEV, "size=4k,mode=755")
    (root / "child.py").write_bytes(program)
    (root / "scratch").mkdir()
    attributes = (ctypes.c_uint64 * 4)(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0, 0)
    call("syscall", SYS_MOUNT_SETATTR, AT_FDCWD, str(root), AT_RECURSIVE, attributes, 32)
    call("mount", "scratch", str(root / "scratch"), "tmpfs", MS_NOSUID | MS_NODEV, "size=16m,nr_inodes=1k,mode=777")
    os.chdir(root)
    call("pivot_root", ".", ".")
    call("umount2", ".", MNT_DETACH)
    os.chdir("/scratch")


def leave(plan: dict[str, Any]) -> None:
    """Move into new namespaces and a new root, as nobody in particular."""
    proc, uid, gid = os.open("/proc", os.O_PATH), os.getuid(), os.getgid()
    program = Path(plan["program"]).read_bytes()
    if uid != 0:
        call("unshare", NEW_USER | NEW_OTHERS)
        enter_user_namespace(proc, uid, gid)
        build_root(plan["binds"], plan["masks"], program)
        return
    call("unshare", NEW_OTHERS)  # root can build without a user namespace
    build_root(plan["binds"], plan["masks"], program)
    os.setgroups([])  # and must be nobody afterwards: the kernel does not count root's processes
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    call("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)  # else its own /proc would be root's
    call("unshare", NEW_USER)
    enter_user_namespace(proc, NOBODY, NOBODY)


def main() -> int:
    """Follow the plan; the exit code is the program's, 128 + n after signal n."""
    plan = json.loads(sys.argv[1])
    try:
        leave(plan)
    except OSError as error:
        print(error.strerror or error, file=sys.stderr)
        return 99
    child = os.fork()  # the first process of the new process namespace; when it dies, the kernel kills all others
    if child == 0:
        os.setsid()  # a signal to its own group must not reach the outside
        call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        os.execve(plan["command"][0], plan["command"], plan["environment"])  # drops every capability: not root inside
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
