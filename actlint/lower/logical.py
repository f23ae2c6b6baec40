"""The logical lines of any text, Python or not, and how deep each goes: what is known of a text without a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class LogicalLine:
    """What is seen of a logical line.

    `start` is the offset of its first token, `word` that token if it is a word, `indent` the characters before it.
    `links` is the most tokens between two commas at any place, those in front of enclosing brackets included;
    `brackets` the most that are open at once. `weight` is for the pattern of a `case`: the sum over its tokens of 4 to
    the power of the brackets around each.
    """

    start: int
    indent: int
    word: str
    links: int = 0
    brackets: int = 0
    weight: int = 0


_HOPELESS = 20
"""Brackets in a pattern from which on counting more exactly is of no use."""

_TOKEN = re.compile(
    r"(?P<blank>[ \t\f]+|\#[^\r\n]*|\\(?:\r\n|\r|\n))"
    r"|(?P<end>\r\n|\r|\n)"
    r"|(?P<prefix>(?:[rRbBuUfFtT]{0,2}))(?P<quote>'''|\"\"\"|'|\")"
    r"|(?P<word>\w+)"
    r"|(?P<other>[\s\S])"
)
_STOPS = {
    "'": re.compile(r"['\\\r\n]"),
    '"': re.compile(r'["\\\r\n]'),
    "'''": re.compile(r"'''|\\"),
    '"""': re.compile(r'"""|\\'),
}


def _string_end(text: str, at: int, quote: str) -> int:
    stops = _STOPS[quote]
    while found := stops.search(text, at):
        if found[0] == quote:
            return found.end()
        if found[0] != "\\":
            return found.start()  # unterminated: the line end is not part of it
        at = found.end() + (2 if text.startswith("\r\n", found.end()) else 1)
    return len(text)


def logical_lines(text: str) -> Iterator[LogicalLine]:
    """The logical lines of any text, Python or not, in one pass; blank lines and lines of comments are left out.

    Strings of nested quotes (`f"{d["a"]}"`) are cut wrongly, which moves a count or a boundary but loses nothing.
    """
    at = line_start = 0
    line: LogicalLine | None = None
    counts = [0]  # tokens since the last comma, for each open bracket
    links = sticky = 0  # sum of counts; what a comma does not reset
    in_pattern = False
    match = _TOKEN.match
    while at < len(text):
        found = match(text, at)
        assert found is not None
        group = found.lastgroup
        start, at = at, found.end()
        if group == "blank":
            if found[0][-1] in "\r\n":
                line_start = at
            continue
        if group == "end":
            if line is not None and len(counts) == 1:
                yield line
                line = None
            line_start = at
            continue
        token = found[0]
        if line is None:
            line = LogicalLine(start, len(text[line_start:start].rpartition("\f")[2]), token if group == "word" else "")
            counts, links, sticky = [0], 0, 0
            in_pattern = token == "case"
        if group == "quote":
            at = _string_end(text, at, found["quote"])
            if found["prefix"].strip("rRbBuU"):
                sticky += text.count("{", start, at)
        if token in ",;":
            links -= counts[-1]
            counts[-1] = 0
            continue
        if token == "lambda":
            sticky += 1  # its parameters have commas, and yet it nests
        counts[-1] += 1
        links += 1
        if token in "([{":
            counts.append(0)
            line.brackets = max(line.brackets, len(counts) - 1)
        elif token in ")]}" and len(counts) > 1:
            links -= counts.pop()
        elif len(counts) == 1 and (token == "if" or token == ":"):
            in_pattern = False
        if links + sticky > line.links:
            line.links = links + sticky
        if in_pattern:
            line.weight += 4 ** min(len(counts) - 1, _HOPELESS)
    if line is not None:
        yield line
