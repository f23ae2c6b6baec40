"""What may reach the parsers: nothing that crashes them or keeps them busy for seconds.

Measured with libcst 1.9: it crashes on about 1,500 nested brackets, is quadratic in the links of a chain (2,000 calls
take ten seconds) and exponential in the depth of a `case` pattern (each tuple level multiplies by four: ten, 1.5 s).
CPython 3.10's own parser crashes on chains of some 100,000 links. And facts that are much deeper than `DEPTH` cannot be
pickled within the default recursion limit. Real model code stays below a depth of 60.

Where `ast` has a tree, the tree is measured; the text is measured where there is none, and for what no tree shows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from actlint.facts import StatementFacts
from actlint.lower.logical import logical_lines

TOO_DEEP = "too deeply nested"
TOO_LONG = "too long a statement"

DEPTH = 150
"""How many statements and expressions may stand inside one another."""

NODES = 40_000
"""How many nodes one simple statement may have: about a second of libcst's time."""

LENGTH = 2_000_000
"""How many characters a top-level statement may have: a matter of memory."""

BRACKETS = 100
"""How many brackets may be open at once in text that only libcst reads."""

LINKS = 1_000
"""How many tokens may stand between two commas, enclosing brackets included, in text that only libcst reads."""

PARSER_LINKS = 10_000
"""The same in text that `ast` is to read."""

PATTERN_WEIGHT = 2_000_000
"""The most that the pattern of a `case` may weigh, see `LogicalLine`."""

# ------------------------------------------------------------------------------------------------------------ the tree

_SIMPLE = frozenset({ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Raise, ast.Assert, ast.Delete})
_NAMING = frozenset({ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Pass, ast.Break, ast.Continue})
_BLOCKS = (ast.stmt, ast.excepthandler, ast.match_case)
_LEAVES = frozenset({ast.Name, ast.Constant, ast.Load, ast.Store, ast.Del})


def refusal(statements: Sequence[ast.stmt], text: str, starts: Sequence[int]) -> str | None:
    """Why these statements of a file, whose text is `text`, must not be lowered; None if they may.

    `starts` are the offsets of the file's lines. Iterative, and expressions shorter than `DEPTH` are not looked at.
    """
    if len(text) > LENGTH:
        return TOO_LONG
    if len(text) > DEPTH and (found := _statements_refusal(statements, starts)):
        return found
    return TOO_DEEP if pattern_too_deep(text) else None


def _statements_refusal(statements: Sequence[ast.stmt], starts: Sequence[int]) -> str | None:
    pending: list[tuple[Any, int]] = [(statement, 1) for statement in statements]
    while pending:
        node, depth = pending.pop()
        kind = type(node)
        if depth > DEPTH:
            return TOO_DEEP
        if kind in _SIMPLE:
            if not _short(node, depth, starts) and (found := _expression_refusal(node, depth)):
                return found
            continue
        if kind in _NAMING:
            names = [alias.name for alias in getattr(node, "names", ()) if isinstance(alias, ast.alias)]
            if any(name.count(".") > DEPTH for name in [*names, getattr(node, "module", None) or ""]):
                return TOO_DEEP
            continue
        for value in vars(node).values():
            if type(value) is list:
                for item in value:
                    if isinstance(item, _BLOCKS):
                        pending.append((item, depth + 1))
                    elif not _short(item, depth, starts) and (found := _expression_refusal(item, depth)):
                        return found
            elif not isinstance(value, ast.AST) or _short(value, depth, starts):
                continue
            elif found := _expression_refusal(value, depth):
                return found
    return None


def _short(node: Any, depth: int, starts: Sequence[int]) -> bool:
    """Whether there is no room in the text of a node for more nesting than is allowed."""
    if type(node) in _LEAVES:
        return True
    try:
        size: int = node.end_col_offset - node.col_offset
        if node.end_lineno != node.lineno:
            size += starts[node.end_lineno - 1] - starts[node.lineno - 1]
    except AttributeError:  # `arguments` and a few more have no position
        return False
    return size + depth <= DEPTH


def _expression_refusal(node: ast.AST, depth: int) -> str | None:
    pending = [(node, depth)]
    count = 0
    while pending:
        node, depth = pending.pop()
        if depth > DEPTH:
            return TOO_DEEP
        if isinstance(node, ast.Call):
            pending.append((node.func, depth + 1))
            depth += 2  # a call, and in it an argument
        elif isinstance(node, ast.BoolOp):
            depth += len(node.values) - 1  # `a and b and c` is flat here and a nest in libcst
        else:
            depth += 1
        for value in vars(node).values():
            if type(value) is list:
                count += len(value)
                for item in value:
                    if isinstance(item, ast.AST) and type(item) not in _LEAVES:
                        pending.append((item, depth))
            elif isinstance(value, ast.AST) and type(value) not in _LEAVES and type(node) is not ast.Call:
                count += 1
                pending.append((value, depth))
    return TOO_LONG if count > NODES else None


def facts_too_deep(facts: StatementFacts) -> bool:
    """Whether the facts of text that `ast` could not measure are nested deeper than `DEPTH`."""
    pending: list[tuple[object, int]] = [(facts, 0)]
    while pending:
        value, depth = pending.pop()
        if depth > DEPTH:
            return True
        if isinstance(value, tuple):
            pending.extend([(item, depth) for item in value])
        elif slots := getattr(type(value), "__slots__", None):
            pending.extend([(getattr(value, slot), depth + 1) for slot in slots])
    return False


# ------------------------------------------------------------------------------------------------------------ the text

_MAYBE_CASE = re.compile(r"^[ \t\f]*case\b", re.MULTILINE)
_LINK_SIGNS = (*".([{+-*/%@&|^<>~", "and", "or", "not", "lambda")


def parser_would_crash(text: str) -> bool:
    """Whether `ast.parse` of this text could exhaust the C stack (3.10) or take minutes."""
    # Nearly every file leaves here: counting signs runs at the speed of memory.
    if len(text) <= PARSER_LINKS or sum(map(text.count, _LINK_SIGNS)) <= PARSER_LINKS:
        return False
    return any(line.links > PARSER_LINKS for line in logical_lines(text))


def pattern_too_deep(text: str) -> bool:
    """Whether some `case` of this text would keep libcst busy; trees do not show the parentheses that matter here."""
    if "case" not in text or not _MAYBE_CASE.search(text):
        return False
    return any(line.weight > PATTERN_WEIGHT for line in logical_lines(text))


def text_too_deep(text: str) -> bool:
    """Whether text that `ast` refused must not reach libcst."""
    chains: dict[int, int] = {}
    for line in logical_lines(text):
        if line.links > LINKS or line.brackets > BRACKETS or line.weight > PATTERN_WEIGHT:
            return True
        for indent in [indent for indent in chains if indent > line.indent]:
            del chains[indent]
        if line.word == "elif":
            chains[line.indent] = chains.get(line.indent, 0) + 1
            if chains[line.indent] > LINKS:
                return True
        else:
            chains.pop(line.indent, None)
    return False
