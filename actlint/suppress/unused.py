"""ACT002: comments that silence nothing, and how they go."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from actlint.diagnostic import Diagnostic, Edit, Fix, Span
from actlint.lines import position_of
from actlint.suppress.directives import UNUSED, Directive, Entry, File

Place: TypeAlias = tuple[int, "int | None"]
"""An entry: the index of its directive, and its own there (None for a directive without entries)."""

_NAME = "unused-suppression"
_COOKIE = re.compile(r"coding[:=]")


def problems(file: File, found: Sequence[Directive]) -> Iterator[Diagnostic]:
    """ACT002 for `actlint:` comments that are not understood, and for their entries that name no rule."""
    for directive in found:
        if directive.problem:
            yield _diagnostic(file, directive.start, directive.end, directive.problem, None)
        elif not directive.noqa:
            yield from (_unknown(file, directive, entry) for entry in directive.entries or () if not entry.codes)


def unused(
    file: File, found: Sequence[Directive], used: Collection[Place], ran: frozenset[str], usual: frozenset[str]
) -> Iterator[Diagnostic]:
    """ACT002 for what is not in `used`, as far as the rules in `ran` can tell.

    What stands for several rules is judged if those of them that are in `usual` ran.
    """
    for index, directive in enumerate(found):
        if directive.problem:
            continue
        if directive.entries is None:
            if not directive.noqa and ran - {UNUSED} and usual <= ran and (index, None) not in used:
                what = f"`# actlint: {'ignore-file' if directive.file else 'ignore'}` silences nothing"
                yield _diagnostic(file, directive.start, directive.end, what, _removal(file, directive, ()))
            continue
        out = [
            entry
            for number, entry in enumerate(directive.entries)
            if (index, number) not in used and entry.codes & ran and entry.codes & usual <= ran
        ]
        if out:
            listed = ", ".join(f"`{entry.text}`" for entry in out)
            where = "in this file" if directive.file else "here"
            what = f"{listed} {'silences' if len(out) == 1 else 'silence'} nothing {where}"
            start, end = (out[0].start, out[0].end) if len(out) == 1 else (directive.start, directive.end)
            keep = [entry for entry in directive.entries if entry not in out]
            yield _diagnostic(file, start, end, what, _removal(file, directive, keep))


def _unknown(file: File, directive: Directive, entry: Entry) -> Diagnostic:
    """ACT002 for an entry that fits no rule; it goes only where it is not clear what was meant."""
    from difflib import get_close_matches

    names = [*file.known, *file.known.values()]
    near = [name for name in names if name.lower() == entry.text.lower()] or get_close_matches(entry.text, names, n=1)
    what = f"`{entry.text}` names no rule"
    if near:
        edit = Edit(_span(file, entry.start, entry.end), near[0])
        fix: Fix | None = Fix("display", f"write `{near[0]}`", True, (edit,))
        return _diagnostic(file, entry.start, entry.end, f"{what}; did you mean `{near[0]}`?", fix)
    keep = [other for other in directive.entries or () if other is not entry]
    fix = _removal(file, directive, keep)
    return _diagnostic(file, entry.start, entry.end, f"{what}; `actlint rule --all` lists the rules", fix)


def _diagnostic(file: File, start: int, end: int, message: str, fix: Fix | None) -> Diagnostic:
    name = file.known.get(UNUSED, _NAME)
    return Diagnostic(UNUSED, name, "warning", message, file.path, _span(file, start, end), fix=fix)


def _span(file: File, start: int, end: int) -> Span:
    return Span(position_of(file.layout.starts, start), position_of(file.layout.starts, end))


def _removal(file: File, directive: Directive, keep: Sequence[Entry]) -> Fix | None:
    """The fix that leaves only these entries of a directive; with none left it goes. None where that is not safe."""
    if not keep:
        edit = _whole(file, directive)
        return None if edit is None else Fix("safe", "remove the suppression", True, (edit,))
    entries = directive.entries or ()
    out = [index for index, entry in enumerate(entries) if entry not in keep]
    last_kept = max(index for index, entry in enumerate(entries) if entry in keep)
    edits: list[tuple[int, int]] = []
    for index in out:
        # With the separator: the one after it, at the end of the list the one before.
        if index < last_kept:
            start, end = entries[index].start, entries[index + 1].start
        else:
            start, end = entries[index - 1].end, entries[index].end
        if edits and edits[-1][1] == start:
            start = edits.pop()[0]
        edits.append((start, end))
    listed = ", ".join(f"`{entries[index].text}`" for index in out)
    return Fix("safe", f"remove {listed}", True, tuple(Edit(_span(file, start, end), "") for start, end in edits))


def _whole(file: File, directive: Directive) -> Edit | None:
    """Remove a directive with the blanks beside it, the comment if it holds no more, and the line if that is all."""
    text, comment, starts = file.text, directive.comment, file.layout.starts
    start, end = directive.start, directive.end
    if comment.row <= 2 and _COOKIE.search(text, start, end):
        return None  # it may also declare the encoding
    rest = text[end : comment.end]
    if rest.strip():
        return Edit(_span(file, start, end + len(rest) - len(rest.lstrip())), "")
    line = starts[comment.row - 1]
    if start > comment.start or not comment.alone:
        return Edit(_span(file, line + len(text[line:start].rstrip()), comment.end), "")
    if text[:line].rstrip("\r\n").endswith("\\"):
        return None  # the line before goes on in this one
    after = starts[comment.row] if comment.row < len(starts) else comment.end
    if comment.row <= 2 < len(starts) and _COOKIE.search(text, starts[2], starts[3] if len(starts) > 3 else len(text)):
        after = comment.end  # the third line must not become the second, which may declare the encoding
    return Edit(_span(file, line, after), "")
