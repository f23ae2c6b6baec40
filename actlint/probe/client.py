"""The worker as the client sees it: a process with limits, and a file of observations that it leaves behind.

Whatever the user's code does (hang, fork, print, exit, write into descriptors), a call of `run` ends in time, gives
what was said until then, and leaves no process and no file.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import selectors
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from actlint.errors import ProbeError
from actlint.probe import leftovers

WORKER = Path(__file__).parent / "worker"
TIMEOUT = 60.0
"""Seconds that one class may take."""

SLOWEST = 4
_LARGEST_REPLY = 64 << 20
_TAIL = 4000
_NO_TORCH, _OLD_PYTHON = 4, 3

Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, bytes of memory beyond what torch itself takes, and threads that a worker may use."""

    seconds: float = TIMEOUT
    memory: int = 0
    threads: int = 0

    @staticmethod
    def usual(seconds: float = TIMEOUT) -> Limits:
        """Half of the machine's memory, at most 8 GB, and one thread: small models are slower with more, much slower on
        a busy machine.
        """
        try:
            total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, ValueError, OSError):
            total = 8 << 30
        return Limits(seconds, min(total // 2, 8 << 30), 1)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker said, in order, and, where it did not get to its end, why: one sentence for the user."""

    said: tuple[Said, ...]
    trouble: str = ""


def interpreter(given: str | None = None) -> str:
    """The user's interpreter: the one given, that of the active virtual environment or conda's, or actlint's own.

    Raises ProbeError for one that is not there.
    """
    if given:
        found = shutil.which(given)
        if found is None:
            raise ProbeError(f"--python: there is no interpreter {given}")
        return found
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if prefix := os.environ.get(variable):
            for name in ("bin/python", "Scripts/python.exe", "python.exe"):
                if os.access(path := os.path.join(prefix, name), os.X_OK):
                    return path
    return sys.executable


def run(
    python: str, request: Mapping[str, Any], limits: Limits, told: Callable[[Said], None] = lambda said: None
) -> Reply:
    """Run one request in a worker of its own. `told` gets each observation when it comes.

    Raises ProbeError where the interpreter cannot be started, or has no torch.
    """
    if sys.platform == "win32":
        raise ProbeError("the probe needs Linux or macOS: its limits on processes are not to be had on Windows")
    with _asked_to_end():
        token = secrets.token_hex(16)
        with leftovers.directory(token) as directory:
            return _Run(python, directory, limits, told, token).reply(request)


@contextlib.contextmanager
def _asked_to_end() -> Iterator[None]:
    """While a worker runs, a signal that would end this process at once lets it clean up first."""
    main = threading.current_thread() is threading.main_thread()
    usual = [each for each in (signal.SIGTERM, signal.SIGHUP) if main and signal.getsignal(each) == signal.SIG_DFL]

    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    for each in usual:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in usual:
            signal.signal(each, signal.SIG_DFL)


@dataclass(slots=True)
class _Run:
    python: str
    directory: str
    limits: Limits
    told: Callable[[Said], None]
    token: str
    said: list[Said] = field(default_factory=list)
    ended: bool = False
    garbled: bool = False
    offset: int = 0
    output: bytes = b""

    def reply(self, request: Mapping[str, Any]) -> Reply:
        file = os.path.join(self.directory, "request.json")
        with open(file, "w", encoding="utf-8") as target:
            json.dump({**request, "token": self.token, "memory": self.limits.memory} | _shared(self.limits), target)
        path = os.path.join(self.directory, "reply.jsonl")
        with open(path, "wb+") as said:
            process = self._start(file, said.fileno())
            try:
                why = self._follow(process, path)
            finally:
                self._end(process)
        self._read(path)
        return Reply(tuple(self.said), self._trouble(why, process.returncode))

    def _start(self, file: str, reply: int) -> subprocess.Popen[bytes]:
        for name in ("work", "temporary"):
            os.mkdir(os.path.join(self.directory, name))
        environment = {
            name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONSTARTUP")
        } | {
            leftovers.MARK: self.token,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": os.path.join(self.directory, "temporary"),
            "OMP_NUM_THREADS": str(self.limits.threads or 1),
            "MKL_NUM_THREADS": str(self.limits.threads or 1),
        }
        try:
            return subprocess.Popen(
                [self.python, str(WORKER), file, str(reply)],
                cwd=os.path.join(self.directory, "work"),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(reply,),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise ProbeError(f"the interpreter {self.python} cannot be started: {error}") from error

    def _follow(self, process: subprocess.Popen[bytes], path: str) -> str:
        """Until the worker ends, or must be ended: why it must, or nothing."""
        started = time.monotonic()
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while process.poll() is None:
                if _passed(started, process.pid) > self.limits.seconds:
                    return f"took longer than {self.limits.seconds:g} s"
                if selector.get_map() and selector.select(0.1):
                    if not self._drain(process.stdout.fileno()):
                        selector.unregister(process.stdout)
                elif not selector.get_map():
                    time.sleep(0.1)
                self._read(path)
                if self.offset > _LARGEST_REPLY:
                    return "wrote too much into its reply"
                if self.limits.memory and _resident(process.pid) > self.limits.memory + (4 << 30):
                    return f"took more than {self.limits.memory >> 30} GB of memory"
            # Children of the user's code may hold the pipe for ever, so that its end is not waited for.
            self._drain(process.stdout.fileno())
        return ""

    def _drain(self, descriptor: int) -> bool:
        """Read what the user's code printed; its end is kept for the notice. False where there is no more to come."""
        for _ in range(256):
            try:
                data = os.read(descriptor, 1 << 16)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.output = (self.output + data)[-_TAIL:]
        return True

    def _read(self, path: str) -> None:
        """Take the lines that have come since the last time; a line that is not the worker's own is noted."""
        try:
            with open(path, "rb") as file:
                if file.seek(0, os.SEEK_END) < self.offset:
                    self.garbled = True
                file.seek(self.offset)
                data = file.read(_LARGEST_REPLY)
        except OSError:
            self.garbled = True
            return
        complete, end, _ = data.rpartition(b"\n")
        self.offset += len(complete) + len(end)
        for line in complete.split(b"\n") if end else ():
            try:
                said = json.loads(line)
                valid = said.pop("token") == self.token and isinstance(said["kind"], str)
            except (ValueError, KeyError, AttributeError, TypeError):
                valid = False
            if valid:
                self.ended = self.ended or said["kind"] == "end"
                self.said.append(said)
                self.told(said)
            else:
                self.garbled = True

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Kill the worker and all that it started, also what left its process group."""
        for _ in range(20):
            _kill_group(process.pid)
            strays = leftovers.marked(self.token)
            for stray in strays:
                with contextlib.suppress(OSError):
                    os.kill(stray, signal.SIGKILL)
            if not strays:
                break
            time.sleep(0.02)
        if process.stdout is not None:
            process.stdout.close()
        process.wait()

    def _trouble(self, why: str, code: int) -> str:
        if code == _OLD_PYTHON and not self.said:
            raise ProbeError(f"{self.python}: {self._last_line()}")
        if any(said["kind"] == "no-torch" for said in self.said):
            raise ProbeError(
                f"{self.python} has no torch: install it there (`pip install 'actlint[probe]'` brings it along), "
                "or name another interpreter with --python"
            )
        for said in self.said:
            if said["kind"] == "unavailable":
                raise ProbeError(f"--device: {said['message']}")
        if why:
            return why
        if self.garbled:
            return "gave a reply that cannot be read: the model's code wrote into it"
        if self.ended:
            return ""
        where = next((f" during {said['name']}" for said in reversed(self.said) if said["kind"] == "phase"), "")
        if code < 0:
            name = signal.Signals(-code).name if -code in signal.valid_signals() else f"signal {-code}"
            return f"was ended by {name}{where}"
        last = self._last_line()
        return f"ended with exit code {code}{where}, before it was done" + (f": {last}" if last and code else "")

    def _last_line(self) -> str:
        lines = self.output.decode("utf-8", "replace").split("\n")
        return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")


def _passed(started: float, process: int) -> float:
    """Seconds without those in which the process waited for a processor that others used: on a busy machine a model may
    take longer, but no more than `SLOWEST` times as long.
    """
    passed = time.monotonic() - started
    try:
        with open(f"/proc/{process}/schedstat", encoding="ascii") as file:
            waited = int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):  # only Linux says it
        waited = 0.0
    return max(passed - waited, passed / SLOWEST)


def _shared(limits: Limits) -> dict[str, Any]:
    return {"threads": limits.threads or 1, "seconds": limits.seconds}


def _kill_group(group: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(group, signal.SIGKILL)


def _resident(process: int) -> int:
    try:
        with open(f"/proc/{process}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
