"""What fixes changed, as a unified diff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from actlint.diagnostic import Report
from actlint.output.cells import Paint, painter, printable
from actlint.output.options import RenderOptions

_CONTEXT = 3

_SURE = 3
"""So many equal lines in a row are no accident."""

_FAR = 400
"""Texts that differ for so many lines, of both together, are not compared any further."""

_NO_LINE_END = "\\ No newline at end of file"


@dataclass(frozen=True, slots=True)
class _Change:
    """The lines from `old` to `old_end` became those from `new` to `new_end`."""

    old: int
    old_end: int
    new: int
    new_end: int


def diff(reports: Iterable[Report], options: RenderOptions) -> Iterator[str]:
    """One piece for each file that changed, which `patch -p0` and `git apply -p0` can apply.

    Lines are written as they are. With colours, which go to terminals only, what could drive the terminal is escaped;
    such a diff may not apply.
    """
    paint = painter(options.color)
    for report in reports:
        if report.original is not None and report.original != report.text:
            path = printable(report.path)
            lines = [paint(f"--- {path}", "bold"), paint(f"+++ {path}", "bold")]
            lines += _hunks(_lines(report.original), _lines(report.text), options, paint)
            yield "".join(f"{line}\n" for line in lines)


def _lines(text: str) -> list[str]:
    # Tools that read diffs know no other line end, so that a carriage return is the last character of a line.
    lines = text.split("\n")
    if lines[-1]:
        lines[-1] += "\n" + _NO_LINE_END
    else:
        del lines[-1]
    return lines


def _hunks(old: list[str], new: list[str], options: RenderOptions, paint: Paint) -> Iterator[str]:
    changes = list(_changes(old, new))
    while changes:
        hunk = 1
        while hunk < len(changes) and changes[hunk].old - changes[hunk - 1].old_end <= 2 * _CONTEXT:
            hunk += 1
        first, last, group = changes[0], changes[hunk - 1], changes[:hunk]
        before, after = min(_CONTEXT, first.old), min(_CONTEXT, len(old) - last.old_end)
        removed = _extent(first.old - before, last.old_end + after)
        added = _extent(first.new - before, last.new_end + after)
        yield paint(f"@@ -{removed} +{added} @@", "hunk")
        at = first.old - before
        for change in group:
            yield from (_line(" ", line, "", options, paint) for line in old[at : change.old])
            yield from (_line("-", line, "removed", options, paint) for line in old[change.old : change.old_end])
            yield from (_line("+", line, "added", options, paint) for line in new[change.new : change.new_end])
            at = change.old_end
        yield from (_line(" ", line, "", options, paint) for line in old[at : at + after])
        changes = changes[hunk:]


def _changes(old: list[str], new: list[str]) -> Iterator[_Change]:
    """What differs, in order.

    Fixes are small and local, so it is enough to look, at each difference, for the nearest place where the texts go on
    alike. This takes linear time, in long files of similar lines too, where `difflib` takes minutes.
    """
    at, to = 0, 0
    while at < len(old) or to < len(new):
        if at < len(old) and to < len(new) and old[at] == new[to]:
            at, to = at + 1, to + 1
            continue
        skipped, inserted = _nearest(old, new, at, to)
        yield _Change(at, at + skipped, to, to + inserted)
        at, to = at + skipped, to + inserted


def _nearest(old: list[str], new: list[str], at: int, to: int) -> tuple[int, int]:
    """How many lines of each text to leave behind until the next are equal; all of both where that is far away."""
    for distance in range(1, _FAR):
        for skipped in range(distance + 1):
            start, end = at + skipped, to + distance - skipped
            if start <= len(old) and end <= len(new) and _alike(old, new, start, end):
                return skipped, distance - skipped
    return len(old) - at, len(new) - to


def _alike(old: list[str], new: list[str], at: int, to: int) -> bool:
    return old[at : at + _SURE] == new[to : to + _SURE]


def _line(sign: str, line: str, style: str, options: RenderOptions, paint: Paint) -> str:
    if options.color:
        line = "\n".join("\t".join(map(printable, part.removesuffix("\r").split("\t"))) for part in line.split("\n"))
    return paint(sign + line, style)


def _extent(start: int, end: int) -> str:
    """A range of lines as hunks give it: an empty one by the line before it, one of length one by its number alone."""
    length = end - start
    first = start + (1 if length else 0)
    return str(first) if length == 1 else f"{first},{length}"
