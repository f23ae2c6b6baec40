"""The text of a file: read as Python reads it, written back so that nothing of the user's is lost.

Line endings, byte order mark and encoding stay as they are. A file is replaced whole or not at all, and only if it is
still what was read.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actlint.diagnostic import Notice

if TYPE_CHECKING:
    from actlint.facts import Problem

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_HEAD = re.compile(rb"[^\r\n]*(?:\r\n?|\n)?[^\r\n]*")
_LINE_END = re.compile(r"\r\n|\r|\n")
_WIDE_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_NULL = "source code cannot contain null bytes"
_NO_TEXT = frozenset({"idna", "punycode", "undefined"})
"""Codecs that are no encodings of a text; two of them need quadratic time."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read. `text` has no byte order mark and its own line endings.

    `exact` says that encoding `text` again gives the bytes of the file. Where `problem` is set, the bytes are no Python
    source, and `text` is an approximation that is good for showing where.
    """

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bool = False
    exact: bool = True
    problem: Problem | None = None


def shown(path: str) -> str:
    """A path as users see it: relative to the working directory if it lies there, else absolute."""
    absolute = os.path.abspath(path)
    here = os.getcwd()
    if absolute == here:
        return "."
    prefix = here if here.endswith(os.sep) else here + os.sep
    return absolute.removeprefix(prefix)


# ------------------------------------------------------------------------------------------------------------- reading


def read_bytes(path: str) -> bytes | Notice:
    """The bytes of a regular file (or of a link to one); a failure notice where there is none that can be read."""
    try:
        # Without O_NONBLOCK a pipe that nobody writes to would hang here.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return Notice(path, "not a regular file", failure=True)
            with open(descriptor, "rb", buffering=0, closefd=False) as file:
                return file.readall()
        finally:
            os.close(descriptor)
    except OSError as error:
        return Notice(path, f"cannot be read: {_reason(path, error)}", failure=True)


def read(path: str) -> Source | Notice:
    """Read and decode a file; a failure notice where it cannot be read."""
    data = read_bytes(path)
    return data if isinstance(data, Notice) else decode(path, data)


def _reason(path: str, error: OSError) -> str:
    if error.errno == errno.ENOENT and os.path.islink(path):
        return "broken symbolic link"
    if error.errno == errno.ELOOP:
        return "symbolic link to itself"
    return _in_words(error)


def _in_words(error: OSError) -> str:
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


def decode(path: str, data: bytes) -> Source:
    """Decode source as Python does: byte order mark, else the encoding declared in the first two lines, else UTF-8."""
    bom = data.startswith(codecs.BOM_UTF8)
    body = data[3:] if bom else data
    declared, line = _declared(body)
    encoding = declared or "utf-8"
    try:
        name = codecs.lookup(encoding).name.replace("utf-8-sig", "utf-8")
    except LookupError:
        return _undecodable(path, body, bom, f"unknown encoding `{encoding}`", line)
    if bom and name != "utf-8":
        return _undecodable(path, body, bom, f"the file has a UTF-8 byte order mark but declares `{encoding}`", line)
    if name in _NO_TEXT:
        return _undecodable(path, body, bom, f"`{encoding}` is no encoding of a text", line)
    try:
        text = body.decode(name)
    except UnicodeDecodeError as error:
        if mark := _WIDE_MARKS.get(data[:2]):
            return _undecodable(path, body, bom, f"the file is in {mark}, which Python cannot read as source")
        null = body.find(b"\0", 0, error.start)
        before = _LINE_END.split(body[: error.start if null < 0 else null].decode(name, "replace"))
        if null >= 0:
            return _undecodable(path, body, bom, _NULL, len(before), len(before[-1]) + 1)
        hint = "" if declared else ", and no other encoding is declared"
        message = f"byte 0x{body[error.start]:02x} is not valid {name}{hint}"
        return _undecodable(path, body, bom, message, len(before), len(before[-1]) + 1)
    except (UnicodeError, LookupError, ValueError) as error:
        return _undecodable(path, body, bom, f"cannot be decoded as `{encoding}`: {error}", line)
    exact = name == "utf-8" or _encoded(text, name) == body
    problem = None
    if "\0" in text:
        before = _LINE_END.split(text[: text.index("\0")])
        problem = _problem(_NULL, len(before), len(before[-1]) + 1)
    return Source(path, text, name, bom, exact, problem)


def _declared(body: bytes) -> tuple[str | None, int]:
    """The declared encoding and its line, 1 or 2; (None, 1) where there is none."""
    found = _HEAD.match(body)
    head = found[0] if found else b""
    if b"coding" not in head:
        return None, 1
    for number, line in enumerate(re.split(rb"\r\n|\r|\n", head), 1):
        if found := _COOKIE.match(line):
            return found[1].decode("ascii", "replace"), number
        if not _BLANK.match(line):
            break
    return None, 1


def _undecodable(path: str, body: bytes, bom: bool, message: str, row: int = 1, column: int = 1) -> Source:
    text = body.decode("utf-8", "replace")
    return Source(path, text, "utf-8", bom, False, _problem(message, row, column))


def _problem(message: str, row: int, column: int) -> Problem:
    from actlint.facts import Problem

    return Problem("syntax", message, row, column)


# ------------------------------------------------------------------------------------------------------------- writing


def encode(source: Source, text: str) -> bytes | None:
    """`text` as bytes in the way of `source`; None where its encoding cannot express it."""
    body = _encoded(text, source.encoding)
    return None if body is None else (codecs.BOM_UTF8 if source.bom else b"") + body


def _encoded(text: str, encoding: str) -> bytes | None:
    try:
        return text.encode(encoding)
    except (UnicodeError, LookupError, ValueError):
        return None


def write(source: Source, text: str) -> Notice | None:
    """Replace the file that `source` was read from by `text`, atomically; the mode and, behind a link, the link stay.

    None if the file is `text` now (another fixer, or this one by another link, may have been faster). Else the file
    is as it was, and the failure notice says why: it is read-only, it changed since it was read, its encoding cannot
    express `text`, or the system refused (a full disk).
    """
    before, after = encode(source, source.text), encode(source, text)
    if before is None or not source.exact:
        return _refusal(source, f"its encoding `{source.encoding}` cannot be written back exactly")
    if after is None:
        return _refusal(source, f"the fixed text cannot be expressed in its encoding `{source.encoding}`")
    target = os.path.realpath(source.path)
    try:
        status = os.stat(target)
        # The bits are asked too, because a superuser may write everything, and the owner still meant "read-only".
        if not status.st_mode & 0o222 or not os.access(target, os.W_OK):
            return _refusal(source, "it is read-only")
        return _replace(source, target, status, before, after)
    except OSError as error:
        return _refusal(source, _in_words(error))


def _replace(source: Source, target: str, status: os.stat_result, before: bytes, after: bytes) -> Notice | None:
    import tempfile

    descriptor, temporary = tempfile.mkstemp(prefix=".actlint-", suffix=".tmp", dir=os.path.dirname(target))
    try:
        with open(descriptor, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(descriptor)
        if hasattr(os, "chown") and (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            with contextlib.suppress(PermissionError):
                os.chown(temporary, status.st_uid, status.st_gid)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
        # As late as possible: another fixer, or the user's editor, may have saved the file since it was read.
        now = read_bytes(target)
        if now not in (before, after):
            return _refusal(source, "it changed on disk since it was read")
        if now != after:
            os.replace(temporary, target)
        return None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _refusal(source: Source, reason: str) -> Notice:
    return Notice(source.path, f"not fixed: {reason}; the file is unchanged", failure=True)
