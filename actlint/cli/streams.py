"""Writing to stdout and stderr as a well-behaved filter does."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import TextIO


def emit(pieces: Iterable[str]) -> None:
    """Write to stdout piece by piece. Where nobody reads on (`| head`), the rest is dropped in silence."""
    try:
        for piece in pieces:
            sys.stdout.write(piece)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop(sys.stdout)


def emit_bytes(data: bytes) -> None:
    """Write bytes to stdout as they are."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _drop(sys.stdout)


def tell(text: str) -> None:
    """Write to stderr."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except BrokenPipeError:
        _drop(sys.stderr)


def close_quietly() -> None:
    """Flush stdout, so that a closed pipe is noticed here and not while the interpreter ends."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _drop(sys.stdout)


def _drop(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def has_color(stream: TextIO) -> bool:
    """Whether to write colours: never with `NO_COLOR`, always with `FORCE_COLOR`, else on a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


PATIENCE = 1.0
"""Seconds of work before a progress bar appears."""

_CELLS = 30


def progress_bar() -> tuple[Callable[[int, int], None], Callable[[], None]]:
    """A function to be told of progress and one that wipes the bar; both do nothing unless stderr is a terminal."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return (lambda done, total: None), (lambda: None)
    start = time.monotonic()
    drawn = 0.0

    def step(done: int, total: int) -> None:
        nonlocal drawn
        now = time.monotonic()
        if now - start > PATIENCE and now - drawn > 0.1:
            full = _CELLS * done // max(total, 1)
            tell(f"\rchecking [{'#' * full}{'.' * (_CELLS - full)}] {100 * done // max(total, 1):3}%")
            drawn = now

    def wipe() -> None:
        if drawn:
            tell("\r" + " " * (_CELLS + 18) + "\r")

    return step, wipe
