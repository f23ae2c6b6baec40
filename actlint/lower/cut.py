"""The text of a file to the facts of its top-level statements.

`ast` cuts, because it parses ten times as fast as libcst; each statement that is worth it is then lowered on its own
text. libcst judges where `ast` refuses: the file may be written for a newer Python than this one.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from actlint.facts import Chunk, FileFacts, Problem, StatementFacts
from actlint.lines import line_starts
from actlint.lower import binds, guard
from actlint.lower.guard import TOO_DEEP
from actlint.lower.logical import logical_lines
from actlint.lower.reach import unreachable


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk before it is lowered; `nodes` is empty where only libcst could read it."""

    first_line: int
    text: str
    nodes: tuple[ast.stmt, ...]


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why `ast` has no tree of a text. `deep` if it gave up for want of stack and says nothing about the syntax."""

    problem: Problem
    deep: bool


def read_facts(path: str, text: str, keep: Literal["screen", "all", "nothing"] = "screen") -> FileFacts:
    """The facts of one file.

    With `screen`, tables that nothing in the file reads are not lowered; with `nothing`, no statement is, which still
    tells whether the file can be parsed. A file that neither `ast` nor libcst can read has no chunks and one `syntax`
    problem; a statement that is too deeply nested has no facts and a `nesting` problem. Raises nothing for any text.
    """
    starts = line_starts(text)
    tree = _parse(text)
    if not isinstance(tree, _Refused):
        pieces = list(_pieces(text, starts, tree.body))
        dropped = frozenset(range(len(pieces))) if keep == "nothing" else frozenset()
        if keep == "screen":
            dropped = unreachable([(piece.text, piece.nodes) for piece in pieces])
        read = [_read(piece, starts, index not in dropped) for index, piece in enumerate(pieces)]
    elif tree.deep:
        read = [_read_alone(piece, readable=False) for piece in _pieces_by_text(text)]
    else:
        newer = _pieces_by_libcst(text)
        if newer is None:
            return FileFacts(path, (), (tree.problem,))
        read = [_read_alone(piece, readable=True) for piece in newer]
    problems = [problem for _, problem in read if problem is not None]
    for problem in problems:
        if problem.kind == "syntax":
            return FileFacts(path, (), (problem,))
    return FileFacts(path, tuple([chunk for chunk, _ in read]), tuple(problems))


def _parse(text: str) -> ast.Module | _Refused:
    if guard.parser_would_crash(text):
        return _Refused(Problem("nesting", TOO_DEEP, 1, 1), True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (RecursionError, MemoryError):
        return _Refused(Problem("nesting", TOO_DEEP, 1, 1), True)
    except SyntaxError as error:
        message = error.msg or "invalid syntax"
        deep = "too many nested" in message or "too many levels" in message or "nested too deeply" in message
        return _Refused(_problem(text, message, error.lineno, error.offset), deep)
    except UnicodeEncodeError as error:
        return _Refused(_problem_at(text, error.start, "a lone surrogate is not a character"), False)
    except ValueError as error:
        if "\0" in text:
            return _Refused(_problem_at(text, text.index("\0"), "source code cannot contain null bytes"), False)
        return _Refused(Problem("syntax", str(error), 1, 1), False)


def _problem(text: str, message: str, row: int | None, column: int | None) -> Problem:
    """Python's error with a position that exists in the text: errors inside f-strings count from elsewhere."""
    if "null byte" in message and "\0" in text:
        return _problem_at(text, text.index("\0"), "source code cannot contain null bytes")
    starts = line_starts(text)
    row = min(max(row or 1, 1), len(starts))
    end = starts[row] if row < len(starts) else len(text) + 1
    return Problem("syntax", message, row, min(max(column or 1, 1), end - starts[row - 1]))


def _problem_at(text: str, offset: int, message: str) -> Problem:
    starts = line_starts(text[: offset + 1])
    return Problem("syntax", message, len(starts), offset - starts[-1] + 1)


# ------------------------------------------------------------------------------------------------------------- cutting


def _pieces(text: str, starts: Sequence[int], body: Sequence[ast.stmt]) -> Iterator[Piece]:
    """The chunks of a parsed file: whole lines from the first decorator; statements that share a line stay together."""
    groups: list[list[ast.stmt]] = []
    for node in body:
        if groups and _first_line(node) <= _last_line(groups[-1][-1]):
            groups[-1].append(node)
        else:
            groups.append([node])
    free = 1  # the first line that no chunk has yet
    for index, nodes in enumerate(groups):
        first, last = _first_line(nodes[0]), _last_line(nodes[-1])
        limit = _first_line(groups[index + 1][0]) - 1 if index + 1 < len(groups) else len(starts)
        # A backslash joins lines that belong to no statement: `x = 1 \` before a blank line, or `\` alone before one.
        while last < limit and _line(text, starts, last).endswith("\\"):
            last += 1
        while first > free and _line(text, starts, first - 1).strip(" \t\f") == "\\":
            first -= 1
        free = last + 1
        end = starts[last] if last < len(starts) else len(text)
        yield Piece(first, text[starts[first - 1] : end], tuple(nodes))


def _first_line(node: ast.stmt) -> int:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.decorator_list:
        return min(node.lineno, node.decorator_list[0].lineno)
    return node.lineno


def _last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _line(text: str, starts: Sequence[int], row: int) -> str:
    end = starts[row] if row < len(starts) else len(text)
    return text[starts[row - 1] : end].rstrip("\r\n")


_CLAUSES = frozenset({"else", "elif", "except", "finally"})


def _pieces_by_text(text: str) -> Iterator[Piece]:
    """The chunks of a file that is too deep to be parsed at once: cut at the logical lines without indentation."""
    starts = line_starts(text)
    cuts: list[int] = []
    decorated = False
    for line in logical_lines(text):
        if line.indent == 0 and line.word not in _CLAUSES:
            if not decorated:
                cuts.append(line.start)
            decorated = text[line.start] == "@"
    row = 0
    for index, start in enumerate(cuts):
        while row < len(starts) and starts[row] <= start:
            row += 1
        end = cuts[index + 1] if index + 1 < len(cuts) else len(text)
        yield Piece(row, text[start:end], ())


def _pieces_by_libcst(text: str) -> list[Piece] | None:
    """The chunks of a file that libcst reads and `ast` does not; None if neither does."""
    if guard.text_too_deep(text):
        return None
    import libcst as cst

    from actlint.lower.lower import REFUSED, parse

    try:
        module = parse(text)
        pieces: list[Piece] = []
        starts = line_starts(text)
        row = 1 + len(module.header)
        for statement in module.body:
            assert isinstance(statement, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
            end = row + len(line_starts(module.code_for_node(statement))) - 1
            first = row + len(statement.leading_lines)
            stop = starts[end - 1] if end <= len(starts) else len(text)
            pieces.append(Piece(first, text[starts[first - 1] : stop], ()))
            row = end
    except (RecursionError, MemoryError):
        return list(_pieces_by_text(text))
    except REFUSED:
        return None
    return pieces


# ------------------------------------------------------------------------------------------------------------ lowering


def _read(piece: Piece, starts: Sequence[int], wanted: bool) -> tuple[Chunk, Problem | None]:
    """The chunk of a piece with a tree, lowered if that is wanted and safe."""
    names = binds.of_tree(piece.nodes, piece.text)
    facts: StatementFacts | None = None
    problem: Problem | None = None
    if wanted:
        if reason := guard.refusal(piece.nodes, piece.text, starts):
            problem = Problem("nesting", reason, piece.first_line, 1)
        else:
            facts, problem = _lower(piece)
    return Chunk(piece.first_line, piece.text, names, facts), problem


def _lower(piece: Piece) -> tuple[StatementFacts | None, Problem | None]:
    from actlint.lower.lower import REFUSED, lower

    try:
        return lower(piece.text), None
    except (RecursionError, MemoryError):
        return None, Problem("nesting", TOO_DEEP, piece.first_line, 1)
    except REFUSED:
        # Python reads it and libcst does not: nothing is wrong with the file, and nothing is known of the statement.
        return None, None


def _read_alone(piece: Piece, readable: bool) -> tuple[Chunk, Problem | None]:
    """The chunk of a piece that was cut without a tree: `ast` may read it alone, else libcst if that is safe.

    `readable` says that the file as a whole has been parsed, so that nothing in it is a syntax error.
    """
    tree = _parse(piece.text)
    if not isinstance(tree, _Refused):
        alone = Piece(piece.first_line, piece.text, tuple(tree.body))
        return _read(alone, line_starts(piece.text), True)
    nothing = Chunk(piece.first_line, piece.text, binds.of_text(piece.text), None)
    deep = Problem("nesting", TOO_DEEP, piece.first_line, 1)
    if tree.deep:
        return nothing, deep
    error = replace(tree.problem, row=tree.problem.row + piece.first_line - 1)
    if guard.text_too_deep(piece.text):
        return nothing, deep if readable else error
    facts, problem = _lower(piece)
    if facts is None:
        return nothing, problem if problem is not None or readable else error
    if guard.facts_too_deep(facts):
        return nothing, deep
    return replace(nothing, facts=facts), None
