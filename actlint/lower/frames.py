"""The smallest piece of a chunk that can be parsed on its own around an edit, and the check of an edit in it.

Lowering a whole class for each edit would make fixing slower than checking. So an edit of an expression is tried on its
simple statement or on its header alone, and an edit of statements on the compound statement around them.
"""

from __future__ import annotations

import ast
import warnings
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from actlint.facts import (
    Case,
    Chunk,
    ClassDef,
    For,
    FunctionDef,
    Handler,
    If,
    Jump,
    Match,
    Node,
    Stmt,
    Try,
    While,
    With,
)
from actlint.lower.locate import UNREADABLE, Located, open_chunk, range_of
from actlint.lower.lower import lower
from actlint.lower.shapes import Plan, index, is_statement, shapes


@dataclass(frozen=True, slots=True)
class Opened:
    """A chunk with the places of its nodes, each node by ordinal, and each node's parent."""

    located: Located
    nodes: dict[int, Node]
    parents: dict[int, int]


@dataclass(frozen=True, slots=True)
class Change:
    """New text for a range of offsets into a chunk."""

    start: int
    end: int
    content: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The text from `start` to `end` of a chunk, which parses between `prefix` and `suffix`.

    `before` are the facts it says, without a plan; `unwrap` finds them in what the framed text is lowered to.
    """

    start: int
    end: int
    prefix: str
    suffix: str
    before: tuple[Node, ...]
    unwrap: Callable[[tuple[Stmt, ...]], tuple[object, ...]]


def open_for_edits(chunk: Chunk) -> Opened | None:
    """A chunk parsed for editing; None where `open_chunk` gives none."""
    located = open_chunk(chunk)
    return None if located is None else Opened(located, *index(located.facts))


def statement_of(opened: Opened, ordinal: int) -> int:
    """The ordinal of the innermost statement (or `except`, or `case`) that a node is or stands in."""
    while not is_statement(opened.nodes[ordinal]):
        ordinal = opened.parents[ordinal]
    return ordinal


def header_frame(opened: Opened, ordinal: int) -> Frame:
    """The frame of a statement without the blocks in it."""
    located, statement = opened.located, opened.nodes[ordinal]
    text = located.chunk.text
    start, end = range_of(located, ordinal)
    stub = (Jump(-1, "pass"),)
    match statement:
        case FunctionDef() | ClassDef():
            node = located.trace[ordinal]
            assert isinstance(node, cst.FunctionDef | cst.ClassDef)
            start = line_start(located, first_line_of(located, node))
            end = located.outer[id(node.body)][0]
            indented = text[start : start + 1] in (" ", "\t", "\f")
            bare = replace(statement, body=stub)
            return Frame(start, end, "if 1:\n" if indented else "", " pass\n", (bare,), _inner if indented else _all)
        case If():
            bare_if = replace(statement, body=stub, orelse=())
            if text.startswith("elif", start):
                return Frame(start, end, "if 1: pass\n", " pass\n", (bare_if,), _otherwise)
            return Frame(start, end, "", " pass\n", (bare_if,), _all)
        case For() | While():
            return Frame(start, end, "", " pass\n", (replace(statement, body=stub, orelse=()),), _all)
        case With():
            return Frame(start, end, "", " pass\n", (replace(statement, body=stub),), _all)
        case Try():
            silent = Handler(-1, None, None, stub)
            bare_try = replace(statement, body=stub, handlers=(silent,), orelse=(), final=())
            return Frame(start, end, "", " pass\nexcept: pass\n", (bare_try,), _all)
        case Handler():
            return Frame(start, end, "try: pass\n", " pass\n", (replace(statement, body=stub),), _handlers)
        case Match():
            any_case = Case(-1, (), (), True, None, stub)
            return Frame(start, end, "", "\n case _: pass\n", (replace(statement, cases=(any_case,)),), _all)
        case Case():
            return Frame(start, end, "match _:\n ", " pass\n", (replace(statement, body=stub),), _cases)
        case _:
            return Frame(start, end, "", "\n", (statement,), _all)


def block_frame(opened: Opened, ordinal: int | None) -> Frame:
    """The frame of a whole compound statement; for None, of the whole chunk."""
    located = opened.located
    text = located.chunk.text
    while ordinal is not None:
        node = located.trace[ordinal]
        start, _ = located.inner.get(id(node), (0, 0))
        if isinstance(opened.nodes[ordinal], Handler | Case) or text.startswith("elif", start):
            ordinal = opened.parents.get(ordinal)  # not a statement that stands alone
            continue
        start = line_start(located, first_line_of(located, node))
        end = min(located.outer[id(node)][1], len(text))
        indented = text[start : start + 1] in (" ", "\t", "\f")
        fact = opened.nodes[ordinal]
        return Frame(start, end, "if 1:\n" if indented else "", "", (fact,), _inner if indented else _all)
    return Frame(0, len(text), "", "", located.facts.body, _all)


def holds(frame: Frame, opened: Opened, plan: Plan, changes: Sequence[Change]) -> bool:
    """Whether the changed text says exactly what the plan wants."""
    text = opened.located.chunk.text
    old = text[frame.start : frame.end]
    new = _changed(text, frame, changes)
    try:
        lowered = lower(frame.prefix + new + frame.suffix)
        found = shapes(frame.unwrap(lowered.body))
        wanted = shapes(frame.before, plan)
    except UNREADABLE:
        return False
    if found != wanted:
        return False
    return _python_reads(frame.prefix + new + frame.suffix) or not _python_reads(frame.prefix + old + frame.suffix)


def line_start(located: Located, offset: int) -> int:
    """The offset of the line that an offset is on."""
    return located.lines[bisect_right(located.lines, offset) - 1]


def first_line_of(located: Located, node: cst.CSTNode) -> int:
    """Where a statement begins, decorators included."""
    if isinstance(node, cst.FunctionDef | cst.ClassDef) and node.decorators:
        return located.inner[id(node.decorators[0])][0]
    return located.inner[id(node)][0]


def _changed(text: str, frame: Frame, changes: Sequence[Change]) -> str:
    pieces: list[str] = []
    at = frame.start
    for change in changes:
        pieces += (text[at : change.start], change.content)
        at = change.end
    pieces.append(text[at : frame.end])
    return "".join(pieces)


def _python_reads(text: str) -> bool:
    """Whether this interpreter's own parser takes the text: it refuses some that libcst lets through."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


# What a framed text is lowered to, less the frame.


def _all(body: tuple[Stmt, ...]) -> tuple[object, ...]:
    return body


def _inner(body: tuple[Stmt, ...]) -> tuple[object, ...]:
    return body[0].body if len(body) == 1 and isinstance(body[0], If) else ()


def _otherwise(body: tuple[Stmt, ...]) -> tuple[object, ...]:
    return body[0].orelse if len(body) == 1 and isinstance(body[0], If) else ()


def _handlers(body: tuple[Stmt, ...]) -> tuple[object, ...]:
    return body[0].handlers if len(body) == 1 and isinstance(body[0], Try) else ()


def _cases(body: tuple[Stmt, ...]) -> tuple[object, ...]:
    return body[0].cases if len(body) == 1 and isinstance(body[0], Match) else ()
