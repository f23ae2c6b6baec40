"""libcst strings of all kinds to facts; what stands in their braces is lowered by a function that is passed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import libcst as cst

from actlint.facts import Constant, Expr, FString, Opaque
from actlint.lower.literals import BadLiteral, formatted_text, string

Trace: TypeAlias = list[cst.CSTNode]
Lower: TypeAlias = Callable[[cst.BaseExpression, Trace], Expr]


def flattened(node: cst.ConcatenatedString) -> list[cst.CSTNode]:
    """The strings of an implicit concatenation, in order."""
    pieces: list[cst.CSTNode] = []
    rest: cst.CSTNode = node
    while isinstance(rest, cst.ConcatenatedString):
        pieces.append(rest.left)
        rest = rest.right
    pieces.append(rest)
    return pieces


def plain(pieces: Sequence[cst.CSTNode], ordinal: int) -> Expr:
    """The constant that plain strings, side by side, spell; `Opaque` where libcst is laxer than Python."""
    try:
        values = [string(piece.value) for piece in pieces if isinstance(piece, cst.SimpleString)]
    except BadLiteral:
        return Opaque(ordinal, ())
    if len(values) == 1:
        return Constant(ordinal, values[0])
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) == len(values):
        return Constant(ordinal, "".join(texts))
    chunks = [value for value in values if isinstance(value, bytes)]
    return Constant(ordinal, b"".join(chunks)) if len(chunks) == len(values) else Opaque(ordinal, ())


def interpolated(pieces: Sequence[cst.CSTNode], ordinal: int, lower: Lower, trace: Trace) -> Expr:
    """Strings side by side of which some is an f-string, or a template string: then all are `Opaque`."""
    parts: list[str | Expr] = []
    exact = True
    template = False
    for piece in pieces:
        if isinstance(piece, cst.FormattedString):
            exact &= _formatted(piece, piece.parts, parts, lower, trace)
        elif isinstance(piece, cst.TemplatedString):
            template = True
            parts.extend(_template(piece.parts, lower, trace))
        elif isinstance(piece, cst.SimpleString):
            try:
                text = string(piece.value)
            except BadLiteral:
                text = b""
            if isinstance(text, str):
                _append(parts, text)
            else:
                exact = False
    if template:
        return Opaque(ordinal, tuple([part for part in parts if not isinstance(part, str)]))
    return FString(ordinal, tuple(parts), exact)


def _formatted(
    node: cst.FormattedString,
    contents: Sequence[cst.BaseFormattedStringContent],
    parts: list[str | Expr],
    lower: Lower,
    trace: Trace,
) -> bool:
    """Append the parts of one f-string to `parts`; False if the text of some part is not simply `str(value)`."""
    exact = True
    for content in contents:
        if isinstance(content, cst.FormattedStringExpression):
            parts.append(lower(content.expression, trace))
            if content.conversion is not None or content.equal is not None:
                exact = False
            if content.format_spec is not None:
                exact = False
                # The names in a format spec are read too, `f"{x:{width}}"`; its text means nothing here.
                fields = [each for each in content.format_spec if isinstance(each, cst.FormattedStringExpression)]
                _formatted(node, fields, parts, lower, trace)
        elif isinstance(content, cst.FormattedStringText):
            try:
                _append(parts, formatted_text(node.start, node.end, content.value))
            except BadLiteral:
                exact = False
    return exact


def _template(parts: Sequence[cst.BaseTemplatedStringContent], lower: Lower, trace: Trace) -> list[Expr]:
    found: list[Expr] = []
    for part in parts:
        if isinstance(part, cst.TemplatedStringExpression):
            found.append(lower(part.expression, trace))
            if part.format_spec:
                found.extend(_template(part.format_spec, lower, trace))
    return found


def _append(parts: list[str | Expr], text: str) -> None:
    if parts and isinstance(parts[-1], str):
        parts[-1] += text
    elif text:
        parts.append(text)
