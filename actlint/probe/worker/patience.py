"""Giving up on what the user's code does when it takes too long, while the rest goes on.

Time is counted by a clock that stands still while this process waits for a processor that others use, so that a model
is judged alike on a machine that is busy. It goes on while the process sleeps or waits for anything else, and never
takes more than `SLOWEST` seconds for one of its own. The client counts in the same way.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType

SLOWEST = 4
_WAITED = "/proc/self/schedstat"
_BEGAN = time.monotonic()


class TooSlow(BaseException):
    """Raised in the user's code; no `except Exception` of its own keeps it."""


def now() -> float:
    """Seconds of that clock. Where the system does not say how long a process waited, wall clock."""
    passed = time.monotonic() - _BEGAN
    return max(passed - _waited(), passed / SLOWEST)


def _waited() -> float:
    try:
        with open(_WAITED, encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TooSlow in what runs here once that many seconds have passed. Where there are no alarms, it is let run."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    end = now() + seconds

    def late(number: int, frame: FrameType | None) -> None:
        left = end - now()
        if left <= 0:
            raise TooSlow(f"takes longer than {seconds:.0f} s")
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.01))

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.01))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
