"""What comments ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from actlint.suppress.comments import Comment, Layout

UNUSED = "ACT002"

_PIECE = re.compile(r"#+[^#]*")
_ACTLINT = re.compile(r"#+\s*actlint\s*:\s*(?P<word>[\w-]*)\s*(?P<bracket>\[)?")
_NOQA = re.compile(r"#+\s*noqa(?![\w-])(?:\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?", re.IGNORECASE)
_WORD = re.compile(r"[^\s,]+")
_PREFIX = re.compile(r"[A-Z]+[0-9]*")
_CODE = re.compile(r"[A-Za-z]+[0-9]+")
_BARE = re.compile(r"\s*[(=:]?\s*([\w-]+)\)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One selector in a comment, from `start` to `end` of the text, and the known codes that it stands for."""

    text: str
    start: int
    end: int
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Directive:
    """What a comment, or a part of one from `#` to `#`, asks for, on the rows `first` to `last` and its own.

    `file` marks an `ignore-file`. `entries` is None where no rules are named. One with a `problem` silences nothing.
    """

    comment: Comment
    start: int
    end: int
    noqa: bool
    file: bool
    entries: tuple[Entry, ...] | None
    first: int
    last: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """The file whose comments are judged; `known` are all rules' names by code."""

    path: str
    text: str
    layout: Layout
    known: Mapping[str, str]


def directives(file: File) -> list[Directive]:
    """All directives of a file, in order."""
    return [found for comment in file.layout.comments for found in _in_comment(comment, file)]


def _in_comment(comment: Comment, file: File) -> Iterator[Directive]:
    for piece in _PIECE.finditer(file.text, comment.start, comment.end):
        start, end = piece.start(), piece.start() + len(piece[0].rstrip())
        quoted = start > comment.start and file.text[start - 1] in "`'\""  # a comment about such comments
        if (found := _ACTLINT.match(file.text, start, end)) and not quoted:
            yield _actlint(found, comment, end, file)
        elif found := _NOQA.match(file.text, start, end):
            # As for flake8, words that are no codes are a reason, and `noqa` alone silences all.
            entries = None
            if found["codes"]:
                words = _WORD.finditer(file.text, *found.span("codes"))
                entries = tuple(Entry(w[0], *w.span(), _stands_for(w[0].upper(), file.known)) for w in words)
            first, last = _rows(comment, file.layout)
            if comment.alone and not comment.inside:
                first = last = comment.row
            yield Directive(comment, start, end, True, False, entries, first, last)


def _actlint(found: re.Match[str], comment: Comment, end: int, file: File) -> Directive:
    text, word = file.text, found["word"]
    for_file = word == "ignore-file"
    first, last = (1, len(file.layout.starts)) if for_file else _rows(comment, file.layout)
    entries: tuple[Entry, ...] | None = None
    problem = ""
    close = text.find("]", found.end(), end)
    if word not in ("ignore", "ignore-file"):
        from difflib import get_close_matches

        near = get_close_matches(word, ("ignore", "ignore-file"), n=1)
        hint = f"did you mean `{near[0]}`?" if near else "write `ignore[...]` or `ignore-file[...]`"
        problem = f"`actlint: {word}` means nothing; {hint}" if word else f"`actlint:` asks for nothing; {hint}"
    elif found["bracket"] and close < 0:
        problem = f"`{word}[` is never closed and silences nothing"
    elif found["bracket"]:
        words = _WORD.finditer(text, found.end(), close)
        entries = tuple(Entry(w[0], *w.span(), _stands_for(w[0], file.known)) for w in words)
        problem = "" if entries else f"`{word}[]` names no rule"
    elif (after := _BARE.match(text, found.end("word"), end)) and _names_a_rule(after[1], file.known):
        problem = f"`{word}{after[0]}` silences nothing; write `{word}[{after[1]}]`"
    if not problem and for_file and not _at_top(comment, file.layout):
        problem = "`ignore-file` silences nothing here; it goes before the first statement or right after the docstring"
    return Directive(comment, found.start(), end, False, for_file, entries, first, last, problem)


def _names_a_rule(word: str, known: Mapping[str, str]) -> bool:
    """Whether the word after `ignore` is no reason but a rule that lacks its brackets."""
    return bool(_CODE.fullmatch(word)) or word in known.values()


def _stands_for(selector: str, known: Mapping[str, str]) -> frozenset[str]:
    """The codes that a selector (a code, a prefix of codes, a name, or `ALL`) stands for."""
    if selector in known:
        return frozenset({selector})
    if selector == "ALL":
        return frozenset(known)
    prefix = bool(_PREFIX.fullmatch(selector))
    return frozenset(code for code, name in known.items() if name == selector or (prefix and code.startswith(selector)))


def _rows(comment: Comment, layout: Layout) -> tuple[int, int]:
    """The rows of the logical line that a comment is in or stands before, with the header that begins there."""
    if comment.line >= len(layout.lines):
        return comment.row, comment.row
    last = comment.line
    if not comment.inside:
        while layout.lines[last].kind == "decorator" and last + 1 < len(layout.lines):
            last += 1
    return layout.lines[comment.line].first, layout.lines[last].last


def _at_top(comment: Comment, layout: Layout) -> bool:
    """Whether a comment stands before the first statement, or behind the docstring or after it."""
    if comment.line == 0 and not comment.inside:
        return True
    documented = layout.lines[0].kind == "string"
    if comment.line == 0:
        return documented and comment.row == layout.lines[0].last
    return documented and comment.line == 1 and not comment.inside
