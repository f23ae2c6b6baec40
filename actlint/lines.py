"""Rows, columns and offsets of a text.

Lines end where Python ends them: at `\\n`, `\\r\\n` and `\\r`, and nowhere else (`str.splitlines` would also split at a
form feed or at a line separator inside a string).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from actlint.diagnostic import Position

_LINE_END = re.compile(r"\r\n|\r|\n")


def line_starts(text: str) -> list[int]:
    """The offset of the first character of each line; a text that ends in a line end has an empty last line."""
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def position_of(starts: Sequence[int], offset: int) -> Position:
    """The row and column (both from 1) of an offset."""
    row = bisect_right(starts, offset)
    return Position(row, offset - starts[row - 1] + 1)


def offset_of(starts: Sequence[int], position: Position) -> int:
    """The offset of a row and column; raises IndexError for a row that the text does not have."""
    return starts[position.row - 1] + position.column - 1


def line_end(text: str, starts: Sequence[int]) -> str:
    """The line end that a text uses first, `\\n` where it has none."""
    if len(starts) < 2:
        return "\n"
    first = text[: starts[1]]
    return "\r\n" if first.endswith("\r\n") else first[-1]
