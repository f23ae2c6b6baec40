"""Fixes applied to a text: sorted, each fix whole or not at all, and nothing but their edits changed."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Sequence

from actlint.diagnostic import Edit, Fix
from actlint.lines import line_starts, offset_of


def apply(text: str, fixes: Sequence[Fix], parses: Callable[[str], bool] | None = None) -> tuple[str, tuple[int, ...]]:
    """The text with as many of the fixes as can be applied at once, and the indices of those, in order.

    A fix whose edits overlap or touch those of an earlier one waits for another pass, as it may no longer fit; only the
    same insertion at the same place (an import that several fixes need) is made once for all of them. A fix without
    edits is never applied, nor one whose positions are not in the text. Whatever is applied, the result parses:
    where all fixes together break the text, they are tried one after the other, and those that break it are left out.

    `parses` judges a text where Python's own parser refuses `text` already (it may be written for a newer Python).
    """
    starts = line_starts(text)
    chosen: list[int] = []
    taken: set[_Range] = set()
    for index, fix in enumerate(fixes):
        ranges = _ranges(text, starts, fix.edits)
        if ranges and not any(_meet(new, old) for new in ranges for old in taken):
            chosen.append(index)
            taken.update(ranges)
    if not chosen:
        return text, ()
    reads = parses if parses is not None and not _python_reads(text) else _python_reads
    fixed = _edited(text, starts, [fixes[index] for index in chosen])
    if reads(fixed):
        return fixed, tuple(chosen)
    kept: list[int] = []
    fixed = text
    for index in chosen:
        tried = _edited(text, starts, [fixes[each] for each in (*kept, index)])
        if reads(tried):
            kept.append(index)
            fixed = tried
    return fixed, tuple(kept)


_Range = tuple[int, int, str]
"""The start and end offset of an edit, and its text."""


def _ranges(text: str, starts: Sequence[int], edits: Sequence[Edit]) -> list[_Range]:
    """The edits as offsets, in order; none if they are not all in the text or overlap one another."""
    found: list[_Range] = []
    for edit in edits:
        try:
            start, end = offset_of(starts, edit.span.start), offset_of(starts, edit.span.end)
        except IndexError:
            return []
        if not 0 <= start <= end <= len(text):
            return []
        found.append((start, end, edit.content))
    found.sort(key=lambda each: each[:2])
    apart = all(after[0] >= before[1] for before, after in zip(found, found[1:], strict=False))
    return found if apart else []


def _meet(one: _Range, other: _Range) -> bool:
    """Whether two edits of different fixes touch, unless they are the same insertion."""
    if one == other and one[0] == one[1]:
        return False
    return one[0] <= other[1] and other[0] <= one[1]


def _edited(text: str, starts: Sequence[int], fixes: Sequence[Fix]) -> str:
    unique: dict[_Range, None] = {}
    for fix in fixes:
        unique.update(dict.fromkeys(_ranges(text, starts, fix.edits)))
    pieces: list[str] = []
    at = 0
    for start, end, content in sorted(unique, key=lambda each: each[:2]):
        pieces += (text[at:start], content)
        at = end
    pieces.append(text[at:])
    return "".join(pieces)


def _python_reads(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
