"""Writing to stdout and stderr as a well-behaved filter does."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TextIO


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

_CELLS, _WHAT = 30, 32
_NARROW = 8


def progress_bar(doing: str = "checking", quiet: bool = False) -> tuple[Callable[..., None], Callable[[], None]]:
    """A function to be told of progress (steps done, of how many, and at what) and one that wipes the bar.

    Both do nothing where it shall be `quiet`, or stderr is no terminal.
    """
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return (lambda done, total, what="": None), (lambda: None)
    start = time.monotonic()
    drawn = 0.0
    # A line that is broken by the terminal cannot be drawn over.
    columns = _columns()
    fixed = len(doing) + len(" [] 100% ")
    cells = max(min(_CELLS, columns - fixed - 1), _NARROW)
    room = max(min(_WHAT, columns - fixed - cells - 1), 0)

    def step(done: int, total: int, what: str = "") -> None:
        nonlocal drawn
        now = time.monotonic()
        if now - start > PATIENCE and now - drawn > 0.1:
            full = cells * done // max(total, 1)
            percent = 100 * done // max(total, 1)
            tell(f"\r{doing} [{'#' * full}{'.' * (cells - full)}] {percent:3}% {what[:room]:<{room if what else 0}}")
            drawn = now

    def wipe() -> None:
        if drawn:
            tell("\r" + " " * (fixed + cells + room) + "\r")

    return step, wipe


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def probe_bar(quiet: bool = False) -> tuple[Callable[[str, str, Mapping[str, Any]], None], Callable[[], None]]:
    """A bar for models that run: told the file, the class, and what its worker says."""
    step, wipe = progress_bar("probing", quiet)

    def tell(path: str, name: str, said: Mapping[str, Any]) -> None:
        if said["kind"] == "phase":
            step(said["done"], max(said["total"], 1), f"{name}: {said['name']}")

    return tell, wipe
