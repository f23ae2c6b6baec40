"""Statements replaced, inserted and deleted, with their lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from actlint.facts import Case, Handler, Jump, Site
from actlint.intents import DeleteStatement, InsertStatement, Replace
from actlint.lower.drafts import (
    Document,
    Draft,
    DraftChange,
    Text,
    comments_kept,
    editable,
    expected,
    is_compound,
    newline_at,
    written,
)
from actlint.lower.frames import Opened, first_line_of, line_start
from actlint.lower.locate import Located, range_of
from actlint.lower.shapes import Plan, is_statement, shapes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a simple statement stands: its line (or one-line suite), its index there, all statements of its block."""

    line: cst.SimpleStatementLine | cst.SimpleStatementSuite
    index: int
    block: tuple[cst.CSTNode, ...]
    module: bool

    @property
    def alone(self) -> bool:
        """Whether it has a line of its own."""
        return isinstance(self.line, cst.SimpleStatementLine) and len(self.line.body) == 1


def replace_statement(document: Document, intent: Replace, numbers: Iterator[int]) -> Draft | None:
    """Other text for a simple statement; several lines only where it has a line of its own."""
    found = editable(document, intent.at)
    if found is None or is_compound(found[1]) or isinstance(found[1], Handler | Case):
        return None
    opened, fact = found
    located = opened.located
    start, end = range_of(located, fact.ordinal)
    place = place_of(located, fact.ordinal)
    lines = _has_lines(intent)
    if lines and not place.alone:
        return None
    indent = located.chunk.text[line_start(located, start) : start] if lines else ""
    newline = newline_at(document, located, end)
    new = written(document, intent.parts, numbers, newline + indent, (intent.at.chunk, (start, end)))
    if new is None or (wanted := expected(new, "statement")) is None:
        return None
    kept = [extent for chunk, extent in new.copied if chunk == intent.at.chunk]
    if not comments_kept(located, (start, end), kept):
        return None
    plan = Plan(replaced={fact.ordinal: wanted})
    statement = opened.parents.get(fact.ordinal) if lines else fact.ordinal
    return Draft(intent.at.chunk, statement, lines, (DraftChange(start, end, new.text),), plan)


def insert_statement(document: Document, intent: InsertStatement, numbers: Iterator[int]) -> Draft | None:
    """A new line before or after a statement, or a new statement between semicolons."""
    found = editable(document, intent.anchor)
    if found is None or not is_statement(found[1]) or isinstance(found[1], Handler | Case):
        return None
    opened, fact = found
    located = opened.located
    place = None if is_compound(fact) else place_of(located, fact.ordinal)
    before = intent.where == "before"
    if place is None:
        change = _beside_compound(document, opened, intent, numbers)
    elif isinstance(place.line, cst.SimpleStatementLine) and place.index == (0 if before else len(place.line.body) - 1):
        change = _own_line(document, opened, place, intent, numbers)
    else:
        change = _between_semicolons(document, opened, place, intent, numbers)
    new = written(document, intent.parts, numbers, "\n")
    if change is None or new is None or not (wanted := expected(new, "statement")):
        return None
    plan = Plan(before={fact.ordinal: wanted}) if before else Plan(after={fact.ordinal: wanted})
    return Draft(intent.anchor.chunk, opened.parents.get(fact.ordinal), True, (change,), plan)


def delete_statements(document: Document, intents: Sequence[DeleteStatement]) -> list[Draft] | None:
    """Statements gone: all that a repair deletes at once, so that a block that loses every one of them gets `pass`."""
    gone: set[int] = set()
    for intent in intents:
        found = editable(document, intent.at)
        if found is None or not is_statement(found[1]) or is_compound(found[1]) or isinstance(found[1], Handler | Case):
            return None
        gone.add(id(found[0].located.trace[intent.at.ordinal]))
    drafts: list[Draft] = []
    emptied: set[int] = set()
    for intent in intents:
        draft = _delete(document, intent.at, gone, emptied)
        if draft is None:
            return None
        drafts.append(draft)
    return drafts


# ------------------------------------------------------------------------------------------------------------ placing


def place_of(located: Located, ordinal: int) -> Place:
    """Where a simple statement stands."""
    wanted = located.trace[ordinal]
    for line, block, module in _lines(located):
        for number, small in enumerate(line.body):
            if small is wanted:
                return Place(line, number, block, module)
    raise AssertionError("a simple statement stands on a line")


def _lines(
    located: Located,
) -> Iterator[tuple[cst.SimpleStatementLine | cst.SimpleStatementSuite, tuple[cst.CSTNode, ...], bool]]:
    for body, module in _bodies(located):
        if isinstance(body, cst.SimpleStatementSuite):
            yield body, tuple(body.body), module
            continue
        lines = body.body
        block = tuple(
            statement
            for line in lines
            for statement in (line.body if isinstance(line, cst.SimpleStatementLine) else (line,))
        )
        for line in lines:
            if isinstance(line, cst.SimpleStatementLine):
                yield line, block, module


def _bodies(located: Located) -> Iterator[tuple[cst.BaseSuite | cst.Module, bool]]:
    yield located.module, True
    for node in located.trace:
        for name in ("body", "orelse", "finalbody"):
            inner = getattr(node, name, None)
            if isinstance(inner, cst.Else | cst.Finally):
                inner = inner.body
            if isinstance(inner, cst.BaseSuite):
                yield inner, False


# ---------------------------------------------------------------------------------------------------------- inserting


def _own_line(
    document: Document, opened: Opened, place: Place, intent: InsertStatement, numbers: Iterator[int]
) -> DraftChange | None:
    located = opened.located
    start = located.inner[id(place.line.body[0])][0]
    indent = located.chunk.text[line_start(located, start) : start]
    if intent.where == "before":
        return _line(document, located, intent, numbers, line_start(located, start), indent)
    return _line(document, located, intent, numbers, located.outer[id(place.line)][1], indent)


def _beside_compound(
    document: Document, opened: Opened, intent: InsertStatement, numbers: Iterator[int]
) -> DraftChange | None:
    located, ordinal = opened.located, intent.anchor.ordinal
    node = located.trace[ordinal]
    start = first_line_of(located, node)
    text = located.chunk.text
    if text.startswith("elif", start):
        return None
    at = line_start(located, start)
    indent = text[at:start]
    if intent.where == "after":
        at = _after_block(located, located.inner[id(node)][1], indent)
    return _line(document, located, intent, numbers, at, indent)


def _after_block(located: Located, end: int, indent: str) -> int:
    """The line after a block, comments that are indented like its statements counted to it."""
    text, lines = located.chunk.text, [*located.lines, len(located.chunk.text)]
    row = next((row for row, start in enumerate(lines) if start > end), len(lines) - 1)
    at = min(lines[row], len(text))
    for start, following in zip(lines[row:], lines[row + 1 :], strict=False):
        line = text[start:following].strip()
        margin = text[start:following][: len(text[start:following]) - len(text[start:following].lstrip())]
        if line.startswith("#") and margin.startswith(indent) and len(margin) > len(indent):
            at = following
        elif line:
            break
    return at


def _line(
    document: Document, located: Located, intent: InsertStatement, numbers: Iterator[int], at: int, indent: str
) -> DraftChange | None:
    if indent.strip(" \t\f"):
        return None
    text = located.chunk.text
    at = min(at, len(text))
    newline = newline_at(document, located, max(0, at - 1))
    new = written(document, intent.parts, numbers, newline + indent)
    if new is None:
        return None
    if at == len(text) and not text.endswith(("\n", "\r")):
        return DraftChange(at, at, (newline, indent, *new.text))
    return DraftChange(at, at, (indent, *new.text, newline))


def _between_semicolons(
    document: Document, opened: Opened, place: Place, intent: InsertStatement, numbers: Iterator[int]
) -> DraftChange | None:
    new = written(document, intent.parts, numbers, "\n")
    if new is None or _has_lines(intent):
        return None
    located, body = opened.located, place.line.body
    index = place.index if intent.where == "before" else place.index + 1
    if index < len(body):
        at = located.inner[id(body[index])][0]
        return DraftChange(at, at, (*new.text, "; "))
    last = body[-1]
    if isinstance(last.semicolon, cst.Semicolon):
        at = located.outer[id(last.semicolon.whitespace_before)][1] + 1
        return DraftChange(at, at, (" ", *new.text))
    at = located.inner[id(last)][1]
    return DraftChange(at, at, ("; ", *new.text))


def _has_lines(intent: Replace | InsertStatement) -> bool:
    return any(isinstance(part, str) and "\n" in part for part in intent.parts)


# ----------------------------------------------------------------------------------------------------------- deleting


def _delete(document: Document, at: Site, gone: set[int], emptied: set[int]) -> Draft | None:
    found = editable(document, at)
    assert found is not None
    opened, _ = found
    located, place = opened.located, place_of(opened.located, at.ordinal)
    start, end = range_of(located, at.ordinal)
    text: Text = ()
    wanted: tuple[object, ...] = ()
    block = id(place.block[0])
    if place.line.trailing_whitespace.comment is not None or not comments_kept(located, (start, end), ()):
        return None
    if not place.module and block not in emptied and all(id(statement) in gone for statement in place.block):
        emptied.add(block)
        text, wanted = ("pass",), shapes((Jump(-1, "pass"),))
    elif place.alone:
        start, end = line_start(located, start), min(located.outer[id(place.line)][1], len(located.chunk.text))
    elif place.index + 1 < len(place.line.body):
        end = located.inner[id(place.line.body[place.index + 1])][0]
    else:
        start = located.inner[id(place.line.body[place.index - 1])][1]
        end = located.outer[id(located.trace[at.ordinal])][1]
    plan = Plan(replaced={at.ordinal: wanted})
    return Draft(at.chunk, opened.parents.get(at.ordinal), True, (DraftChange(start, end, text),), plan)
