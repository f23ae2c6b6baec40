"""Which names a top-level statement binds in its module."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

_WALRUS = re.compile(r"\b(\w+)\s*:=")


def of_tree(statements: Sequence[ast.stmt], text: str) -> frozenset[str]:
    """The names that these statements, whose text is `text`, can bind in the scope that they stand in."""
    names: set[str] = set()
    if ":=" in text:
        names.update(_WALRUS.findall(text))
    pending: list[ast.AST] = list(statements)
    while pending:
        match pending.pop():
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names.update([alias.asname or alias.name.partition(".")[0] for alias in aliases])
            case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                pending.extend(targets)
            case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
                pending.append(target)
            case ast.For() | ast.AsyncFor() as loop:
                pending.extend((loop.target, *loop.body, *loop.orelse))
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                pending.extend([item.optional_vars for item in items if item.optional_vars is not None])
                pending.extend(body)
            case ast.If(body=body, orelse=orelse) | ast.While(body=body, orelse=orelse):
                pending.extend((*body, *orelse))
            case ast.ExceptHandler(name=bound, body=body):
                if bound is not None:
                    names.add(bound)
                pending.extend(body)
            case ast.Match(cases=cases):
                for case in cases:
                    pending.extend((case.pattern, *case.body))
            case ast.Name(id=name):
                names.add(name)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                pending.extend(elements)
            case ast.Starred(value=value):
                pending.append(value)
            case ast.pattern() as pattern:
                for inner in ast.walk(pattern):
                    match inner:
                        case (
                            ast.MatchAs(name=str(name))
                            | ast.MatchStar(name=str(name))
                            | ast.MatchMapping(rest=str(name))
                        ):
                            names.add(name)
            case node:
                # `try`, with or without a star, and `type X = …`, which older interpreters have no classes for.
                kind = type(node).__name__
                if kind in ("Try", "TryStar"):
                    for field in ("body", "handlers", "orelse", "finalbody"):
                        pending.extend(getattr(node, field))
                elif kind == "TypeAlias":
                    pending.append(getattr(node, "name"))  # noqa: B009
    names.discard("*")
    return frozenset(names)


# Every repetition that could be tried again from another place is bounded: garbage must not make these quadratic.
_DEFINED = re.compile(r"\b(?:def|class|as|type)[ \t]+(\w+)")
_TARGETS = re.compile(
    r"(?:^|[:;])[ \t]*(?!type[ \t]+\w)(\w[\w \t,.()*\[\]]{0,200}?)[ \t]{0,8}"
    r"(?::[^=\r\n]{0,200})?[-+*/%@&|^<>]{0,2}=(?!=)",
    re.MULTILINE,
)
_LOOPS = re.compile(r"\bfor[ \t]+([\w \t,()*]{1,200}?)[ \t]in\b")
_IMPORTS = re.compile(r"\bimport[ \t]*(?:\(([^()]{0,20000})\)|([^\r\n;#()]*))")
_WORD = re.compile(r"\w+")

_ENOUGH = 100_000
"""Characters of a statement that are looked at."""


def of_text(text: str) -> frozenset[str]:
    """The same for text without a tree, guessed generously: too many names bound only means more that is unknown."""
    text = text[:_ENOUGH]
    names = {*_DEFINED.findall(text), *_WALRUS.findall(text)}
    for pattern in (_TARGETS, _LOOPS):
        for targets in pattern.findall(text):
            names.update(_WORD.findall(targets))
    for several, one in _IMPORTS.findall(text):
        names.update(_WORD.findall(several or one))
    return frozenset(names)
