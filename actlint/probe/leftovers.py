"""Directories of workers whose client was killed before it could clean up: the next one removes them.

Each directory has a file that its client keeps locked while it lives. The system gives up the lock with the process,
however that ends, so that a lock which can be had says that nobody is there any more. The file holds the mark of the
worker's processes, which are ended first.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

PREFIX = "actlint-probe-"
MARK = "ACTLINT_PROBE_WORKER"
_LOCK = "lock"


@contextlib.contextmanager
def directory(token: str) -> Iterator[str]:
    """A temporary directory that is removed at the end, or, where this process is killed, by another one later."""
    sweep()
    made = tempfile.mkdtemp(prefix=PREFIX)
    held = _claim(made, token)
    try:
        yield made
    finally:
        remove(made)
        os.close(held)


def _claim(made: str, token: str) -> int:
    import fcntl

    # Nobody sees the file by its name before it is locked.
    path = os.path.join(made, f"{_LOCK}-")
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    with contextlib.suppress(OSError):  # some file systems have no locks; then nothing is swept there
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(descriptor, token.encode("ascii"))
        os.rename(path, os.path.join(made, _LOCK))
    return descriptor


@functools.cache
def sweep() -> None:
    """Remove what clients that are gone have left, once in the life of this process: this user's own alone."""
    parent = tempfile.gettempdir()
    try:
        names = os.listdir(parent)
    except OSError:
        return
    for name in names:
        if name.startswith(PREFIX):
            with contextlib.suppress(OSError):
                _sweep(os.path.join(parent, name))


def _sweep(path: str) -> None:
    import fcntl

    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        return
    descriptor = os.open(os.path.join(path, _LOCK), os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        token = os.read(descriptor, 64).decode("ascii", "replace")
        for process in marked(token) if len(token) == 32 else ():
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        remove(path)
    finally:
        os.close(descriptor)


def marked(token: str) -> list[int]:
    """Processes whose environment has the token: the worker's, wherever they went. Known on Linux alone."""
    found: list[int] = []
    if sys.platform != "linux":
        return found
    wanted = f"{MARK}={token}".encode()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    has = wanted in file.read().split(b"\0")
                with open(f"/proc/{name}/stat", "rb") as file:
                    dead = file.read().rpartition(b")")[2].split()[0] in (b"Z", b"X")
            except OSError:
                continue
            if has and not dead:
                found.append(int(name))
    return found


def remove(path: str) -> None:
    """Delete a directory with all that is in it."""
    shutil.rmtree(path, onerror=_writable)


def _writable(function: Callable[..., Any], path: str, error: object) -> None:
    """The user's code may have taken away the right to delete what it left."""
    with contextlib.suppress(OSError):
        os.chmod(os.path.dirname(path), 0o700)
        os.chmod(path, 0o700)
        function(path)
