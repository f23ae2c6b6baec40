"""Saying what was seen: one JSON object a line, into a file that only the worker and the client know."""

from __future__ import annotations

import json
import math
import os
from typing import Any


class Channel:
    """Writes observations to a descriptor that is not inherited. A copy of it is high up, away from 0 to 9."""

    def __init__(self, descriptor: int, token: str) -> None:
        import fcntl

        self._descriptor = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 200)
        os.close(descriptor)
        self._token = token
        self._process = os.getpid()

    def say(self, kind: str, **content: Any) -> None:
        """Write one observation. A forked copy of this process says nothing."""
        if os.getpid() != self._process:
            return
        line = json.dumps({"kind": kind, "token": self._token} | content, default=str)
        data = line.encode("ascii") + b"\n"
        while data:
            data = data[os.write(self._descriptor, data) :]

    def phase(self, name: str, done: int = 0, total: int = 0) -> None:
        """Say what is being done, for a progress bar."""
        self.say("phase", name=name, done=done, total=total)


def number(value: float) -> float | str:
    """A float that JSON can hold: what is not finite goes as text."""
    value = float(value)
    return value if math.isfinite(value) else str(value)
