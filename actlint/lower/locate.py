"""Ordinals to spans: the one place where positions are made, and only for statements that something is said about.

A chunk is parsed and lowered again, which yields the same ordinals with their libcst nodes; one code generation then
tells where each node stands. Ranges are offsets into the chunk's text; spans are rows and columns of the file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst
from libcst._nodes.internal import CodegenState

from actlint.diagnostic import Position, Span
from actlint.facts import Chunk, StatementFacts
from actlint.lines import line_starts, position_of
from actlint.lower.lower import parse
from actlint.lower.statements import block

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

Range: TypeAlias = tuple[int, int]

_FRAMES = 5_000
"""Code generation needs up to six Python frames for each level of nesting; `lower.guard` bounds the nesting."""

UNREADABLE = (cst.ParserSyntaxError, cst.CSTValidationError, UnicodeEncodeError, RecursionError, MemoryError)
"""What parsing and lowering may raise; libcst's validation refuses `return(a if b else c)`, which is right."""


@dataclass(frozen=True, slots=True)
class Located:
    """One chunk, parsed, with the place of every node of its tree.

    `trace[ordinal]` is the node behind a fact. `outer` gives a node's range with all that it owns (its parentheses,
    its commas, lines of comments above a statement), `inner` its range without, both by `id(node)`; `module` keeps the
    ids valid. `comments` are the ranges of comments in order, `lines` the offsets of line starts. Where `exact` is
    False the tree does not spell the text (a form feed in an indentation): ranges are right, but edits are not made.
    """

    chunk: Chunk
    module: cst.Module
    facts: StatementFacts
    trace: list[cst.CSTNode]
    outer: dict[int, Range]
    inner: dict[int, Range]
    comments: tuple[Range, ...]
    lines: list[int]
    exact: bool


def locate(chunk: Chunk, ordinals: Iterable[int]) -> dict[int, Span]:
    """The span in the file of each of these nodes of a chunk.

    Where the chunk has no facts or cannot be parsed again, each span is the chunk's first line.
    """
    wanted = list(ordinals)
    located = open_chunk(chunk)
    if located is None:
        lines = line_starts(chunk.text)
        first = chunk.text[: lines[1]] if len(lines) > 1 else chunk.text
        end = max(1, len(first.rstrip("\r\n")))
        span = Span(Position(chunk.first_line, 1), Position(chunk.first_line, 1 + end))
        return dict.fromkeys(wanted, span)
    return {ordinal: span_of(located, ordinal) for ordinal in wanted}


def open_chunk(chunk: Chunk) -> Located | None:
    """Parse, lower and locate a chunk.

    None where it has no facts, so that the guard may have refused it, or where there is no stack or memory left for it.
    """
    if chunk.facts is None:
        return None
    trace: list[cst.CSTNode] = []
    try:
        module = parse(chunk.text)
        recorder = _Recorder(module)
        with _deep_stack():
            facts = StatementFacts(block(module.body, trace), len(trace))
            module._codegen(recorder)
    except UNREADABLE:
        return None
    spelled = "".join(recorder.tokens)
    outer, inner, comments = recorder.outer, recorder.inner, recorder.comments
    # libcst takes a lone `\r` at the very end for no line end, which changes no range but the last.
    exact = spelled.rstrip("\r\n") == chunk.text.rstrip("\r\n")
    if spelled != chunk.text:
        moved = _align(spelled, chunk.text)
        outer = {key: (moved[start], moved[end]) for key, (start, end) in outer.items()}
        inner = {key: (moved[start], moved[end]) for key, (start, end) in inner.items()}
        comments = [(moved[start], moved[end]) for start, end in comments]
    return Located(chunk, module, facts, trace, outer, inner, tuple(comments), line_starts(chunk.text), exact)


def span_of(located: Located, ordinal: int) -> Span:
    """The span of a node as users see it; what it covers is said at `range_of`."""
    start, end = range_of(located, ordinal)
    return Span(position_at(located, start), position_at(located, end))


def position_at(located: Located, offset: int) -> Position:
    """The row and column in the file of an offset into the chunk."""
    position = position_of(located.lines, offset)
    return Position(position.row + located.chunk.first_line - 1, position.column)


def range_of(located: Located, ordinal: int) -> Range:
    """The offsets of a node.

    An expression without its own parentheses, unless it is a parenthesised tuple or generator; a definition's name; a
    compound statement's header from its keyword through the colon; a simple statement without semicolon and comment.
    """
    node = located.trace[ordinal]
    match node:
        case cst.FunctionDef() | cst.ClassDef():
            return located.inner[id(node.name)]
        case cst.If() | cst.For() | cst.While() | cst.With() | cst.Try() | cst.TryStar():
            return located.inner[id(node)][0], located.outer[id(node.body)][0]
        case cst.ExceptHandler() | cst.ExceptStarHandler() | cst.MatchCase():
            return located.inner[id(node)][0], located.outer[id(node.body)][0]
        case cst.Match():
            return located.inner[id(node)][0], located.outer[id(node.whitespace_after_colon)][0]
        case cst.Tuple() | cst.GeneratorExp() if node.lpar:
            return located.outer[id(node.lpar[-1])][0], located.outer[id(node.rpar[0])][1]
        case cst.TypeAlias():
            return located.outer[id(node)][0], located.outer[id(node.value)][1]
        case cst.Subscript() if any(earlier is node for earlier in located.trace[:ordinal]):
            last = node.slice[-1]
            end = last.comma if isinstance(last.comma, cst.Comma) else last.slice
            return _trimmed(located, (located.outer[id(node.slice[0])][0], located.outer[id(end)][1]))
        case _:
            found = located.inner.get(id(node))
            return _trimmed(located, located.outer[id(node)]) if found is None else found


def _trimmed(located: Located, extent: Range) -> Range:
    """A range without white space, continuation backslashes and comments at its ends."""
    start, end = extent
    text = located.chunk.text
    comments = {comment_end: comment_start for comment_start, comment_end in located.comments}
    while end > start:
        if end in comments:
            end = comments[end]
        elif text[end - 1] in " \t\f\r\n\\":
            end -= 1
        else:
            break
    while start < end and text[start] in " \t\f\r\n\\":
        start += 1
    return start, end


def _align(spelled: str, text: str) -> list[int]:
    """For each offset into `spelled` the offset into `text`, where the two differ in white space only."""
    moved: list[int] = []
    at = 0
    for character in spelled:
        while at < len(text) and text[at] != character and text[at] in " \t\f\r\n":
            at += 1
        moved.append(at)
        if at < len(text) and text[at] == character:
            at += 1
    moved.append(at)
    return moved


@contextmanager
def _deep_stack() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


class _Recorder(CodegenState):
    """Notes where each node begins and ends while libcst spells the tree."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.offset = 0
        self.open: list[int] = []
        self.outer: dict[int, Range] = {}
        self.inner: dict[int, Range] = {}
        self.comments: list[Range] = []

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.add_token(token)

    def add_token(self, value: str) -> None:
        self.tokens.append(value)
        self.offset += len(value)

    def pop_trailing_newline(self) -> None:
        pass  # the ranges of the last nodes reach over it; `_align` cuts them back

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.open.append(self.offset)

    def after_codegen(self, node: cst.CSTNode) -> None:
        extent = (self.open.pop(), self.offset)
        self.outer[id(node)] = extent
        if type(node) is cst.Comment:
            self.comments.append(extent)

    def record_syntactic_position(  # type: ignore[override]  # a cheaper context manager than a generator
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> _Inner:
        return _Inner(self, node, start_node, end_node)


class _Inner:
    """The context manager behind `record_syntactic_position`."""

    __slots__ = ("end_node", "node", "recorder", "start", "start_node")

    def __init__(
        self, recorder: _Recorder, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> None:
        self.recorder = recorder
        self.node = node
        self.start_node = start_node
        self.end_node = end_node

    def __enter__(self) -> None:
        self.start = self.recorder.offset

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        recorder = self.recorder
        start, end = self.start, recorder.offset
        if self.start_node is not None:
            start = recorder.inner.get(id(self.start_node), (start, end))[0]
        if self.end_node is not None:
            key = id(self.end_node)
            end = (recorder.inner.get(key) or recorder.outer.get(key) or (start, end))[1]
        recorder.inner[id(self.node)] = (start, end)
