"""Whether a fixed text differs from the original anywhere but where its edits are."""

from __future__ import annotations

from collections.abc import Iterable

from actlint.diagnostic import Span
from actlint.lines import line_starts, offset_of


def changed_outside(original: str, fixed: str, spans: Iterable[Span]) -> str | None:
    """A piece of `original` that no edit covers and that `fixed` does not have in its place; None if there is none.

    What lies between the spans must stand in `fixed` in the same order, the first piece at its start and the last at
    its end. Each span may have been edited or not. Both texts have their own line ends and no byte order mark.
    """
    starts = line_starts(original)
    merged: list[tuple[int, int]] = []
    for start, end in sorted((offset_of(starts, span.start), offset_of(starts, span.end)) for span in spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    bounds = [0, *(offset for pair in merged for offset in pair), len(original)]
    pieces = [original[start:end] for start, end in zip(bounds[::2], bounds[1::2], strict=True)]
    if len(pieces) == 1:
        return None if original == fixed else original
    first, *middle, last = pieces
    if not fixed.startswith(first):
        return first
    position = len(first)
    for piece in middle:
        found = fixed.find(piece, position)
        if found < 0:
            return piece
        position = found + len(piece)
    return None if len(fixed) - len(last) >= position and fixed.endswith(last) else last
