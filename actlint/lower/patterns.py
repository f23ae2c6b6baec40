"""The patterns of `match` statements, reduced to what they bind and what they compare with."""

from __future__ import annotations

import libcst as cst

from actlint.facts import Expr, Opaque
from actlint.lower.expressions import Trace, expression
from actlint.lower.literals import identifier


def collect(node: cst.CSTNode, captures: list[str], values: list[Expr], trace: Trace) -> None:
    """Append the names that a pattern binds, and the facts of the values that it compares with."""
    match node:
        case cst.MatchValue() | cst.MatchSingleton():
            values.append(expression(node.value, trace))
        case cst.MatchAs():
            if node.pattern is not None:
                collect(node.pattern, captures, values, trace)
            if node.name is not None:
                captures.append(identifier(node.name.value))
        case cst.MatchStar():
            if node.name is not None:
                captures.append(identifier(node.name.value))
        case cst.MatchSequence():
            for element in node.patterns:
                inner = element if isinstance(element, cst.MatchStar) else element.value
                collect(inner, captures, values, trace)
        case cst.MatchOr():
            for alternative in node.patterns:
                collect(alternative.pattern, captures, values, trace)
        case cst.MatchMapping():
            for item in node.elements:
                values.append(expression(item.key, trace))
                collect(item.pattern, captures, values, trace)
            if node.rest is not None:
                captures.append(identifier(node.rest.value))
        case cst.MatchClass():
            values.append(expression(node.cls, trace))
            for positional in node.patterns:
                collect(positional.value, captures, values, trace)
            for keyword in node.kwds:
                collect(keyword.pattern, captures, values, trace)
        case _:
            values.append(Opaque(len(trace), ()))
            trace.append(node)
