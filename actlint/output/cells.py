"""Text on a terminal: which characters may reach it, and how many cells they take there."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import TypeAlias

TAB = 4
"""Tabs reach to the next multiple of this many cells."""

_JOINERS = "\u200c\u200d"

Paint: TypeAlias = Callable[[str, str], str]
"""Text in a style, by the style's name; the text alone where colours are off or the style is none."""

_STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "frame": "1;34",
    "related": "1;34",
    "help": "1;36",
    "note": "1",
    "bold": "1",
    "removed": "31",
    "added": "32",
    "hunk": "36",
}


def painter(color: bool) -> Paint:
    """What colours text: with ANSI sequences, or not at all."""
    if not color:
        return lambda text, style: text
    return lambda text, style: f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if text and style in _STYLES else text


def printable(text: str) -> str:
    """A text on one line.

    What could move the cursor, change colours or reorder the line is escaped.
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    # Not printable for Python are also odd blanks, private characters and those newer than its tables: they do no harm.
    if unicodedata.category(character) in ("Zs", "Co", "Cn"):
        return character
    return character.encode("unicode_escape").decode("ascii")


def cells(line: str) -> Iterator[tuple[str, int]]:
    """Each character of a line as it is shown, and how many cells that takes."""
    at = 0
    for character in line:
        shown, width = _cell(character, at)
        yield shown, width
        at += width


def width(line: str) -> int:
    """How many cells a line takes."""
    if line.isascii() and line.isprintable():
        return len(line)
    return sum(taken for _, taken in cells(line))


def _cell(character: str, at: int) -> tuple[str, int]:
    if " " <= character <= "~":
        return character, 1
    if character == "\t":
        blanks = TAB - at % TAB
        return " " * blanks, blanks
    shown = _escaped(character)
    if shown != character:
        return shown, len(shown)
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return character, 2
    return character, 0 if character in _JOINERS or unicodedata.category(character) in ("Mn", "Me") else 1
