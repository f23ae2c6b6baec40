"""The worker's process under whatever the user's code does: one clear sentence, no process and no file left behind."""

from __future__ import annotations

import glob
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actlint.errors import ProbeError
from actlint.probe import client
from actlint.probe.client import Limits, Reply

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the probe needs POSIX processes")

DEVICE = ["cpu"]
"""Where the fixture wants it."""

HEADER = "import os, sys, time, subprocess, threading, socket, signal\nimport torch\nfrom torch import nn\n\n\n"
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(4, 3)

    def forward(self, x):
        {body}
        return self.lin(x)
"""


def request(file: Path, **more: Any) -> dict[str, Any]:
    """A small probe of class `Net` in a file."""
    made: dict[str, Any] = {
        "file": str(file),
        "module": "",
        "root": str(file.parent),
        "paths": [str(file.parent)],
        "class": "Net",
        "mode": "verify",
        "device": DEVICE[0],
        "dtype": "float32",
        "seeds": 1,
        "steps": 3,
        "batch": 4,
    }
    return made | more


def run(directory: Path, text: str, seconds: float = 60.0, memory: int = 2 << 30, **more: Any) -> Reply:
    """Probe the class `Net` of a text."""
    file = directory.resolve() / "net.py"
    file.write_text(HEADER + textwrap.dedent(text))
    return client.run(sys.executable, request(file, **more), Limits(seconds, memory, 1))


def body(statement: str) -> str:
    """A network whose `forward` begins with a statement."""
    return NET.format(body=statement)


def kinds(reply: Reply) -> list[str]:
    return [said["kind"] for said in reply.said if said["kind"] != "phase"]


def failure(reply: Reply) -> dict[str, Any]:
    (found,) = (said for said in reply.said if said["kind"] == "failed")
    return dict(found)


@pytest.fixture(autouse=True)
def on_each_device(device: str) -> None:
    """All of these run on each device."""
    DEVICE[0] = device


@pytest.fixture(autouse=True)
def nothing_is_left(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """No process of a worker, no directory of one, and no file beside the user's own. Other probes may be running."""
    temporary, mark = tmp_path_factory.mktemp("temporary"), secrets.token_hex(8)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("ACTLINT_TEST_OF_CLIENT", mark)
    yield
    time.sleep(0.1)
    assert list(temporary.iterdir()) == []
    assert [name for name in glob.glob("/proc/[0-9]*") if has_mark(name, mark)] == []
    left = {path.name for path in tmp_path.rglob("*")} - {"net.py", "other.py", "bin", "python"}
    assert left == set()


def has_mark(process: str, mark: str) -> bool:
    """Whether a process comes from this test, this one itself left out."""
    try:
        with open(f"{process}/environ", "rb") as file:
            return f"ACTLINT_TEST_OF_CLIENT={mark}".encode() in file.read()
    except OSError:
        return False


def test_a_sound_model_is_measured(tmp_path: Path) -> None:
    reply = run(tmp_path, body("pass"), mode="measure")
    assert reply.trouble == "" and {"built", "inputs", "layers", "isolation", "end"} <= set(kinds(reply))


HANG = "sum(range(10**15))"
"""Work that no signal interrupts."""


def test_a_worker_that_hangs_is_ended(tmp_path: Path) -> None:
    start = time.monotonic()
    reply = run(tmp_path, body(HANG), seconds=25)
    assert reply.trouble == "took longer than 25 s" and time.monotonic() - start < 45
    assert "built" in kinds(reply), "what was said before counts"


def test_a_model_that_waits_is_stopped(tmp_path: Path) -> None:
    reply = run(tmp_path, body("time.sleep(1000)"), seconds=25)
    assert reply.trouble == "" and failure(reply)["error"] == "TooSlow"
    assert failure(reply)["message"].startswith("takes longer than ")


def test_hanging_with_all_signals_blocked(tmp_path: Path) -> None:
    text = "for s in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}: signal.signal(s, signal.SIG_IGN)\n"
    reply = run(tmp_path, text + "while True: time.sleep(1)\n" + body("pass"), seconds=8)
    assert reply.trouble == "took longer than 8 s"


def test_a_worker_that_dies(tmp_path: Path) -> None:
    reply = run(tmp_path, body("os.kill(os.getpid(), signal.SIGSEGV)"))
    assert reply.trouble.startswith("was ended by SIGSEGV during ")


@pytest.mark.parametrize("code", [0, 1, 7])
def test_os_exit(tmp_path: Path, code: int) -> None:
    reply = run(tmp_path, body(f"os._exit({code})"))
    assert reply.trouble.startswith(f"ended with exit code {code} during ")


def test_sys_exit_is_an_error_of_the_model(tmp_path: Path) -> None:
    reply = run(tmp_path, body("sys.exit(3)"))
    assert reply.trouble == "" and failure(reply)["error"] == "SystemExit"
    assert failure(reply)["places"][-1]["line"] == 13
    imported = run(tmp_path, "sys.exit()")
    assert imported.trouble == "" and failure(imported)["phase"] == "import"


def test_megabytes_on_both_streams(tmp_path: Path) -> None:
    reply = run(
        tmp_path, body("print('x' * (1 << 20)); sys.stderr.write('y' * (1 << 20)); os.write(1, b'{}\\n' * 9999)")
    )
    assert reply.trouble == "" and "end" in kinds(reply)


def test_standard_input_is_empty(tmp_path: Path) -> None:
    reply = run(tmp_path, "assert sys.stdin.read() == ''\n" + body("pass"))
    assert reply.trouble == "" and "failed" not in kinds(reply)


def test_forks_are_ended_with_it(tmp_path: Path) -> None:
    reply = run(tmp_path, "if os.fork() == 0:\n    while True: time.sleep(1)\n" + body("pass"))
    assert reply.trouble == "" and "end" in kinds(reply)


def test_a_fork_that_goes_on_says_nothing(tmp_path: Path) -> None:
    reply = run(tmp_path, "os.fork()\n" + body("pass"))
    assert reply.trouble == "" and kinds(reply).count("built") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="processes that leave their group are found by /proc")
def test_a_daemon_that_left_the_process_group_is_ended_too(tmp_path: Path) -> None:
    text = """
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            subprocess.Popen(["sleep", "1000"], start_new_session=True)
            while True: time.sleep(1)
        os._exit(0)
    """
    reply = run(tmp_path, textwrap.dedent(text) + body("pass"))
    assert reply.trouble == "" and "end" in kinds(reply)


def test_threads_that_never_end(tmp_path: Path) -> None:
    reply = run(tmp_path, "threading.Thread(target=time.sleep, args=(1000,)).start()\n" + body("pass"))
    assert reply.trouble == "" and "end" in kinds(reply)


@pytest.mark.parametrize("what", ['b"garbage\\n"', 'b\'{"kind": "end", "token": "x"}\\n\'', 'b"\\0" * 100000 + b"\\n"'])
def test_a_reply_that_the_model_writes_into(tmp_path: Path, what: str) -> None:
    text = f"""
    for number in range(3, 1024):
        try:
            os.write(number, {what})
        except OSError:
            pass
    """
    reply = run(tmp_path, textwrap.dedent(text) + body("pass"))
    assert reply.trouble == "gave a reply that cannot be read: the model's code wrote into it"


def test_descriptors_that_the_model_closes(tmp_path: Path) -> None:
    reply = run(tmp_path, "os.closerange(3, 1024)\n" + body("pass"))
    assert reply.trouble.startswith("ended with exit code 1 during ")


def test_memory(tmp_path: Path) -> None:
    if DEVICE[0] == "cuda":
        pytest.skip("address space is not limited where CUDA reserves it; resident memory is watched")
    reply = run(tmp_path, body("self.much = [torch.ones(1 << 28) for _ in range(100)]"), memory=1 << 30)
    assert reply.trouble == "" and "memory" in failure(reply)["message"]


def test_large_files(tmp_path: Path) -> None:
    write = "open('large', 'wb').truncate(1 << 31)"
    reply = run(tmp_path, body(write))
    assert failure(reply)["error"] == "OSError"


def test_the_working_directory_is_a_temporary_one(tmp_path: Path) -> None:
    reply = run(tmp_path, body("open('made-here', 'w').close(); os.chmod('.', 0o500)"))
    assert reply.trouble == ""


def test_temporary_files_go_with_it(tmp_path: Path) -> None:
    reply = run(tmp_path, "import tempfile\nleft = tempfile.mkdtemp(prefix='actlint-probe-left')\n" + body("pass"))
    assert reply.trouble == ""


def test_the_network_is_off(tmp_path: Path) -> None:
    reply = run(tmp_path, body("socket.create_connection(('192.0.2.1', 80), timeout=5)"))
    assert (failure(reply)["error"], failure(reply)["message"]) == (
        "OSError",
        "the network is off while a model is probed",
    )


def test_a_server_on_this_machine_is_out_of_reach(tmp_path: Path) -> None:
    """Where the kernel gives the worker a network of its own; the audit hook lets local addresses pass."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        reply = run(tmp_path, body(f"socket.create_connection(('127.0.0.1', {port}), timeout=5)"))
        network = next(said["network"] for said in reply.said if said["kind"] == "limits")
        assert ("failed" in kinds(reply)) == (network == "own namespace")


def test_others_go_on(tmp_path: Path) -> None:
    """Two workers at once know nothing of each other."""
    replies: list[Reply] = []
    other = tmp_path.resolve() / "other.py"
    other.write_text(HEADER + body(HANG))
    hanging = threading.Thread(
        target=lambda: replies.append(client.run(sys.executable, request(other), Limits(15, 2 << 30, 1)))
    )
    hanging.start()
    assert run(tmp_path, body("pass")).trouble == ""
    hanging.join()
    assert replies[0].trouble == "took longer than 15 s"


def test_an_interpreter_without_torch(tmp_path: Path) -> None:
    hidden = tmp_path / "python"
    hidden.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    hidden.chmod(0o755)
    with pytest.raises(ProbeError, match=r"has no torch: install it there .*actlint\[probe\].*--python"):
        client.run(str(hidden), request(tmp_path / "net.py"), Limits())
    hidden.unlink()


def test_interpreters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path))
    assert client.interpreter() == str(tmp_path / "bin" / "python")
    assert client.interpreter(sys.executable) == sys.executable
    with pytest.raises(ProbeError, match="no interpreter none-there"):
        client.interpreter("none-there")
    monkeypatch.delenv("VIRTUAL_ENV")
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    assert client.interpreter() == sys.executable


def test_a_device_that_is_not_there(tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    with pytest.raises(ProbeError, match="--device: .* finds no cuda device"):
        run(tmp_path, body("pass"), device="cuda")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_probe_that_is_told_to_end_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """The model forks, leaves its process group and waits; the fixture looks for what is left."""
    file = tmp_path.resolve() / "net.py"
    waiting = "os.fork() or os.setsid(); time.sleep(1000)"
    file.write_text(HEADER + body(waiting))
    command = [sys.executable, "-m", "actlint", "probe", "net.py", "--python", sys.executable]
    command += ["--device", DEVICE[0]]
    environment = os.environ | {"TMPDIR": tempfile.gettempdir()}
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # a shell's background jobs ignore some
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not waits(list(Path(tempfile.gettempdir()).glob("actlint-probe-*"))):
        time.sleep(0.2)
    process.send_signal(number)
    assert process.wait(30) == (130 if number == signal.SIGINT else 128 + number)


def waits(directories: list[Path]) -> bool:
    """Whether a worker got as far as to say that it looks for inputs."""
    replies = [each / "reply.jsonl" for each in directories]
    return any(b"finding inputs" in reply.read_bytes() for reply in replies if reply.exists())


def test_the_source_is_left_as_it_is(tmp_path: Path) -> None:
    run(tmp_path, body("pass"))
    assert not list(tmp_path.rglob("__pycache__"))
