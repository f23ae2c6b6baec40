"""The text of one top-level statement to its facts."""

from __future__ import annotations

import libcst as cst
from libcst import native  # type: ignore[attr-defined]  # compiled, without stubs

from actlint.facts import StatementFacts
from actlint.lower.statements import block

REFUSED = (cst.ParserSyntaxError, cst.CSTValidationError, UnicodeEncodeError)
"""What parsing raises for text that libcst does not take for Python."""


def lower(text: str, trace: list[cst.CSTNode] | None = None) -> StatementFacts:
    """The facts of one chunk: whole lines with one top-level statement, or several that share a line.

    With `trace` (an empty list), `trace[ordinal]` is afterwards the libcst node behind each fact: the whole
    `FunctionDef` or `ClassDef` for a definition, the small statement for a simple one, `Arg` for an argument, the
    `Subscript` for the tuple in `x[a, b]`. Lowering the same text again gives the same ordinals.

    Only text that `lower.guard` has let through may come here: libcst crashes on deep nests. Raises one of `REFUSED`,
    `RecursionError` or `MemoryError`.
    """
    if trace is None:
        trace = []
    body = block(parse(text).body, trace)
    return StatementFacts(body, len(trace))


def parse(text: str) -> cst.Module:
    """The tree of guarded text; raises what `lower` raises."""
    try:
        module = native.parse_module(text)
    except (*REFUSED, RecursionError, MemoryError):
        raise
    except Exception as error:
        # Some of its nodes complain about themselves in other ways: `t"" u""` is a "logic error".
        raise cst.CSTValidationError(str(error)) from error
    assert isinstance(module, cst.Module)
    return module
