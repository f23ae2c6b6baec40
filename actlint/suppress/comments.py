"""Where the comments of a text are, and its logical lines.

A lexer of its own: it reads any text, code that no parser accepts too, says the same under every interpreter, and is
not slower than `tokenize`. In code that `tokenize` reads it finds the same comments and lines. F-strings are read as
since Python 3.12 (nested quotes, comments in fields), which suits all older valid ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from actlint.lines import line_starts, position_of

_BLANKS = " \t\f"
_CODE = r"#[^\r\n]*|\r\n?|\n|\\(?:\r\n?|\n)|[()\[\]{}]|(?:\b[bBfFrRtTuU]{1,2})?(?:'''|\"\"\"|'|\")"
_IN_CODE = re.compile(_CODE)
_IN_FIELD = re.compile(_CODE + "|:")
_STRINGS = {
    "'": re.compile(r"[^'\\\r\n]*(?:\\(?:\r\n|[\s\S])[^'\\\r\n]*)*'?"),
    '"': re.compile(r'[^"\\\r\n]*(?:\\(?:\r\n|[\s\S])[^"\\\r\n]*)*"?'),
    "'''": re.compile(r"[^'\\]*(?:(?:\\[\s\S]|'(?!''))[^'\\]*)*(?:''')?"),
    '"""': re.compile(r'[^"\\]*(?:(?:\\[\s\S]|"(?!""))[^"\\]*)*(?:""")?'),
}
"""What follows each opening quote. An unterminated string ends with its line, or, in triple quotes, with the text."""

_NAMED = re.compile(r"\\N\{[^{}\r\n]*\}")
_PLAIN = re.compile(r"[^\\{}'\"\r\n]+")
_STARTS_WITH_STRING = re.compile(r"[rRuU]?['\"]")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment from its `#` to the end of its line; `start` and `end` are offsets into the text.

    `line` is the index of the logical line that it stands in or, where it stands in none, of the next one, if there is
    one. `inside` tells which; `alone` says that nothing else is on its physical line.
    """

    start: int
    end: int
    row: int
    line: int
    inside: bool
    alone: bool


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """The rows of a logical line: a simple statement, several of them behind semicolons, or a compound one's header."""

    first: int
    last: int
    kind: Literal["decorator", "string", "other"]


@dataclass(frozen=True, slots=True)
class Layout:
    """Comments and logical lines in order; `starts` are the offsets of the physical lines."""

    comments: tuple[Comment, ...]
    lines: tuple[LogicalLine, ...]
    starts: tuple[int, ...]


def layout(text: str) -> Layout:
    """The comments and logical lines of a text, which need not be Python."""
    starts = line_starts(text)
    comments: list[Comment] = []
    lines: list[LogicalLine] = []
    # Open brackets, and what is open of f-strings: `F` and the quote for literal text, `R` for a field, `S` its format.
    open_: list[str] = []
    strings: list[int] = []  # the indices of all `F` in `open_`
    begin: int | None = None  # the first character of the logical line
    seen = 0  # up to here the text is known
    while True:
        if open_ and open_[-1][0] in "FS":
            seen = _literal(text, seen, open_, strings)
            continue
        found = (_IN_FIELD if open_ and open_[-1] == "R" else _IN_CODE).search(text, seen)
        at = found.start() if found else len(text)
        if begin is None and (before := text[seen:at].lstrip(_BLANKS)):
            begin = at - len(before)
        if found is None:
            break
        token, seen = found[0], found.end()
        if token[0] == "#":
            row = position_of(starts, at).row
            alone = not text[starts[row - 1] : at].strip(_BLANKS)
            comments.append(Comment(at, seen, row, len(lines), begin is not None, alone))
        elif token[0] in "\r\n":
            if not open_ and begin is not None:
                lines.append(_line(text, starts, begin, at))
                begin = None
        elif token[0] != "\\":
            begin = at if begin is None else begin
            seen = _opened(text, token, seen, open_, strings)
    if begin is not None:
        lines.append(_line(text, starts, begin, len(text)))
    return Layout(tuple(comments), tuple(lines), tuple(starts))


def _line(text: str, starts: list[int], begin: int, end: int) -> LogicalLine:
    kind: Literal["decorator", "string", "other"] = "other"
    if text[begin] == "@":
        kind = "decorator"
    elif _STARTS_WITH_STRING.match(text, begin):
        kind = "string"
    return LogicalLine(position_of(starts, begin).row, position_of(starts, end).row, kind)


def _opened(text: str, token: str, seen: int, open_: list[str], strings: list[int]) -> int:
    """Take note of a bracket, a colon in a field, or a string, and give where to go on."""
    if token in "([{":
        open_.append(token)
    elif token == ":":
        open_.append("S")
    elif token in ")]}":
        if open_ and (open_[-1] != "R" or token == "}"):
            open_.pop()
    else:
        quote = token.lstrip("bBfFrRtTuU")
        prefix = token[: -len(quote)].lower()
        if "f" in prefix or "t" in prefix:
            strings.append(len(open_))
            open_.append(("Fr" if "r" in prefix else "F") + quote)
        else:
            end = _STRINGS[quote].match(text, seen)
            return end.end() if end else seen
    return seen


def _literal(text: str, seen: int, open_: list[str], strings: list[int]) -> int:
    """Go on in the literal text of an f-string, or in a field's format, up to its end or the next field."""
    level = strings[-1]
    quote = open_[level].lstrip("Fr")
    escapes = open_[level][1] != "r"
    in_format = open_[-1] == "S"
    while seen < len(text):
        if plain := _PLAIN.match(text, seen):
            seen = plain.end()
            continue
        character = text[seen]
        if text.startswith(quote, seen):
            break
        if character == "\\":
            if escapes and (name := _NAMED.match(text, seen)):
                seen = name.end()
            else:
                seen += 1 if text[seen + 1 : seen + 2] in ("{", "}") else 3 if text.startswith("\r\n", seen + 1) else 2
        elif character in "{}" and not in_format and text.startswith(character * 2, seen):
            seen += 2
        elif character == "{":
            open_.append("R")
            return seen + 1
        elif character == "}" and in_format:
            del open_[-2:]
            return seen + 1
        elif character in "\r\n" and len(quote) == 1:
            quote = ""  # unterminated
            break
        else:
            seen += 1
    del open_[level:], strings[-1]
    return min(seen + len(quote), len(text))
