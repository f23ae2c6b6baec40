"""Markers: the comments that say which findings a line must have.

They are found as text, so they work in code that no parser reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARKER = r'#[ \t]*error(?::[ \t]*(?:\[[A-Z]+[0-9]+\][ \t]*(?:"(?:[^"\\]|\\.)*")?|"(?:[^"\\]|\\.)*"))?[ \t]*'
_TAIL = re.compile(rf"(?:{_MARKER})+")
_ONE = re.compile(r'#[ \t]*error(?::[ \t]*(?:\[(?P<code>[A-Z]+[0-9]+)\])?[ \t]*(?:"(?P<part>(?:[^"\\]|\\.)*)")?)?')
_ALMOST = re.compile(r"#[ \t]*error:")


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that must be there: at `row` of the text without markers, said by the page at `line`."""

    row: int
    line: int
    code: str | None
    part: str | None

    def __str__(self) -> str:
        code = f"[{self.code}]" if self.code else "a finding"
        return f'{code} "{self.part}"' if self.part else code


@dataclass(frozen=True, slots=True)
class Marked:
    """A text without its markers. `lines[row - 1]` is the page's line of a row; `malformed` are lines of the page."""

    text: str
    expected: tuple[Expected, ...]
    lines: tuple[int, ...]
    malformed: tuple[int, ...]


def unmark(text: str, first_line: int) -> Marked:
    """Take the markers out of a block whose first line is the page's line `first_line`.

    A marker alone on its line goes with its line and speaks of the next line that is left.
    """
    if not text:
        return Marked("", (), (), ())
    kept: list[str] = []
    lines: list[int] = []
    expected: list[Expected] = []
    malformed: list[int] = []
    dangling: list[int] = []
    for line, source in enumerate(text.removesuffix("\n").split("\n"), first_line):
        start = _start(source)
        rest, tail = (source, "") if start is None else (source[:start].rstrip(), source[start:])
        if _ALMOST.search(rest):
            malformed.append(line)
        alone = bool(tail) and not rest
        row = len(kept) + 1
        for one in _ONE.finditer(tail):
            part = None if one["part"] is None else re.sub(r"\\(.)", r"\1", one["part"])
            expected.append(Expected(row, line, one["code"], part))
        if alone:
            dangling.append(line)
        else:
            kept.append(rest)
            lines.append(line)
            dangling.clear()
    return Marked("".join(f"{line}\n" for line in kept), tuple(expected), tuple(lines), (*malformed, *dangling))


def _start(source: str) -> int | None:
    """Where the markers that end a line begin."""
    start = source.find("#")
    while start >= 0:
        if _TAIL.fullmatch(source, start):
            return start
        start = source.find("#", start + 1)
    return None
