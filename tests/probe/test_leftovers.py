"""What a probe leaves that was killed, so that it could not clean up, is removed by the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from actlint.probe import leftovers
from tests.probe.test_client import HEADER, body, nothing_is_left, run, waits

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the probe needs POSIX processes")

__all__ = ["nothing_is_left"]
"""Its fixture looks for processes, directories and files at the end of each test."""


def test_what_a_killed_probe_leaves_is_removed_by_the_next_one(tmp_path: Path) -> None:
    temporary = Path(tempfile.gettempdir())
    (temporary / "actlint-probe-other").mkdir()  # nobody's that is known
    process = _waiting(tmp_path)
    (mine,) = (each for each in temporary.glob("actlint-probe-*") if (each / "lock").exists())
    leftovers.sweep.cache_clear()
    leftovers.sweep()
    assert mine.exists() and process.poll() is None
    process.kill()
    process.wait(30)
    assert mine.exists()
    leftovers.sweep.cache_clear()
    assert not run(tmp_path, body("pass"), device="cpu").trouble
    assert not mine.exists()
    (temporary / "actlint-probe-other").rmdir()


def _waiting(directory: Path) -> subprocess.Popen[bytes]:
    """A probe of a model that forks, leaves its process group and waits."""
    (directory / "net.py").write_text(HEADER + body("os.fork() or os.setsid(); time.sleep(1000)"))
    process = subprocess.Popen(
        [sys.executable, "-m", "actlint", "probe", "net.py", "--python", sys.executable, "--device", "cpu"],
        cwd=directory,
        env=os.environ | {"TMPDIR": tempfile.gettempdir()},
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not waits(list(Path(tempfile.gettempdir()).glob("actlint-probe-*"))):
        time.sleep(0.2)
    return process
