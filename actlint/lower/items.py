"""Comma-separated items (arguments, elements, imported names) and the text that goes when some of them go."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import libcst as cst

from actlint.lower.drafts import comments_kept
from actlint.lower.frames import line_start
from actlint.lower.locate import Located, Range


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its own text, and where its comma ends if it has one."""

    start: int
    end: int
    comma_end: int | None

    @property
    def whole_end(self) -> int:
        """Where it ends, its comma included."""
        return self.end if self.comma_end is None else self.comma_end


def items_of(
    located: Located, nodes: Sequence[cst.Arg] | Sequence[cst.BaseElement] | Sequence[cst.ImportAlias]
) -> list[Item]:
    """The places of items, in order."""
    found: list[Item] = []
    for node in nodes:
        start, end = located.inner[id(node)]
        comma = node.comma
        comma_end = located.outer[id(comma.whitespace_before)][1] + 1 if isinstance(comma, cst.Comma) else None
        found.append(Item(start, end, comma_end))
    return sorted(found, key=lambda item: item.start)


def removals(located: Located, items: Sequence[Item], gone: Collection[int], inside: Range) -> list[Range] | None:
    """What to cut out so that the items numbered `gone` are gone, with their commas, and their lines if they fill them.

    `inside` is the range between the brackets. None where a comment would be lost.
    """
    if len(gone) == len(items):
        return _first_without_comment(located, [inside, (items[0].start, items[-1].whole_end)])
    found: list[Range] = []
    number = 0
    while number < len(items):
        if number not in gone:
            number += 1
            continue
        first = number
        while number < len(items) and number in gone:
            number += 1
        cut = _run(located, items, first, number - 1)
        if cut is None:
            return None
        found += cut
    return found


def starts_line(located: Located, offset: int) -> bool:
    """Whether only white space stands before an offset on its line."""
    return not located.chunk.text[line_start(located, offset) : offset].strip(" \t\f")


def rest_of_line(located: Located, offset: int) -> Range | None:
    """The white space and comment between an offset and the end of its line; None if something else is there."""
    text = located.chunk.text
    end = offset
    while end < len(text) and text[end] in " \t\f":
        end += 1
    for start, comment_end in located.comments:
        if start == end:
            return offset, comment_end
    return (offset, end) if end == len(text) or text[end] in "\r\n" else None


def line_between(located: Located, items: Sequence[Item], newline: str) -> str:
    """What separates items here, after the comma: a new line and indentation if each has its own, else a blank."""
    rest = items[1:] if len(items) > 1 else items
    if not all(starts_line(located, item.start) for item in rest):
        return " "
    start = items[-1].start
    return newline + located.chunk.text[line_start(located, start) : start]


def _run(located: Located, items: Sequence[Item], first: int, last: int) -> list[Range] | None:
    """The cut for neighbours; not all items are among them."""
    begin, end = items[first], items[last]
    candidates: list[Range] = []
    lines = _whole_lines(located, begin.start, end.whole_end)
    if last + 1 < len(items):
        candidates = [(begin.start, items[last + 1].start)]
        candidates = [lines, *candidates] if lines is not None else candidates
    elif end.comma_end is not None:
        candidates = [(items[first - 1].whole_end, end.comma_end)]
        candidates = [lines, *candidates] if lines is not None else candidates
    else:
        candidates = [(items[first - 1].end, end.end)]
        candidates = [*candidates, lines] if lines is not None else candidates
    return _first_without_comment(located, candidates)


def _whole_lines(located: Located, start: int, end: int) -> Range | None:
    rest = rest_of_line(located, end)
    if rest is None or not starts_line(located, start):
        return None
    following = [line for line in located.lines if line > rest[1]]
    return (line_start(located, start), following[0]) if following else None


def _first_without_comment(located: Located, candidates: Sequence[Range]) -> list[Range] | None:
    for candidate in candidates:
        if comments_kept(located, candidate, ()):
            return [candidate]
    return None
