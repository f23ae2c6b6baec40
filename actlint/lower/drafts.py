"""Edits before it is known which parentheses they need, and the text that a repair's parts make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import libcst as cst

from actlint.diagnostic import Span
from actlint.facts import (
    Alias,
    Argument,
    Case,
    ClassDef,
    ExprStmt,
    FileFacts,
    For,
    FString,
    FunctionDef,
    Handler,
    If,
    Import,
    ImportFrom,
    Match,
    Name,
    Node,
    Parameter,
    Site,
    Slice,
    Starred,
    Subscript,
    Try,
    While,
    With,
)
from actlint.intents import Part, Reference
from actlint.lines import line_end, line_starts
from actlint.lower.frames import Opened, open_for_edits
from actlint.lower.locate import UNREADABLE, Located, Range, locate, range_of, span_of
from actlint.lower.lower import lower
from actlint.lower.shapes import NOTHING, Plan, Shape, is_statement, shapes


@dataclass(frozen=True, slots=True)
class Document:
    """A file whose findings are being reported: its facts, its text, and each chunk that was parsed again so far."""

    facts: FileFacts
    text: str
    lines: list[int]
    opened: dict[int, Opened | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paren:
    """A parenthesis that is written only if the text says something else without it; a pair shares its number."""

    number: int
    text: Literal["(", ")"]


Text: TypeAlias = tuple[str | Paren, ...]


@dataclass(frozen=True, slots=True)
class DraftChange:
    """New text, its parentheses undecided, for a range of offsets into a chunk."""

    start: int
    end: int
    text: Text


@dataclass(frozen=True, slots=True)
class Draft:
    """What one intent changes in one chunk.

    It is tried on `statement` (None: the whole chunk), with the blocks in it if `whole`.
    """

    chunk: int
    statement: int | None
    whole: bool
    changes: tuple[DraftChange, ...]
    plan: Plan


Kind: TypeAlias = Literal["expression", "element", "slice", "argument", "statement", "alias"]


@dataclass(frozen=True, slots=True)
class Written:
    """What a repair's parts come to.

    `text` is for the file; `template` is the same with a name for each copied node, which `filled` gives; `copied` are
    the ranges (chunk, start and end) of the nodes' text.
    """

    text: Text
    template: str
    filled: dict[str, Node]
    copied: tuple[tuple[int, Range], ...]


def open_document(facts: FileFacts, text: str) -> Document:
    """A document of a file's facts and of the text that they were made from."""
    return Document(facts, text, line_starts(text))


def opened(document: Document, chunk: int) -> Opened | None:
    """A chunk of the document, parsed at most once; None if it cannot be parsed (any more)."""
    if chunk not in document.opened:
        document.opened[chunk] = open_for_edits(document.facts.chunks[chunk])
    return document.opened[chunk]


def site_span(document: Document, site: Site) -> Span:
    """The span of a node of the document's file; of its chunk's first line if the chunk cannot be parsed (any more)."""
    found = opened(document, site.chunk)
    if found is not None:
        return span_of(found.located, site.ordinal)
    return locate(document.facts.chunks[site.chunk], [site.ordinal])[site.ordinal]


def editable(document: Document, site: Site) -> tuple[Opened, Node] | None:
    """The chunk and the fact of a site, if its file is the document's and edits in it can be exact."""
    if site.path != document.facts.path:
        return None
    found = opened(document, site.chunk)
    if found is None or not found.located.exact or site.ordinal not in found.nodes:
        return None
    return found, found.nodes[site.ordinal]


# ---------------------------------------------------------------------------------------------------------------- text


def written(
    document: Document,
    parts: Sequence[Part],
    numbers: Iterator[int],
    newline: str,
    gone: tuple[int, Range] | None = None,
) -> Written | None:
    """The text of a repair's parts; `newline` is written for each `\\n` of their literal text.

    `gone` (a chunk and a range in it) is what the text replaces: comments between a copied node and its parentheses
    come along from there.
    """
    text: list[str | Paren] = []
    template: list[str] = []
    filled: dict[str, Node] = {}
    copied: list[tuple[int, Range]] = []
    for part in parts:
        match part:
            case str():
                text.append(part.replace("\n", newline))
                template.append(part)
            case Reference(text=reference):
                text.append(reference)
                template.append(reference)
            case Site():
                found = editable(document, part)
                if found is None or not _can_be_copied(found[1]):
                    return None
                within = gone[1] if gone is not None and gone[0] == part.chunk else None
                extent = _copied_range(found[0].located, part.ordinal, within)
                source = found[0].located.chunk.text[extent[0] : extent[1]]
                text.extend(parenthesised((source,), numbers) if _may_need_parentheses(found[1]) else (source,))
                name = f"_actlint_{len(filled)}_"
                template.append(name)
                filled[name] = found[1]
                copied.append((part.chunk, extent))
    return Written(tuple(text), "".join(template), filled, tuple(copied))


def parenthesised(text: Text, numbers: Iterator[int]) -> Text:
    """A text between parentheses that it may turn out not to need."""
    number = next(numbers)
    return Paren(number, "("), *text, Paren(number, ")")


def rendered(text: Text, parentheses: frozenset[int]) -> str:
    """The text with the numbered parentheses."""
    return "".join(
        piece if isinstance(piece, str) else piece.text if piece.number in parentheses else "" for piece in text
    )


def numbers_in(changes: Iterable[DraftChange]) -> list[int]:
    """The numbers of all undecided parentheses, in order."""
    return [
        piece.number for change in changes for piece in change.text if isinstance(piece, Paren) and piece.text == "("
    ]


def expected(template: Written, kind: Kind) -> tuple[Shape, ...] | None:
    """What the parts say where a node of that kind stands; None if they cannot stand there."""
    text = template.template
    if not text.strip():
        return None
    match kind:
        case "expression":
            framed = f"(\n{text}\n)\n"
        case "element":
            framed = f"[\n{text}\n]\n"
        case "slice":
            framed = f"_[\n{text}\n]\n"
        case "argument":
            framed = f"_(\n{text}\n)\n"
        case "statement":
            framed = f"{text}\n"
        case "alias":
            framed = f"from _ import (\n{text}\n)\n" if "." not in text else f"import {text}\n"
    try:
        body = lower(framed).body
    except UNREADABLE:
        return None
    if kind == "statement":
        return shapes(body, NOTHING, template.filled)
    if len(body) != 1:
        return None
    inner: tuple[object, ...]
    match body[0]:
        case ExprStmt(value=value) if kind == "expression":
            inner = (value,)
        case ExprStmt(value=value) if kind == "element":
            inner = getattr(value, "elements", (value,))
        case ExprStmt(value=Subscript(index=value)) if kind == "slice":
            inner = (value,)
        case ExprStmt(value=value) if kind == "argument":
            inner = getattr(value, "args", ())
        case Import(aliases=aliases) | ImportFrom(aliases=aliases) if kind == "alias":
            inner = aliases
        case _:
            return None
    return shapes(inner, NOTHING, template.filled)


def _can_be_copied(fact: Node) -> bool:
    return not isinstance(fact, Parameter | Alias | Handler | Case) and not is_compound(fact)


def _may_need_parentheses(fact: Node) -> bool:
    return not isinstance(fact, Name | Argument | Slice | Starred) and not is_statement(fact)


def _copied_range(located: Located, ordinal: int, within: Range | None) -> Range:
    """The node's own text; with its parentheses if these are `within` a range and there is a comment between."""
    start, end = range_of(located, ordinal)
    node = located.trace[ordinal]
    for left, right in zip(reversed(getattr(node, "lpar", ())), getattr(node, "rpar", ()), strict=False):
        outer = (located.outer[id(left)][0], located.outer[id(right)][1])
        if within is None or not (within[0] <= outer[0] and outer[1] <= within[1]):
            break
        if comments_kept(located, outer, [(start, end)]):
            break
        start, end = outer
    return start, end


# ------------------------------------------------------------------------------------------------------------ questions


def is_compound(fact: Node) -> bool:
    """Whether a fact is a statement with blocks."""
    return isinstance(fact, If | For | While | With | Try | Match | FunctionDef | ClassDef)


def comments_kept(located: Located, changed: Range, kept: Iterable[Range]) -> bool:
    """Whether each comment in a range that goes is in one of the ranges that stay."""
    stay = list(kept)
    return all(
        any(first <= start and end <= last for first, last in stay)
        for start, end in located.comments
        if changed[0] <= start and end <= changed[1]
    )


def fits_in_string(opened_chunk: Opened, ordinal: int, new: Written) -> bool:
    """Whether new text may stand where a node does, as far as an f-string around it has a say.

    Before Python 3.12 a replacement field holds no quote of its string, no backslash, no comment and no line end; and
    the text of `{x=}` is part of the value.
    """
    located, at = opened_chunk.located, ordinal
    while at in opened_chunk.parents:
        at = opened_chunk.parents[at]
        if isinstance(opened_chunk.nodes[at], FString):
            text = "".join(piece for piece in new.text if isinstance(piece, str))
            extent = range_of(located, ordinal)
            return not set(text) & set("'\"\\#\r\n") and not _shows_itself(located, located.trace[at], extent)
    return True


def _shows_itself(located: Located, node: object, extent: Range) -> bool:
    """Whether the range is in an expression that an f-string shows as `{x=}`."""
    if isinstance(node, cst.ConcatenatedString):
        return _shows_itself(located, node.left, extent) or _shows_itself(located, node.right, extent)
    if not isinstance(node, cst.FormattedString | cst.FormattedStringExpression):
        return False
    inner: Sequence[object] = node.parts if isinstance(node, cst.FormattedString) else node.format_spec or ()
    if isinstance(node, cst.FormattedStringExpression) and node.equal is not None:
        start, end = located.outer[id(node.expression)]
        if start <= extent[0] and extent[1] <= end:
            return True
    return any(_shows_itself(located, part, extent) for part in inner)


def newline_at(document: Document, located: Located, offset: int) -> str:
    """The line end of the line that an offset into a chunk is on; the file's where that line has none."""
    text = located.chunk.text
    for following in located.lines:
        if following > offset:
            return "\r\n" if text.endswith("\r\n", 0, following) else text[following - 1]
    return line_end(document.text, document.lines)
